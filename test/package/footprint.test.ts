import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "./support/packed.js";

interface Manifest {
  dependencies?: Record<string, string>;
}
const manifestIn = (folder: string) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;

/** The folder a package's dependency is found in: the nearest node_modules upwards, as Node looks for it. */
function folderOf(name: string, from: string): string {
  for (let at = from; ; at = join(at, "..")) {
    const folder = join(at, "node_modules", name);
    if (lstatSync(folder, { throwIfNoEntry: false })) return folder;
    if (at === ROOT || at === "/") throw new Error(`${name}, wanted by ${from}, is not installed`);
  }
}

/** The folders of packages and all they depend on. */
function closure(names: readonly string[]): Set<string> {
  const found = new Set<string>();
  const queue = names.map((name) => folderOf(name, ROOT));
  for (let folder = queue.pop(); folder !== undefined; folder = queue.pop()) {
    if (found.has(folder)) continue;
    found.add(folder);
    for (const name of Object.keys(manifestIn(folder).dependencies ?? {})) queue.push(folderOf(name, folder));
  }
  return found;
}

/** Bytes of a folder without what is installed within it. */
function bytesIn(folder: string): number {
  let sum = 0;
  for (const name of readdirSync(folder)) {
    if (name === "node_modules") continue;
    const path = join(folder, name);
    const entry = lstatSync(path);
    sum += entry.isDirectory() ? bytesIn(path) : entry.size;
  }
  return sum;
}

describe("a production installation", () => {
  it("adds at most 20 packages and 25 MB to LangGraph's own", () => {
    const langGraph = closure(["@langchain/langgraph", "@langchain/core"]);
    const ours = [...closure(Object.keys(manifestIn(ROOT).dependencies ?? {}))].filter((f) => !langGraph.has(f));
    const bytes = ours.reduce((sum, folder) => sum + bytesIn(folder), bytesIn(join(ROOT, "dist")));
    expect(ours.length + 1).toBeLessThanOrEqual(20);
    expect(bytes).toBeLessThan(25e6);
    // What is read is there: this package's own code alone is some megabytes.
    expect(bytes).toBeGreaterThan(2e6);
    expect(langGraph.size).toBeGreaterThan(10);
  });
});
