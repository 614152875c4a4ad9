import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const below = (folder: string, ending: RegExp) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((f) => ending.test(f))
    .map((f) => join(folder, f));
const pages = ["README.md", "CONTRIBUTING.md", ...below("docs", /\.md$/)];
const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };

const IDENTIFIER = /[A-Za-z_$][\w$]*/g;
/** The code of files without comments: a name in a comment exists nowhere. */
const codeOf = (files: string[]) =>
  files
    .map((f) =>
      read(f)
        .replace(/\/\*[\s\S]*?\*\//g, "")
        .replace(/^\s*\/\/.*$/gm, ""),
    )
    .join("\n");
const sources = codeOf(below("src", /\.tsx?$/));
const known = new Set(sources.match(IDENTIFIER));
const cli = codeOf(below("src/cli", /\.ts$/));
const bench = new Set(codeOf(below("test/bench", /\.ts$/)).match(IDENTIFIER));

/** Names of other projects, and examples in the text; a new one needs a reason. */
const FOREIGN: ReadonlySet<string> = new Set([
  // Tools that build a host: Next.js, Vite, TypeScript.
  ...["ssr", "moduleResolution", "bundler", "node16", "nodenext", "typesVersions", "cts"],
  // PostgreSQL, LangGraph's own checkpointer, DuckDB.
  ...["PostgresSaver", "read_parquet", "hive_partitioning"],
  // LangGraph's server, its agents, other tracers and small models.
  ...[
    "dev",
    "createSupervisor",
    "preModelHook",
    "RemoteGraph",
    "withWorkflow",
    "afterTool",
    "smollm2",
    "llama",
    "cpp",
    "embedQuery",
  ],
  // Placeholders and fields of examples.
  ...["department", "customer", "differential"],
]);

/** What a document sets in backticks, outside its code blocks. */
const spansOf = (text: string) =>
  [...text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span);

/** The names of a span that neither the package nor the allowlist has. */
function unknownIn(span: string): string[] {
  if (span.startsWith("SELECT ")) return [];
  const [, script] = /^npm run ([\w:-]+)/.exec(span) ?? [];
  if (script !== undefined) return script in scripts ? [] : [script];
  if (/^(src|test|docs|examples)\/[\w./-]*$/.test(span) && !span.includes("NAME"))
    return existsSync(join(ROOT, span)) ? [] : [span];
  const bare = span.replace(/"[^"]*"|'[^']*'/g, "");
  const flags = [...bare.matchAll(/(?<!\S)--([a-z][a-z-]*)/g)].map(([, flag = ""]) => flag);
  const isFlag = (flag: string) => bench.has(flag) || new RegExp(`["']${flag}["']|\\b${flag}:`).test(cli);
  const names = bare.replace(/(?<!\S)--[a-z][a-z-]*/g, "").match(IDENTIFIER) ?? [];
  // Capitals alone stand for something (`chat MODEL`), or are words of SQL.
  const isName = (name: string) => /^[A-Z]+$/.test(name) || known.has(name) || bench.has(name) || FOREIGN.has(name);
  return [...flags.filter((flag) => !isFlag(flag)).map((flag) => `--${flag}`), ...names.filter((n) => !isName(n))];
}

describe("names in the documents", () => {
  it.each(pages)("%s names in backticks only what exists", (page) => {
    expect(spansOf(read(page)).flatMap((span) => unknownIn(span).map((name) => `${name} in \`${span}\``))).toEqual([]);
  });

  it("are looked up: what does not exist is found", () => {
    for (const span of [
      "loop.learnEverything()",
      "--frobnicate",
      "npm run nothing",
      "src/nowhere/",
      "{ rewardFlor: 1 }",
    ])
      expect([span, unknownIn(span).length]).toEqual([span, 1]);
    expect(unknownIn('loop.setMode("triage", "act")')).toEqual([]);
    expect(pages.flatMap((page) => spansOf(read(page))).length).toBeGreaterThan(500);
  });

  it("are foreign only where a page still uses them", () => {
    const used = new Set(pages.flatMap((page) => spansOf(read(page)).flatMap((span) => span.match(IDENTIFIER) ?? [])));
    expect([...FOREIGN].filter((name) => !used.has(name))).toEqual([]);
  });
});
