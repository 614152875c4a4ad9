import { checkArgument } from "../core/arguments.js";
import { refuseUnknownKeys } from "../core/index.js";
import { normalCdf } from "../math/normal.js";
import { DEFAULT_LEVEL } from "./defaults.js";
import { type EstimateOptions, estimateGain, estimateValue, invalidOption } from "./estimate.js";
import { meanAndError } from "./intervals.js";
import type { OpeRow } from "./rows.js";
import type { EstimatorName } from "./terms.js";

/**
 * What really came of a decision when it was made as the judged policy would make it, from replaying
 * the finished run with that destination forced (or from the run itself, where it was taken).
 */
export interface CounterfactualPair {
  /** Reward of the judged policy's choice, in [0,1]. */
  target: number;
  /** Reward of the compared policy's choice for the same decision; with it, gains are checked. */
  baseline?: number;
  /** The run the decision belongs to. */
  run?: string;
}

/** How one estimator does against what really happened. */
export interface EstimatorCheck {
  estimator: EstimatorName;
  /** The estimate from the logs. */
  estimate: number;
  /** What the pairs measured. */
  measured: number;
  /** Estimate minus measurement, and its standard error. */
  difference: number;
  standardError: number;
  /** Two-sided, of no difference (Welch's test by the normal approximation). */
  pValue: number;
  /** False where the difference is significant at the chosen level. */
  agrees: boolean;
}

/** Result of {@link checkEstimators}. Plain JSON. */
export interface EstimatorReport {
  of: "value" | "gain";
  pairs: number;
  rows: number;
  effectiveSampleSize: number;
  checks: EstimatorCheck[];
  /** The estimator with the smallest absolute difference. */
  closest: EstimatorName;
}

/**
 * Compares what the estimators say a policy earns with what it did earn in counterfactual replays.
 * The pairs must be a fair sample of the decisions the rows come from (every k-th, or drawn), and the
 * replayed nodes deterministic enough for their outcome to be what would have happened.
 * @param options.level confidence at which a difference counts; default 0.95
 * @throws LearningError EVALUATION_INVALID with fewer than two pairs, or pairs that mix value and gain
 * @example const { closest, checks } = checkEstimators(opeRows, [{ target: 0.9 }, { target: 0.4 }]);
 */
export function checkEstimators(
  rows: readonly OpeRow[],
  pairs: readonly CounterfactualPair[],
  options: { estimators?: readonly EstimatorName[]; level?: number; clip?: number } = {},
): EstimatorReport {
  checkArgument(rows, "rows", "objects", "EVALUATION_INVALID");
  checkArgument(pairs, "pairs", "objects", "EVALUATION_INVALID");
  checkArgument(options, "options", "object", "EVALUATION_INVALID");
  refuseUnknownKeys(options, ["estimators", "level", "clip"], "options of checkEstimators");
  const { level = DEFAULT_LEVEL, clip } = options;
  if (pairs.length < 2) throw invalidOption("pairs", pairs, "at least two pairs");
  const withBaseline = pairs.filter((p) => p.baseline !== undefined).length;
  if (withBaseline !== 0 && withBaseline !== pairs.length)
    throw invalidOption("pairs", `with ${withBaseline} of ${pairs.length} baselines`, "all with a baseline, or none");
  const odd = pairs.find((p) => ![p.target, p.baseline ?? 0].every((v) => v >= 0 && v <= 1));
  if (odd) throw invalidOption("pairs", odd, "measured rewards in [0,1]");
  const of = withBaseline ? "gain" : "value";
  const estimate = of === "gain" ? estimateGain : estimateValue;
  const usable = rows.every((r) => r.model);
  const names = options.estimators ?? ["ips", "clipped-ips", "snips", ...(usable ? MODEL_BASED : [])];
  const values = Float64Array.from(pairs, (p) => p.target - (p.baseline ?? 0));
  const truth = meanAndError(
    values,
    pairs.map((p) => p.run),
  );
  const shared: EstimateOptions = { level, ...(clip !== undefined && { clip }) };
  const estimates = names.map((estimator) => estimate(rows, { ...shared, estimator }));
  const checks = estimates.map((e): EstimatorCheck => {
    const { difference, standardError, pValue } = compare(e, { value: truth.mean, standardError: truth.error });
    return {
      estimator: e.estimator,
      estimate: e.value,
      measured: truth.mean,
      difference,
      standardError,
      pValue,
      agrees: pValue >= 1 - level,
    };
  });
  const closest = checks.reduce((a, b) => (Math.abs(b.difference) < Math.abs(a.difference) ? b : a));
  return {
    of,
    pairs: pairs.length,
    rows: rows.length,
    effectiveSampleSize: estimates[0].overlap.effectiveSampleSize,
    checks,
    closest: closest.estimator,
  };
}

const MODEL_BASED: readonly EstimatorName[] = ["dm", "dr", "switch-dr"];

/** What is read of an estimate. */
const MEASURED = { value: "number", standardError: "number" } as const;

/**
 * Two independent estimates of one number: their difference and the two-sided p-value of none.
 * @example compare({ value: 0.7, standardError: 0.03 }, { value: 0.6, standardError: 0.04 }).difference; // 0.1
 */
export function compare(
  a: { value: number; standardError: number },
  b: { value: number; standardError: number },
): { difference: number; standardError: number; pValue: number } {
  checkArgument(a, "a", MEASURED, "EVALUATION_INVALID");
  checkArgument(b, "b", MEASURED, "EVALUATION_INVALID");
  const difference = a.value - b.value;
  const standardError = Math.hypot(a.standardError, b.standardError);
  const z = standardError > 0 ? Math.abs(difference) / standardError : difference === 0 ? 0 : 40;
  return { difference, standardError, pValue: 2 * normalCdf(-z) };
}
