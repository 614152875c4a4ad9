import { checkArgument } from "../core/arguments.js";
import { LearningError, refuseUnknownKeys, show } from "../core/index.js";
import { DEFAULT_LEVEL } from "./defaults.js";
import { INTERVAL_METHODS, type Interval, type IntervalMethod, intervalOf, meanAndError } from "./intervals.js";
import { MAX_UNSUPPORTED, type Overlap, overlapOfWeights } from "./overlap.js";
import { checkOpeRows, type OpeRow } from "./rows.js";
import { ESTIMATORS, type EstimatorName, NEEDS_MODEL, type Terms, termsOf, weight } from "./terms.js";

/** Options of {@link estimateValue} and {@link estimateGain}. */
export interface EstimateOptions {
  /** Default `dr` where every row has a model, else `snips`. */
  estimator?: EstimatorName;
  /** Default `normal`. */
  interval?: IntervalMethod;
  /** Confidence level in (0,1); default 0.95. */
  level?: number;
  /** Largest weight that `clipped-ips` and `switch-dr` let stand; default 10. */
  clip?: number;
  /** Seed of the bootstrap; default 1. */
  seed?: number | string;
}

/** An estimate from logs, with everything needed to judge it. Plain JSON. */
export interface Estimate<Name extends string = EstimatorName> {
  estimator: Name;
  method: IntervalMethod;
  /** Estimated mean reward, or gain in mean reward. */
  value: number;
  standardError: number;
  interval: Interval;
  /** Decisions, and the independent runs they belong to. */
  n: number;
  runs: number;
  overlap: Overlap;
  /** False where the logs cannot tell, whatever their number; the value is then not to be used. */
  identifiable: boolean;
}

/**
 * Mean reward that the target policy would have had on the logged decisions.
 * @throws LearningError EVALUATION_INVALID on unusable rows or options, CONFIG_UNKNOWN_KEY on options that do not
 * exist, UNIDENTIFIABLE from `snips` when no logged choice has a chance under the policy
 * @example
 * ```ts
 * const rows = [
 *   { reward: 1, propensity: 0.5, target: 0.9 },
 *   { reward: 0, propensity: 0.5, target: 0.1 },
 * ];
 * const { value, interval } = estimateValue(rows, { estimator: "ips" });
 * value; // 0.9
 * ```
 */
export function estimateValue(rows: readonly OpeRow[], options: EstimateOptions = {}): Estimate {
  checkArgument(rows, "rows", "objects", "EVALUATION_INVALID");
  checkArgument(options, "options", "object", "EVALUATION_INVALID");
  return estimate(rows, "value", options);
}

/**
 * Gain in mean reward of the target over the baseline policy, from paired differences: rows on
 * which both agree contribute exactly nothing, so the interval is far tighter than the difference
 * of two. Rows need `baseline`. Errors as {@link estimateValue}.
 * @example
 * ```ts
 * const { value, interval } = estimateGain(judged.map(toOpeRow));
 * if (interval.lower > 0) console.log(`better by ${value}`);
 * ```
 */
export function estimateGain(rows: readonly OpeRow[], options: EstimateOptions = {}): Estimate {
  checkArgument(rows, "rows", "objects", "EVALUATION_INVALID");
  checkArgument(options, "options", "object", "EVALUATION_INVALID");
  return estimate(rows, "gain", options);
}

function estimate(rows: readonly OpeRow[], of: "value" | "gain", options: EstimateOptions): Estimate {
  const {
    estimator = rows.every((r) => r.model) ? "dr" : "snips",
    interval: method = "normal",
    level = DEFAULT_LEVEL,
    clip = 10,
    seed = 1,
  } = options;
  refuseUnknownKeys(options, ["estimator", "interval", "level", "clip", "seed"], "options of an estimate");
  checkHow(ESTIMATORS, estimator, method, level, seed);
  if (typeof clip !== "number" || !(clip > 0)) throw invalidOption("clip", clip, "a positive weight");
  if (rows.length === 0) throw invalidOption("rows", rows, "at least one logged decision");
  checkOpeRows(rows, { baseline: of === "gain", model: NEEDS_MODEL.has(estimator) });
  const runs = rows.map((r) => r.run);
  const overlap = overlapOfWeights(rows);
  const terms = weighted(termsOf(rows, estimator, of, clip), rows);
  const { mean, error } = meanAndError(terms.values, runs);
  const interval = intervalOf(method, terms, runs, {
    level,
    weights: rows.map((r) => weight(r, "value") * (r.weight ?? 1)),
    seed,
    bounds: of === "gain" ? [-1, 1] : [0, 1],
  });
  return {
    estimator,
    method,
    value: mean,
    standardError: error,
    interval,
    n: rows.length,
    runs: new Set(runs.map((run, i) => run ?? i)).size,
    overlap,
    identifiable: overlap.unsupported <= MAX_UNSUPPORTED && overlap.effectiveSampleSize > 0,
  };
}

/**
 * The terms when rows stand for several runs each: linearised, so that their mean is the self-normalised
 * estimate sum w v / sum w (Hajek 1971).
 */
function weighted(terms: Terms, rows: readonly OpeRow[]): Terms {
  if (rows.every((r) => (r.weight ?? 1) === 1)) return terms;
  const weights = rows.map((r) => r.weight ?? 1);
  const total = weights.reduce((s, w) => s + w, 0);
  if (!(total > 0)) throw invalidOption("weight", 0, "at least one row with a positive weight");
  const mean = terms.values.reduce((s, v, i) => s + weights[i] * v, 0) / total;
  const most = Math.max(...weights) * (rows.length / total);
  const values = terms.values.map((v, i) => mean + (weights[i] * rows.length * (v - mean)) / total);
  return { ...terms, values, range: terms.range * most, linear: false };
}

/** How an estimate is made: another word for an estimator or an interval is none of them. @throws EVALUATION_INVALID */
export function checkHow(
  estimators: readonly string[],
  estimator: string,
  method: string,
  level: number,
  seed: number | string,
): void {
  if (!estimators.includes(estimator)) throw invalidOption("estimator", estimator, `one of ${estimators.join(", ")}`);
  if (!INTERVAL_METHODS.some((known) => known === method))
    throw invalidOption("interval", method, `one of ${INTERVAL_METHODS.join(", ")}`);
  if (typeof level !== "number" || !(level > 0 && level < 1))
    throw invalidOption("level", level, "a number between 0 and 1");
  if (typeof seed !== "string" && !Number.isFinite(seed)) throw invalidOption("seed", seed, "a number or a text");
}

/** A risk: "5 %" is 0.05, and with 5 anything would count as proven. @throws LearningError EVALUATION_INVALID */
export function checkRisk(riskLevel: number): void {
  if (!(riskLevel > 0 && riskLevel < 1)) throw invalidOption("riskLevel", riskLevel, "a number between 0 and 1");
}

/** The error for an option out of range. */
export function invalidOption(name: string, value: unknown, expected: string): LearningError {
  return new LearningError("EVALUATION_INVALID", {
    received: `${name} ${show(value)}`,
    expected,
    remedy: `Correct the option ${name}.`,
  });
}
