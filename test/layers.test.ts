import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const SRC = fileURLToPath(new URL("../src/", import.meta.url));

/** The rooms and whom each may import; index.ts stands above them all. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  core: [],
  math: ["core"],
  store: ["core"],
  tracing: ["core", "store"],
  feedback: ["core", "math", "store"],
  dataset: ["core", "math"],
  tensor: ["core", "math"],
  patterns: ["core", "math", "store", "dataset"],
  rewards: ["core", "math", "dataset", "tensor"],
  policies: ["core", "math", "dataset"],
  orchestration: ["core"],
  environments: ["core", "math", "dataset", "orchestration", "policies"],
  training: ["core", "math", "dataset", "tensor", "policies", "environments", "evaluation"],
  evaluation: ["core", "math", "dataset", "policies", "rewards"],
  registry: ["core", "store"],
  prompts: ["core", "math", "store", "dataset", "policies", "rewards", "evaluation", "registry"],
  routing: ["core", "math", "dataset", "policies", "registry"],
  sentinel: ["core", "orchestration", "routing"],
  worker: [
    ...["core", "math", "dataset", "tensor", "patterns", "rewards", "policies", "orchestration", "environments"],
    // `together` gives the sums that a site tells: they are computed where the rows stand.
    ...["training", "evaluation", "together"],
  ],
  together: ["core", "math", "store", "dataset", "policies", "rewards", "registry"],
  integrations: ["core", "store", "tracing", "feedback", "dataset", "prompts"],
};
MAY_IMPORT.learning = Object.keys(MAY_IMPORT).filter((r) => r !== "routing" && r !== "sentinel");
MAY_IMPORT.loop = [...Object.keys(MAY_IMPORT)];
MAY_IMPORT.dashboard = ["core", "store", "loop"];
MAY_IMPORT.cli = ["core", "store", "loop", "dashboard", "integrations"];
/** Rooms that may import another room for its types alone. */
const TYPES_ONLY: Record<string, readonly string[]> = { learning: ["worker"] };
const MAY_USE_LANGGRAPH = ["tracing", "feedback", "prompts", "routing", "sentinel", "learning", "loop", "integrations"];

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
  const statement = /^\s*(?:import|export)\s+(type\s+)?(?:([^'"`;]*?)\sfrom\s+)?["']([^"']+)["']/gm;
  for (const [, type, names = "", target = ""] of text.matchAll(statement))
    found.push({ file, target, typeOnly: !!type || namesTypesOnly(names), lazy: false });
  for (const [, target = ""] of text.matchAll(/\bimport\(\s*["']([^"']+)["']\s*\)/g))
    found.push({ file, target, typeOnly: false, lazy: true });
  return found;
}

/** `{ type A, type B }` imports no value. */
function namesTypesOnly(names: string): boolean {
  const list = /^\{([\s\S]*)\}$/.exec(names.trim())?.[1];
  const each = list?.split(",").map((n) => n.trim()) ?? [];
  return each.some(Boolean) && each.every((n) => n === "" || n.startsWith("type "));
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((f) => f.endsWith(".ts") || f.endsWith(".tsx"))
  .map((f) => join(SRC, f));
const imports = files.flatMap(importsOf);
const roomOf = (file: string) => {
  const parts = relative(SRC, file).split(/[\\/]/);
  return parts.length > 1 ? (parts[0] ?? "") : "";
};
const local = (i: Import) => {
  const path = resolve(dirname(i.file), i.target).replace(/\.js$/, ".ts");
  return files.includes(path) ? path : path.replace(/\.ts$/, ".tsx");
};
const isLocal = (i: Import) => i.target.startsWith(".");

/** The circles of a graph of imports, each as a chain of files. */
function circles(edges: readonly Import[]): string[] {
  const graph = new Map<string, string[]>();
  for (const i of edges) graph.set(i.file, [...(graph.get(i.file) ?? []), local(i)]);
  const state = new Map<string, "open" | "done">();
  const found: string[] = [];
  const visit = (file: string, trail: string[]) => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      found.push([...trail.slice(trail.indexOf(file)), file].map((f) => relative(SRC, f)).join(" -> "));
      return;
    }
    state.set(file, "open");
    for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
    state.set(file, "done");
  };
  for (const f of files) visit(f, []);
  return found;
}

/** Every file that `from` reaches by imports of values. */
function reachedFrom(from: readonly string[]): Set<string> {
  const reached = new Set<string>();
  const queue = files.filter((f) => from.includes(roomOf(f)));
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    for (const i of imports) if (i.file === file && isLocal(i) && !i.typeOnly) queue.push(local(i));
  }
  return reached;
}

describe("files", () => {
  it("of src and test hold at most 350 lines, snapshots and data apart", () => {
    const roots = [SRC, fileURLToPath(new URL("./", import.meta.url))];
    const written = roots.flatMap((root) =>
      readdirSync(root, { recursive: true, encoding: "utf8" }).map((f) => join(root, f)),
    );
    // The peers of the benchmarks live in a dot folder.
    const code = written.filter((f) => /\.(ts|tsx|js|cjs|mjs|css|py|sh)$/.test(f) && !f.includes(".venv"));
    const lines = (f: string) => readFileSync(f, "utf8").trimEnd().split("\n").length;
    expect(code.length).toBeGreaterThan(500);
    expect(code.filter((f) => lines(f) > 350).map((f) => `${relative(join(SRC, ".."), f)}: ${lines(f)}`)).toEqual([]);
  });
});

describe("rooms", () => {
  it("are all in the table", () => {
    expect([...new Set(files.map(roomOf))].filter((r) => r && !(r in MAY_IMPORT))).toEqual([]);
  });

  it("hold every file but index.ts", () => {
    expect(files.filter((f) => roomOf(f) === "").map((f) => relative(SRC, f))).toEqual(["index.ts"]);
  });

  it("import only what the table allows", () => {
    const wrong = imports.filter(isLocal).filter((i) => {
      const [from, to] = [roomOf(i.file), roomOf(local(i))];
      if (from === "" || from === to) return false;
      if (TYPES_ONLY[from]?.includes(to) && !i.typeOnly) return true;
      return !MAY_IMPORT[from]?.includes(to);
    });
    expect(wrong.map((i) => `${relative(SRC, i.file)} -> ${i.target}`)).toEqual([]);
  });

  it("have no circles of files, type-only imports included", () => {
    expect(circles(imports.filter((i) => isLocal(i) && !i.lazy))).toEqual([]);
  });

  it("keep LangGraph, LangChain and TensorFlow.js where they belong", () => {
    const outside = imports.filter((i) => !isLocal(i));
    const wrong = outside.filter((i) => {
      const room = roomOf(i.file);
      if (i.target.startsWith("@tensorflow/")) return room !== "tensor";
      if (/^(@langchain\/langgraph|langchain)(\/|$)/.test(i.target)) return !MAY_USE_LANGGRAPH.includes(room);
      return false;
    });
    expect(wrong.map((i) => `${relative(SRC, i.file)} -> ${i.target}`)).toEqual([]);
  });

  it("never reach TensorFlow.js from routing, nor LangGraph from the worker, however indirectly", () => {
    const reach = (rooms: string[], name: RegExp) => {
      const reached = reachedFrom(rooms);
      const found = imports.filter((i) => reached.has(i.file) && !i.typeOnly && name.test(i.target));
      return found.map((i) => relative(SRC, i.file));
    };
    expect(reach(["routing", "sentinel"], /^@tensorflow\//)).toEqual([]);
    expect(reach(["worker"], /^(@langchain\/langgraph|langchain)(\/|$)/)).toEqual([]);
  });

  it("say in the first line of each file of worker/ that it runs in the thread", () => {
    const silent = files.filter((f) => roomOf(f) === "worker");
    expect(silent.filter((f) => !readFileSync(f, "utf8").startsWith("// Runs in the learning thread."))).toEqual([]);
  });

  it("reads what it checks", () => {
    expect(imports.length).toBeGreaterThan(1000);
    expect(imports.filter((i) => i.typeOnly).length).toBeGreaterThan(100);
    expect(new Set(files.map(roomOf)).size).toBeGreaterThan(15);
  });
});
