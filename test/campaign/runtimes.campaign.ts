/**
 * One smoke test (capture, decisions, a whole learning cycle) on every runtime: Node 20 (this one), 22 and 24, Bun and
 * Deno, by the packed package. TypeScript 5 reads the declarations with `moduleResolution` node, node16 and bundler.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { heavyProject, run } from "./support/heavy.js";

export default async function runtimes(): Promise<Record<string, unknown>> {
  if (process.platform !== "linux" || process.arch !== "x64") return { skipped: "the runtimes are Linux x64 binaries" };
  const home = heavyProject();
  const at = (name: string, file: string) => join(home, "node_modules", name, file);
  const programs: Record<string, [string, ...string[]]> = {
    [`node ${process.version}`]: [process.execPath],
    "node 22": [at("node-22", "bin/node")],
    "node 24": [at("node-24", "bin/node")],
    bun: [at("@oven/bun-linux-x64", "bin/bun")],
    deno: [at("@deno/linux-x64-glibc", "deno"), "run", "-A"],
  };
  const results: Record<string, unknown> = {};
  for (const [name, [program, ...args]] of Object.entries(programs)) {
    const folder = mkdtempSync(join(home, "run-"));
    try {
      const said = run(program, [...args, "app.mjs", folder], home, 180_000);
      const { status, nodes, decision, cycle } = JSON.parse(said.trim().split("\n").at(-1) as string) as {
        status: string;
        nodes: number;
        decision: string;
        cycle: string | string[];
      };
      const isWhole = status === "success" && nodes === 2 && decision === "shadow" && cycle.includes("routing/t: done");
      results[name] = isWhole ? "whole" : { status, nodes, decision, cycle };
    } catch (error) {
      results[name] = String(error).slice(0, 600);
    }
  }
  return { ...results, ...typeScript5(home, at("typescript", "bin/tsc")) };
}

/** Which ways of resolving find the front door and a subpath, by TypeScript 5. */
function typeScript5(home: string, tsc: string): Record<string, unknown> {
  const source = `import { CollectiveLearningLoop } from "langgraph-collective-learning";
    import { createPolicy } from "langgraph-collective-learning/policies";
    export const known: [string, string] = [CollectiveLearningLoop.name, createPolicy.name];`;
  writeFileSync(join(home, "types.cts"), source);
  writeFileSync(join(home, "types.ts"), source);
  const ways = {
    "types: node": ["--module", "commonjs", "--moduleResolution", "node", "types.ts"],
    "types: node16, CommonJS": ["--module", "node16", "--moduleResolution", "node16", "types.cts"],
    "types: node16, ES module": ["--module", "node16", "--moduleResolution", "node16", "types.ts"],
    "types: bundler": ["--module", "esnext", "--moduleResolution", "bundler", "types.ts"],
  };
  return Object.fromEntries(
    Object.entries(ways).map(([name, flags]) => {
      try {
        run(process.execPath, [tsc, "--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", ...flags], home);
        return [name, "compiles"];
      } catch (error) {
        return [name, String(error).slice(0, 600)];
      }
    }),
  );
}
