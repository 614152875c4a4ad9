import type { Decision } from "../core/index.js";

/**
 * For how many runs one stands, from each of its decisions on, as to what serves at the other decision points that come
 * later: where a version on trial there would have chosen otherwise, runs on which it had no turn stand for those on
 * which it had (inverse probability weighting; Horvitz & Thompson 1952). Otherwise a choice would be credited with what
 * a version earns that may never serve.
 * @param run the decisions of a run, in order
 */
export function sequelWeights(run: readonly Decision[]): number[] {
  const weights = run.map(() => 1);
  if (run.every(({ trial }) => !trial)) return weights;
  /** By decision point and version: where a whole run has its turn, it has it once. */
  const factors = new Map<string, { decisionPoint: string; factor: number }>();
  for (let i = run.length - 1; i >= 0; i--) {
    const { decisionPoint, trial } = run[i]!;
    for (const other of factors.values()) if (other.decisionPoint !== decisionPoint) weights[i]! *= other.factor;
    if (!trial || trial.serving === trial.challenger) continue;
    const factor = trial.arm === "challenger" ? 0 : 1 / (1 - trial.share);
    const key = JSON.stringify([decisionPoint, trial.version]);
    const known = factors.get(key);
    factors.set(key, { decisionPoint, factor: known ? Math.min(known.factor, factor) : factor });
  }
  return weights;
}
