import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { runScript } from "../support/run-script.js";
import { commandLinePage, configurationPage, errorsPage } from "./pages.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const pages = [
  ...["README.md", "CONTRIBUTING.md"],
  ...readdirSync(join(ROOT, "docs"))
    .filter((f) => f.endsWith(".md"))
    .map((f) => `docs/${f}`),
];
const textOf = (page: string) => readFileSync(join(ROOT, page), "utf8");
// Inside the project, so that the package's own name resolves.
const folder = join(ROOT, ".cache", "readme");
mkdirSync(folder, { recursive: true });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const blocks = pages.flatMap((page) => {
  const text = textOf(page);
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(({ index, 1: code = "" }, i) => {
    const line = text.slice(0, index).split("\n").length;
    return { name: `${page}:${line}`, file: join(folder, `${page.replace(/\W/g, "-")}-${i}.ts`), code };
  });
});

describe("the documents", () => {
  it("have code to run", () => expect(blocks.length).toBeGreaterThan(5));

  it.concurrent.each(blocks)(
    "$name runs",
    async ({ file, code }) => {
      writeFileSync(file, code);
      const result = await runScript(file);
      expect(result.err).toBe("");
      expect(result.code).toBe(0);
    },
    240_000,
  );

  it.each(pages)("%s links only to what is there", (page) => {
    const links = [...textOf(page).matchAll(/\]\((?!https?:)([^)#\s]+)(#[^)]*)?\)/g)].map(
      ({ 1: target = "" }) => target,
    );
    const missing = links.filter((target) => {
      const path = resolve(ROOT, dirname(page), target);
      return relative(ROOT, path).startsWith("..") || !exists(path);
    });
    expect(missing).toEqual([]);
  });

  it("the README is short", () => {
    expect(textOf("README.md").split("\n").length).toBeLessThanOrEqual(150);
  });

  it.each([
    ["errors", errorsPage],
    ["configuration", configurationPage],
    ["command-line", commandLinePage],
  ])("docs/%s.md is what the code says (npx tsx test/docs/generate.ts writes it)", (name, page) => {
    expect(textOf(`docs/${name}.md`)).toBe(page());
  });

  it("describe every option of the loop", () => {
    expect(configurationPage()).not.toMatch(/\| \|$/m);
  });
});

function exists(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EISDIR";
  }
}
