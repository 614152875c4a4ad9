import { execFileSync } from "node:child_process";
import { type Bench, median, quantile, round } from "./support/bench.js";

/** Loads LangGraph, then this package, as a program that uses both; then a loop is opened, and its thread does a first job. */
const PROGRAM = `
  import { mkdtempSync, rmSync } from "node:fs";
  import { tmpdir } from "node:os";
  import { join } from "node:path";
  const at = [performance.now()];
  const stop = () => at.push(performance.now());
  await import("@langchain/langgraph");
  stop();
  const { CollectiveLearningLoop } = await import("langgraph-collective-learning");
  stop();
  const storagePath = mkdtempSync(join(tmpdir(), "start-"));
  const loop = await CollectiveLearningLoop.open({ storagePath });
  stop();
  await loop.triggerLearningCycle();
  stop();
  await loop.close();
  rmSync(storagePath, { recursive: true });
  console.log(JSON.stringify(at.slice(1).map((time, i) => time - at[i])));`;

/** How long a program takes to start: what loading this package adds to LangGraph's own time, in processes of their own. */
const bench: Bench = async ({ quick }) => {
  const langgraph: number[] = [];
  const own: number[] = [];
  const opened: number[] = [];
  const cycles: number[] = [];
  for (let i = 0; i < (quick ? 5 : 30); i++) {
    const said = execFileSync(process.execPath, ["--input-type=module", "--eval", PROGRAM], { encoding: "utf8" });
    const [a, b, c, d] = JSON.parse(said) as [number, number, number, number];
    langgraph.push(a);
    own.push(b);
    opened.push(c);
    cycles.push(d);
  }
  const ratios = own.map((ms, i) => ms / langgraph[i]!);
  return {
    langgraphMs: round(median(langgraph), 0),
    ownMs: round(median(own), 0),
    ownOfLanggraph: round(median(ratios)),
    ownOfLanggraphQuartiles: [round(quantile(ratios, 0.25)), round(quantile(ratios, 0.75))],
    openMs: round(median(opened), 0),
    firstCycleMs: round(median(cycles), 0),
    processes: own.length,
  };
};

export default bench;
