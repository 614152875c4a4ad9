import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runScript } from "../support/run-script.js";
import { type ExamplesModule, examplesModule } from "./support/comment-examples.js";
import { ENTRIES } from "./support/declarations.js";
import { ROOT } from "./support/packed.js";

// Inside the project, so that the package's own name resolves.
const folder = join(ROOT, ".cache", "comment-examples");
const NAMES = "../../test/package/support/example-names.js";
const fileOf = (entry: string) => join(folder, `${entry.replace(/\W+/g, "-")}.ts`);
let modules: Map<string, ExamplesModule>;

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  modules = new Map(ENTRIES.map((entry) => [entry, examplesModule(entry, NAMES)]));
  for (const [entry, { text }] of modules) writeFileSync(fileOf(entry), text);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the examples in doc comments", () => {
  it("compile", () => {
    const project = join(folder, "tsconfig.json");
    const compilerOptions = {
      noEmit: true,
      declaration: false,
      rootDir: ROOT,
      noUnusedLocals: false,
      noUnusedParameters: false,
    };
    writeFileSync(project, JSON.stringify({ extends: "../../tsconfig.json", compilerOptions, include: ["*.ts"] }));
    const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
    let said = "";
    try {
      execFileSync(process.execPath, [tsc, "-p", project], { encoding: "utf8" });
    } catch (error) {
      said = String((error as { stdout?: string }).stdout);
    }
    const read = new Map<string, string[]>();
    const linesOf = (file: string) => {
      const lines = read.get(file) ?? readFileSync(join(ROOT, file), "utf8").split("\n");
      read.set(file, lines);
      return lines;
    };
    const wrong = said.split("\n").flatMap((line) => {
      const [, file = "", at = ""] = /^(\S+)\((\d+),\d+\): error/.exec(line) ?? [];
      return file === "" ? [] : [`${line} | ${linesOf(file)[Number(at) - 1]}`];
    });
    expect(wrong).toEqual([]);
    expect(said).toBe("");
  });

  it("are there, and many say what comes out", () => {
    const all = [...modules.values()];
    expect(all.flatMap(({ names }) => names).length).toBeGreaterThan(250);
    expect(all.reduce((sum, { said }) => sum + said, 0)).toBeGreaterThan(50);
  });

  it("come to what they say", async () => {
    const runner = join(folder, "all.ts");
    writeFileSync(runner, ENTRIES.map((entry) => `await import(${JSON.stringify(fileOf(entry))});\n`).join(""));
    const { out, err, code } = await runScript(runner);
    expect([err, code]).toEqual(["", 0]);
    const wrong = out.split("\n").flatMap((line) => (line.startsWith("WRONG ") ? [line] : []));
    expect(wrong).toEqual([]);
    expect(out.match(/^EXAMPLES \d+$/gm)).toHaveLength(ENTRIES.length);
  });
});
