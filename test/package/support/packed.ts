import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Runs a command and answers with what it printed. */
export const run = (command: string, args: string[], cwd: string) =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/**
 * The packed package in an otherwise empty project `app`, whose node_modules holds what it depends on and nothing of
 * what is optional.
 * @returns the folder of both, to be removed, and the files of the package
 */
export function packed(without: readonly string[] = ["langchain", "@tensorflow", "langsmith"]) {
  const home = mkdtempSync(join(tmpdir(), "packed-"));
  run("npm", ["pack", "--ignore-scripts", "--pack-destination", home], ROOT);
  const tarball = readdirSync(home).find((f) => f.endsWith(".tgz")) as string;
  run("tar", ["-xzf", tarball], home);
  const files = run("tar", ["-tzf", tarball], home).trim().split("\n");
  const app = join(home, "app");
  const modules = join(app, "node_modules");
  mkdirSync(modules, { recursive: true });
  for (const name of readdirSync(join(ROOT, "node_modules"))) {
    if (!name.startsWith(".") && !["langgraph-collective-learning", ...without].includes(name))
      symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  }
  symlinkSync(join(home, "package"), join(modules, "langgraph-collective-learning"));
  symlinkSync(modules, join(home, "package", "node_modules"));
  return { home, app, files };
}
