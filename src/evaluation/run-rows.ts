import { checkEach } from "../core/arguments.js";
import { differs, jointOf } from "./contested.js";
import { clusterOf, type JudgedDecision, type OpeRow, ROW, toOpeRow } from "./rows.js";

/** Smallest propensity of a whole run that an estimate may rest on. */
const LEAST_OF_RUN = 1e-9;

/**
 * The estimators' view of judged decisions, one row per run: where a run has several decisions on which the
 * policies differ, its row holds the products of their probabilities and what the run earned, since the
 * decisions act together.
 * @example const { value } = estimateGain(runRows(judged));
 */
export function runRows(rows: readonly JudgedDecision[]): OpeRow[] {
  checkEach(rows, "rows", "row", ROW, "EVALUATION_INVALID");
  const runs = new Map<string, JudgedDecision[]>();
  const out: JudgedDecision[][] = [];
  for (const row of rows) {
    const known = row.run === undefined ? undefined : runs.get(row.run);
    if (known) known.push(row);
    else {
      const fresh = [row];
      out.push(fresh);
      if (row.run !== undefined) runs.set(row.run, fresh);
    }
  }
  const mean = rows.reduce((sum, row) => sum + row.reward, 0) / Math.max(1, rows.length);
  return out.flatMap((run) => {
    const contested = run.filter(differs);
    if (contested.length <= 1) return contested.length === 1 ? contested.map(toOpeRow) : run.slice(0, 1).map(toOpeRow);
    return [wholeRun(run, mean)];
  });
}

function wholeRun(run: readonly JudgedDecision[], mean: number): OpeRow {
  const first = run[0];
  const { reward, target, baseline } = jointOf(run);
  const propensity = Math.max(LEAST_OF_RUN, 1 / Math.max(1, target, baseline));
  const cluster = clusterOf(first);
  return {
    reward,
    propensity,
    target: Math.min(1, target * propensity),
    baseline: Math.min(1, baseline * propensity),
    // The same prediction for both: what runs earn on average, so that only deviations from it are weighted.
    model: { chosen: mean, target: mean, baseline: mean },
    unsupported: 1 - run.map(toOpeRow).reduce((p, row) => p * (1 - (row.unsupported ?? 0)), 1),
    decisions: run.length,
    ...(cluster !== undefined && { run: cluster }),
    ...(first.weight !== undefined && { weight: first.weight }),
  };
}
