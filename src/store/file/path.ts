import { LearningError, show } from "../../core/index.js";

/**
 * Refuses what is no path of the file system. A URL would become a folder of that name beside the program.
 * @param name of the option
 * @throws CONFIG_INVALID
 */
export function checkPath(path: unknown, name: string): void {
  const isUrl = typeof path === "string" && /^[a-z][a-z0-9+.-]+:\/\//i.test(path);
  if (typeof path === "string" && path !== "" && !isUrl) return;
  throw new LearningError("CONFIG_INVALID", {
    received: `${show(path)} for ${name}`,
    expected: "the path of a folder",
    remedy: isUrl || path instanceof URL ? "Use fileURLToPath(url) of node:url." : `Give ${name} as a text.`,
  });
}
