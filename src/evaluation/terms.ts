import { LearningError } from "../core/index.js";
import type { OpeRow } from "./rows.js";

/**
 * How the value of a policy is estimated from another's logs. With weight w = target / propensity
 * and the model's predictions q (of the choice) and Q (expected under the policy):
 *
 * - `ips`: mean of w r. Unbiased; large variance (Horvitz & Thompson 1952).
 * - `clipped-ips`: mean of min(w, clip) r. Biased downwards, less variance (Ionides 2008).
 * - `snips`: sum of w r / sum of w. Slightly biased, bounded (Swaminathan & Joachims 2015).
 * - `dm`: mean of Q. As biased as the model (Beygelzimer & Langford 2009).
 * - `dr`: mean of Q + w (r - q). Unbiased, less variance with a fair model (Dudik et al. 2011).
 * - `switch-dr`: as dr, but the correction is left out where w > clip (Wang, Agarwal & Dudik 2017).
 */
export type EstimatorName = (typeof ESTIMATORS)[number];

/** All of them; see {@link EstimatorName}. */
export const ESTIMATORS = ["ips", "clipped-ips", "snips", "dm", "dr", "switch-dr"] as const;

/** What each row contributes: the estimate is the mean of `values`. */
export interface Terms {
  /** For snips these are linearised (the estimate plus each row's influence on it). */
  values: Float64Array;
  /** Largest possible distance between two contributions; for intervals that need a range. */
  range: number;
  /** True where rewards play no part, so that equal contributions are no accident. */
  certain: boolean;
  /** False where the mean of the values is not an average of bounded independent terms. */
  linear: boolean;
}

/** Estimators that read the model's predictions. */
export const NEEDS_MODEL: ReadonlySet<EstimatorName> = new Set(["dm", "dr", "switch-dr"]);

/**
 * Contributions of the rows to the value of the target policy, or to its gain over the baseline,
 * where the weight is (target - baseline) / propensity, so that rows on which both agree say nothing.
 * @param clip largest weight that `clipped-ips` and `switch-dr` let stand
 */
export function termsOf(rows: readonly OpeRow[], estimator: EstimatorName, of: "value" | "gain", clip: number): Terms {
  if (estimator === "snips") return snipsTerms(rows, of);
  const values = new Float64Array(rows.length);
  let widest = 0;
  rows.forEach((row, i) => {
    const w = weight(row, of);
    const q = row.model?.chosen ?? 0;
    const expected = (row.model?.target ?? 0) - (of === "gain" ? (row.model?.baseline ?? 0) : 0);
    const stands = Math.abs(w) <= clip;
    const used = estimator === "clipped-ips" ? Math.sign(w) * Math.min(Math.abs(w), clip) : w;
    if (estimator === "dm") values[i] = expected;
    else if (estimator === "dr") values[i] = expected + w * (row.reward - q);
    else if (estimator === "switch-dr") values[i] = expected + (stands ? w * (row.reward - q) : 0);
    else values[i] = used * row.reward;
    if (estimator !== "switch-dr" || stands) widest = Math.max(widest, Math.abs(used));
  });
  const signed = of === "gain" || NEEDS_MODEL.has(estimator);
  const modelled = NEEDS_MODEL.has(estimator);
  const range =
    estimator === "dm" ? (of === "gain" ? 2 : 1) : (signed ? 2 : 1) * widest + (modelled ? (of === "gain" ? 2 : 1) : 0);
  return { values, range, certain: estimator === "dm" || widest === 0, linear: true };
}

/** Importance weight of a row for the value of the target or its gain over the baseline. */
export function weight(row: OpeRow, of: "value" | "gain"): number {
  return (row.target - (of === "gain" ? (row.baseline ?? 0) : 0)) / row.propensity;
}

function snipsTerms(rows: readonly OpeRow[], of: "value" | "gain"): Terms {
  const target = selfNormalised(rows, (r) => r.target / r.propensity);
  if (of === "value") return { values: target, range: 1, certain: false, linear: false };
  const baseline = selfNormalised(rows, (r) => (r.baseline ?? 0) / r.propensity);
  return {
    values: target.map((v, i) => v - baseline[i]),
    range: 2,
    certain: rows.every((r) => weight(r, "gain") === 0),
    linear: false,
  };
}

function selfNormalised(rows: readonly OpeRow[], weightOf: (row: OpeRow) => number): Float64Array {
  const weights = rows.map(weightOf);
  const total = weights.reduce((s, w) => s + w, 0);
  if (rows.length > 0 && total <= 0)
    throw new LearningError("UNIDENTIFIABLE", {
      received: `${rows.length} rows, in none of which the logged choice has a chance under the policy`,
      expected: "at least one row whose choice the policy could have made",
      remedy: "Let the decision point explore, so that its logs hold other ways.",
    });
  const value = rows.reduce((s, r, i) => s + weights[i] * r.reward, 0) / total;
  const mean = total / rows.length;
  return Float64Array.from(rows, (r, i) => value + (weights[i] * (r.reward - value)) / mean);
}
