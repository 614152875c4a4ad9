import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const SRC = fileURLToPath(new URL("../src/", import.meta.url));

/** The rooms and whom each may import; the facade and index.ts stand above them all. */
const MAY_IMPORT: Record<string, string[]> = {
  core: [],
  store: ["core"],
  tracing: ["core", "store"],
  feedback: ["core", "store"],
  dataset: ["core"],
  tensor: ["core"],
  patterns: ["core", "store", "dataset"],
  rewards: ["core", "dataset", "tensor"],
  policies: ["core", "dataset"],
  orchestration: ["core"],
  environments: ["core", "dataset", "orchestration", "policies"],
  training: ["core", "dataset", "tensor", "policies", "environments", "evaluation"],
  evaluation: ["core", "dataset", "policies", "rewards"],
  registry: ["core", "store"],
  prompts: ["core", "store", "dataset", "policies", "rewards", "evaluation", "registry"],
  routing: ["core", "dataset", "policies", "registry"],
  sentinel: ["core", "orchestration", "routing"],
  integrations: ["core", "store", "tracing", "feedback", "prompts"],
};
MAY_IMPORT.loop = Object.keys(MAY_IMPORT).filter((r) => r !== "routing" && r !== "sentinel");
const MAY_USE_LANGGRAPH = ["tracing", "feedback", "prompts", "routing", "sentinel", "loop", "integrations"];

interface Import {
  file: string;
  target: string;
  /** Erased at compile time. */
  typeOnly: boolean;
  /** Behind `import()`: loaded only when called. */
  lazy: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  const found: Import[] = [];
  const statement = /^\s*(?:import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?["']([^"']+)["']/gm;
  for (const m of text.matchAll(statement)) found.push({ file, target: m[2] as string, typeOnly: !!m[1], lazy: false });
  for (const m of text.matchAll(/\bimport\(\s*["']([^"']+)["']\s*\)/g))
    found.push({ file, target: m[1] as string, typeOnly: false, lazy: true });
  return found;
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((f) => f.endsWith(".ts"))
  .map((f) => join(SRC, f));
const imports = files.flatMap(importsOf);
const roomOf = (file: string) => {
  const parts = relative(SRC, file).split(/[\\/]/);
  return parts.length > 1 ? (parts[0] as string) : "";
};
const local = (i: Import) => resolve(dirname(i.file), i.target.replace(/\.js$/, ".ts"));
const isLocal = (i: Import) => i.target.startsWith(".");

describe("rooms", () => {
  it("are all in the table", () => {
    expect([...new Set(files.map(roomOf))].filter((r) => r && r !== "cli" && !(r in MAY_IMPORT))).toEqual([]);
  });

  it("import only what the table allows", () => {
    const wrong = imports.filter(isLocal).filter((i) => {
      const [from, to] = [roomOf(i.file), roomOf(local(i))];
      if (from === "" || from === to) return false;
      if (from === "cli") return to !== "" && to !== "core";
      return !MAY_IMPORT[from]?.includes(to);
    });
    expect(wrong.map((i) => `${relative(SRC, i.file)} -> ${i.target}`)).toEqual([]);
  });

  it("have no import cycles", () => {
    const graph = new Map<string, string[]>();
    for (const i of imports.filter((x) => isLocal(x) && !x.typeOnly && !x.lazy))
      graph.set(i.file, [...(graph.get(i.file) ?? []), local(i)]);
    const state = new Map<string, "open" | "done">();
    const cycles: string[] = [];
    const visit = (file: string, trail: string[]) => {
      if (state.get(file) === "done") return;
      if (state.get(file) === "open") {
        cycles.push([...trail.slice(trail.indexOf(file)), file].map((f) => relative(SRC, f)).join(" -> "));
        return;
      }
      state.set(file, "open");
      for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
      state.set(file, "done");
    };
    for (const f of files) visit(f, []);
    expect(cycles).toEqual([]);
  });

  it("keep LangGraph, LangChain and TensorFlow.js where they belong", () => {
    const outside = imports.filter((i) => !isLocal(i));
    const wrong = outside.filter((i) => {
      const room = roomOf(i.file);
      if (i.target.startsWith("@tensorflow/")) return room !== "tensor";
      if (/^(@langchain\/langgraph|langchain)(\/|$)/.test(i.target))
        return room !== "" && !MAY_USE_LANGGRAPH.includes(room);
      return false;
    });
    expect(wrong.map((i) => `${relative(SRC, i.file)} -> ${i.target}`)).toEqual([]);
  });

  it("never reach TensorFlow.js from routing, however indirectly", () => {
    const reached = new Set<string>();
    const queue = files.filter((f) => ["routing", "sentinel"].includes(roomOf(f)));
    while (queue.length) {
      const file = queue.pop() as string;
      if (reached.has(file)) continue;
      reached.add(file);
      for (const i of imports) if (i.file === file && isLocal(i) && !i.typeOnly) queue.push(local(i));
    }
    const tensor = imports.filter((i) => reached.has(i.file) && !i.typeOnly && i.target.startsWith("@tensorflow/"));
    expect(tensor.map((i) => relative(SRC, i.file))).toEqual([]);
  });

  it("reads what it checks", () => {
    expect(imports.length).toBeGreaterThan(10);
  });
});
