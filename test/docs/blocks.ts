import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runsWell } from "../support/run-script.js";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The pages a newcomer reads first: their code runs in `npm test`, that of all others in `npm run test:full`. */
export const FIRST = ["README.md", "CONTRIBUTING.md", "docs/getting-started.md"];
export const PAGES = [
  ...["README.md", "CONTRIBUTING.md"],
  ...readdirSync(join(ROOT, "docs"))
    .filter((f) => f.endsWith(".md"))
    .map((f) => `docs/${f}`),
];
export const textOf = (page: string) => readFileSync(join(ROOT, page), "utf8");

/** A piece of code in a page. */
export interface Block {
  name: string;
  code: string;
}

export function blocksOf(pages: readonly string[]): Block[] {
  return pages.flatMap((page) => {
    const text = textOf(page);
    return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(({ index, 1: code = "" }) => {
      const line = text.slice(0, index).split("\n").length;
      return { name: `${page}:${line}`, code };
    });
  });
}

/** Runs a piece of code as a program of its own, which must say nothing on stderr and end well. */
export async function runsBlock({ name, code }: Block): Promise<void> {
  // Inside the project, so that the package's own name resolves.
  const folder = join(ROOT, ".cache", "pages", name.replace(/\W/g, "-"));
  mkdirSync(folder, { recursive: true });
  try {
    const file = join(folder, "block.ts");
    writeFileSync(file, code);
    await runsWell(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
