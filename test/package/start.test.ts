import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = new URL("../../", import.meta.url);
const { peerDependenciesMeta } = JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8")) as {
  peerDependenciesMeta: Record<string, { optional?: boolean }>;
};
const STATIC = /^(?:import|export)\s[^;]*?from\s+"([^"]+)"|^import\s+"([^"]+)"/gm;

/** The files that are read before an entry's first line runs, and the packages that they name. */
function loadedBy(entry: string): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const waiting = [new URL(entry, ROOT).href];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    for (const [, from, bare] of readFileSync(fileURLToPath(file), "utf8").matchAll(STATIC)) {
      const name = from ?? bare ?? "";
      if (name.startsWith(".")) waiting.push(new URL(name, file).href);
      else packages.add(name.split("/", name.startsWith("@") ? 2 : 1).join("/"));
    }
  }
  return { files, packages };
}

describe("what is loaded at the start", () => {
  it.each(["dist/index.js", "dist/worker/main.js", "dist/cli/main.js"])(
    "%s reads few files, and no optional peer",
    (entry) => {
      const { files, packages } = loadedBy(entry);
      expect(files.size).toBeGreaterThan(1);
      expect(files.size).toBeLessThan(100);
      expect([...packages].filter((name) => peerDependenciesMeta[name]?.optional)).toEqual([]);
      expect(packages).toContain("zod");
    },
  );

  it("the learning thread needs neither LangGraph nor LangChain", () => {
    expect([...loadedBy("dist/worker/main.js").packages].filter((name) => name.startsWith("@langchain"))).toEqual([]);
  });
});
