/**
 * The recipes on every runtime: Node 20 (this one), 22 and 24, and Bun, by the packed package. Prints the matrix of
 * docs/recipes.md. `langgraph dev` and RemoteGraph have a full test of their own. RUNS says how many of the pairs are tried
 * (default all), spread evenly over them.
 */
import { mkdtempSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { spread } from "./share.js";
import { heavyProject, run } from "./support/heavy.js";

const RECIPES = fileURLToPath(new URL("../../examples/recipes/", import.meta.url));
/** Needs a server beside it. */
const SERVED = "remote-graph.ts";
const NEEDS = /^(@langchain\/|langchain$|deepagents$|@oven\/|node-2)/;

export default async function recipes(): Promise<Record<string, unknown>> {
  if (process.platform !== "linux" || process.arch !== "x64") return { skipped: "the runtimes are Linux x64 binaries" };
  const home = heavyProject({ needs: NEEDS });
  const at = (name: string, file: string) => join(home, "node_modules", name, file);
  const programs: Record<string, string> = {
    [`node ${process.version}`]: process.execPath,
    "node 22": at("node-22", "bin/node"),
    "node 24": at("node-24", "bin/node"),
    bun: at("@oven/bun-linux-x64", "bin/bun"),
  };
  const files = readdirSync(RECIPES).filter((f) => f.endsWith(".ts"));
  await build({
    entryPoints: files.map((f) => join(RECIPES, f)),
    outdir: join(home, "recipes"),
    format: "esm",
    target: "node20",
    supported: { using: false }, // `await using` is newer than Node 20
  });
  const pairs = files
    .filter((f) => f !== SERVED && f !== "scripted-model.ts")
    .flatMap((file) => Object.entries(programs).map(([name, program]) => ({ file, name, program })));
  const results: Record<string, unknown> = {};
  for (const { file, name, program } of spread(pairs, process.env.RUNS)) {
    const folder = mkdtempSync(join(home, "run-"));
    try {
      run(program, [join(home, "recipes", file.replace(/\.ts$/, ".js"))], folder, 180_000);
      results[`${file}, ${name} (${run(program, ["--version"], folder).trim()})`] = "runs";
    } catch (error) {
      results[`${file}, ${name}`] = String(error).slice(0, 600);
    }
  }
  return results;
}
