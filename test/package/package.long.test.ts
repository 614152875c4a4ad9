import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { publint } from "publint";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packed, ROOT, run } from "./support/packed.js";

const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { exports: Record<string, unknown> };

describe("the packed package", () => {
  let home: string;
  let files: string[];

  beforeAll(() => {
    // langchain is an optional peer: a newcomer may well do without.
    ({ home, files } = packed(["langchain"]));
  }, 60_000);
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it("holds what users need and nothing else", () => {
    const odd = files.filter(
      (f) =>
        !/^package\/(dist\/.*\.(js|d\.c?ts)|dist\/dashboard\/(app\.json|report\.cjs)|package\.json|README\.md|LICENSE)$/.test(
          f,
        ),
    );
    expect(odd).toEqual([]);
    expect(files).toContain("package/dist/worker/main.js");
    expect(files).toContain("package/dist/cli/main.js");
  });

  it("passes publint", async () => {
    const { messages } = await publint({ pkgDir: join(home, "package"), pack: false, strict: true });
    // It holds that an ES module needs .d.mts also where it is required; TypeScript's node16 (TS1479) wants .d.cts.
    const wrong = messages.filter(
      ({ code, path }) =>
        code !== "EXPORTS_TYPES_INVALID_FORMAT" || path.at(-2) !== "require" || path.at(-1) !== "types",
    );
    expect(wrong).toEqual([]);
  });

  it.each(["nodenext", "bundler"])(
    "type-checks in a strict project that checks libraries too (%s)",
    (resolution) => {
      const readme = readFileSync(join(ROOT, "README.md"), "utf8");
      const quickStart = readme.slice(readme.indexOf("## Quick start")).match(/^```ts\n([\s\S]*?)^```/m)?.[1] as string;
      writeFileSync(join(home, "app", "quick-start.ts"), quickStart);
      writeFileSync(join(home, "app", "package.json"), JSON.stringify({ type: "module" }));
      const compilerOptions = {
        strict: true,
        noEmit: true,
        target: "es2022",
        lib: ["es2023", "esnext.disposable"],
        module: resolution === "nodenext" ? "nodenext" : "esnext",
        moduleResolution: resolution,
        types: ["node"],
        skipLibCheck: false,
      };
      // No entry's declarations may lead to TensorFlow.js': they do not pass such a check.
      const entries = Object.keys(manifest.exports).filter((n) => n !== "./package.json");
      const all = entries.map(
        (n, i) => `export * as m${i} from "${n.replace(/^\./, "langgraph-collective-learning")}";`,
      );
      writeFileSync(join(home, "app", "entries.ts"), all.join("\n"));
      const project = join(home, "app", `tsconfig.${resolution}.json`);
      writeFileSync(project, JSON.stringify({ compilerOptions, files: ["quick-start.ts", "entries.ts"] }));
      const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
      expect(() => run(process.execPath, [tsc, "-p", project], join(home, "app"))).not.toThrow();
    },
    60_000,
  );

  it("type-checks and runs in a CommonJS project, by the same ES module", () => {
    const folder = join(home, "app", "commonjs");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "commonjs" }));
    const entries = Object.keys(manifest.exports).filter((n) => n !== "./package.json");
    const all = entries.map(
      (n, i) => `import m${i} = require("${n.replace(/^\./, "langgraph-collective-learning")}");`,
    );
    writeFileSync(
      join(folder, "entries.cts"),
      [...all, `export const known = [${entries.map((_, i) => `typeof m${i}`)}];`].join("\n"),
    );
    writeFileSync(
      join(folder, "app.ts"),
      `import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
       import { CollectiveLearningLoop } from "langgraph-collective-learning";
       async function main(): Promise<void> {
         const loop = await CollectiveLearningLoop.open({ storagePath: "./learning" });
         const State = Annotation.Root({ x: Annotation<number>() });
         const router = loop.router({
           decisionPoint: "p",
           destinations: ["a", "b"],
           context: (s: typeof State.State) => ({ x: s.x }),
           fallback: () => "b" as const,
         });
         const graph = loop.wrap(
           new StateGraph(State).addNode("s", () => ({})).addNode("a", () => ({ x: 1 })).addNode("b", () => ({ x: 2 }))
             .addEdge(START, "s").addConditionalEdges("s", router, ["a", "b"]).addEdge("a", END).addEdge("b", END)
             .compile(),
           { workflowType: "w" },
         );
         const { x } = await graph.invoke({ x: 0 }, { metadata: { workflowId: "w1" } });
         const [decision] = await loop.getDecisions("w1");
         const { nodes = [] } = (await loop.getTrace("w1")) ?? {};
         console.log(x, decision?.chosen, nodes.map((n) => n.name).join());
         await loop.close();
       }
       void main();`,
    );
    const compilerOptions = {
      strict: true,
      target: "es2022",
      lib: ["es2023", "esnext.disposable"],
      module: "node16",
      types: ["node"],
      skipLibCheck: true,
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["app.ts", "entries.cts"] }));
    const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
    expect(() => run(process.execPath, [tsc, "-p", folder], folder)).not.toThrow();
    expect(run(process.execPath, ["app.js"], folder).trim()).toBe("2 b s,b");
  }, 60_000);

  it("can be imported by every one of its names", () => {
    // The worker is the file that runs in the learning thread; imported elsewhere it does nothing.
    const names = Object.keys(manifest.exports).filter((n) => n !== "./package.json" && n !== "./worker");
    const script = names
      .map(
        (n) =>
          `const m${names.indexOf(n)} = await import(${JSON.stringify(n.replace(/^\./, "langgraph-collective-learning"))});`,
      )
      .join("\n");
    const counts = names.map((_, i) => `Object.keys(m${i}).length`).join(",");
    writeFileSync(join(home, "app", "main.mjs"), `${script}\nconsole.log(JSON.stringify([${counts}]));`);
    const exported = JSON.parse(run("node", ["main.mjs"], join(home, "app"))) as number[];
    expect(names.filter((_, i) => exported[i] === 0)).toEqual([]);
  });
});
