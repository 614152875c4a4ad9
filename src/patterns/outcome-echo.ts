import type { TypeLogs } from "./pattern-engine.js";
import type { PatternFinding } from "./pattern-report.js";
import type { AnalyzedRun } from "./run-view.js";

/** Share of runs from which a pattern says no more than how the run ended. */
const NEARLY_ALWAYS = 0.95;
/** Runs needed on the side that decides it. */
const LEAST = 5;

/**
 * Whether a significant pattern only tells how runs ended: its last activity is the last of the runs that
 * have it, and nearly all runs without it (of a good one) or with it (of a bad one) failed. "Failed runs
 * lack the final step" is true and no advice.
 */
export function echoesOutcome(
  finding: PatternFinding,
  types: ReadonlyMap<string, TypeLogs>,
  runs: readonly AnalyzedRun[],
): boolean {
  const { workflowType, unit, activities, verdict, kind } = finding;
  const log = types.get(workflowType)?.logs[unit];
  const last = activities.at(-1);
  if (!log || last === undefined || kind === "loop" || (verdict !== "better" && verdict !== "worse")) return false;
  const wanted = log.activity(last);
  let [having, ending, failing, deciding] = [0, 0, 0, 0];
  for (const run of runs) {
    const row = run.workflowType === workflowType ? log.rowOfCase(run.id) : undefined;
    if (row === undefined || run.succeeded === undefined) continue;
    const sequence = log.variants.sequence(log.variantOf.at(row));
    const has = wanted !== undefined && sequence.includes(wanted);
    if (has) having++;
    if (has && sequence.at(-1) === wanted) ending++;
    if (has !== (verdict === "worse")) continue;
    deciding++;
    if (!run.succeeded) failing++;
  }
  return deciding >= LEAST && ending >= NEARLY_ALWAYS * having && failing >= NEARLY_ALWAYS * deciding;
}
