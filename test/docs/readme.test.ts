import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { blocksOf, FIRST, PAGES, ROOT, runsBlock, textOf } from "./blocks.js";
import { commandLinePage, configurationPage, errorsPage } from "./pages.js";

describe("the documents", () => {
  it("have code to run", () => expect(blocksOf(FIRST).length).toBeGreaterThan(1));

  it.concurrent.each(blocksOf(FIRST))("$name runs", runsBlock, 240_000);

  it.each(PAGES)("%s links only to what is there", (page) => {
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
