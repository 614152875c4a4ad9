import { checkArgument } from "../core/arguments.js";
import { LearningError, refuseUnknownKeys, show } from "../core/index.js";
import { DEFAULT_LEVEL } from "./defaults.js";
import { checkHow, type Estimate, invalidOption } from "./estimate.js";
import { type IntervalMethod, intervalOf, meanAndError } from "./intervals.js";
import { MAX_UNSUPPORTED, overlapOfWeights } from "./overlap.js";
import type { Terms } from "./terms.js";

/** One decision of a run, in order. */
export interface OpeStep {
  /** Probability with which the choice was drawn, in (0,1]. */
  propensity: number;
  /** Probability with which the judged policy would have made it. */
  target: number;
  /** Reward that came between this decision and the next, in [0,1]; the last step holds the final one. */
  reward: number;
  /**
   * Predicted return from here on: of the choice made, and expected under the judged policy. The
   * model must be fitted on other runs.
   */
  model?: { chosen: number; target: number };
}

/**
 * Estimators for runs with several decisions, where what one decision is worth depends on the later
 * ones. With r_t the reward and w_t the product of target / propensity up to step t:
 *
 * - `pdis`: mean over runs of sum_t discount^t w_t r_t, per-decision importance sampling, unbiased
 *   (Precup, Sutton & Singh 2000).
 * - `wpdis`: the same with the weights of each step normalised over the runs; slightly biased, far
 *   less variance (Precup et al. 2000).
 * - `pddr`: doubly robust, V_t = v_t + rho_t (r_t + discount V_{t+1} - q_t); unbiased, less variance
 *   with a fair model (Jiang & Li 2016).
 */
export type TrajectoryEstimatorName = (typeof TRAJECTORY_ESTIMATORS)[number];

const TRAJECTORY_ESTIMATORS = ["pdis", "wpdis", "pddr"] as const;

/** Options of {@link estimateTrajectories}. */
export interface TrajectoryOptions {
  /** Default `pddr` where every step has a model, else `wpdis`. */
  estimator?: TrajectoryEstimatorName;
  /** Factor in (0,1] on each later reward; default 1. */
  discount?: number;
  /** Default `normal`. */
  interval?: IntervalMethod;
  /** Confidence level; default 0.95. */
  level?: number;
  /** Seed of the bootstrap; default 1. */
  seed?: number | string;
}

/**
 * Mean return (discounted sum of rewards) that the judged policy would have had over runs of
 * several decisions each. The effective sample size is that of the whole runs' weights and falls
 * geometrically with their length: with long runs prefer several evaluations of single decisions.
 * @param runs each a non-empty list of steps in order
 * @throws LearningError EVALUATION_INVALID on unusable steps or options, CONFIG_UNKNOWN_KEY on options that do not exist
 * @example
 * ```ts
 * const run = [
 *   { propensity: 0.5, target: 1, reward: 0 },
 *   { propensity: 0.5, target: 1, reward: 1 },
 * ];
 * const other = [
 *   { propensity: 0.5, target: 0, reward: 0 },
 *   { propensity: 0.5, target: 0, reward: 1 },
 * ];
 * estimateTrajectories([run, other], { estimator: "wpdis" }).value; // 1
 * ```
 */
export function estimateTrajectories(
  runs: readonly (readonly OpeStep[])[],
  options: TrajectoryOptions = {},
): Estimate<TrajectoryEstimatorName> {
  checkArgument(runs, "runs", "lists", "EVALUATION_INVALID");
  checkArgument(options, "options", "object", "EVALUATION_INVALID");
  const {
    estimator = runs.every((steps) => steps.every((s) => s.model)) ? "pddr" : "wpdis",
    discount = 1,
    interval: method = "normal",
    level = DEFAULT_LEVEL,
    seed = 1,
  } = options;
  refuseUnknownKeys(options, ["estimator", "discount", "interval", "level", "seed"], "options of estimateTrajectories");
  checkHow(TRAJECTORY_ESTIMATORS, estimator, method, level, seed);
  if (runs.length === 0) throw invalidOption("runs", runs, "at least one run");
  if (!(discount > 0 && discount <= 1)) throw invalidOption("discount", discount, "a number in (0,1]");
  runs.forEach((steps, i) => {
    checkSteps(steps, i, estimator === "pddr");
  });
  const whole = runs.map(wholeRun);
  const overlap = overlapOfWeights(whole);
  const most = runs.reduce(
    (m, steps) =>
      Math.max(
        m,
        returnOf(
          steps.map(() => 1),
          discount,
        ),
      ),
    0,
  );
  const terms = trajectoryTerms(runs, estimator, discount, most);
  const ids = runs.map(() => undefined);
  const { mean, error } = meanAndError(terms.values, ids);
  const weights = whole.map((w) => w.target);
  return {
    estimator,
    method,
    value: mean,
    standardError: error,
    interval: intervalOf(method, terms, ids, { level, weights, seed, bounds: [0, most] }),
    n: runs.reduce((s, steps) => s + steps.length, 0),
    runs: runs.length,
    overlap,
    identifiable: overlap.unsupported <= MAX_UNSUPPORTED && overlap.effectiveSampleSize > 0,
  };
}

function trajectoryTerms(
  runs: readonly (readonly OpeStep[])[],
  estimator: TrajectoryEstimatorName,
  discount: number,
  most: number,
): Terms {
  const logs = runs.map(logWeights);
  if (estimator === "wpdis")
    return { values: weighted(runs, logs, discount), range: most, certain: false, linear: false };
  const weights = logs.map((run) => run.map(Math.exp));
  const widest = weights.reduce((m, w) => w.reduce((x, v) => Math.max(x, v), m), 0);
  const values = Float64Array.from(runs, (steps, i) =>
    estimator === "pddr"
      ? doublyRobust(steps, discount)
      : returnOf(
          steps.map((s, t) => s.reward * weights[i]?.[t]),
          discount,
        ),
  );
  return { values, range: widest * most * (estimator === "pddr" ? 2 : 1) + most, certain: false, linear: true };
}

function doublyRobust(steps: readonly OpeStep[], discount: number): number {
  let later = 0;
  for (let t = steps.length - 1; t >= 0; t--) {
    const s = steps[t];
    const model = s.model as { chosen: number; target: number };
    later = model.target + (s.target / s.propensity) * (s.reward + discount * later - model.chosen);
  }
  return later;
}

/**
 * Linearised: the estimate plus each run's influence on it. A run that is over keeps its last
 * weight, so that the weights of every step are normalised over all runs.
 */
function weighted(runs: readonly (readonly OpeStep[])[], logs: readonly number[][], discount: number): Float64Array {
  const values = new Float64Array(runs.length);
  const length = runs.reduce((m, steps) => Math.max(m, steps.length), 0);
  let estimate = 0;
  for (let t = 0; t < length; t++) {
    const log = logs.map((w) => w[Math.min(t, w.length - 1)]);
    const largest = log.reduce((m, w) => Math.max(m, w), Number.NEGATIVE_INFINITY);
    if (largest === Number.NEGATIVE_INFINITY) continue;
    // Relative to the largest: weights of long runs are beyond all numbers.
    const at = log.map((w) => Math.exp(w - largest));
    const total = at.reduce((s, w) => s + w, 0);
    const reward = (i: number) => runs[i]?.[t]?.reward ?? 0;
    const mean = at.reduce((s, w, i) => s + w * reward(i), 0) / total;
    estimate += discount ** t * mean;
    for (let i = 0; i < runs.length; i++)
      values[i] = values[i] + (discount ** t * at[i] * (reward(i) - mean) * runs.length) / total;
  }
  return values.map((v) => v + estimate);
}

/** Logarithms of the products of target / propensity up to each step: the products of long runs are 0 / 0. */
function logWeights(steps: readonly OpeStep[]): number[] {
  let sum = 0;
  return steps.map((s) => {
    sum += Math.log(s.target) - Math.log(s.propensity);
    return sum;
  });
}

/** Larger weights have no square. */
const MOST_LOG_WEIGHT = Math.log(1e150);

/** A whole run as one row, for the overlap: its weight over a propensity of 1. */
function wholeRun(steps: readonly OpeStep[]) {
  const isCertain = steps.every((s) => s.propensity === 1);
  const target = Math.exp(Math.min(MOST_LOG_WEIGHT, logWeights(steps).at(-1) ?? 0));
  return { reward: 0, propensity: 1, target, unsupported: isCertain ? 1 - target : 0 };
}

function returnOf(rewards: readonly number[], discount: number): number {
  return rewards.reduce((s, r, t) => s + discount ** t * r, 0);
}

function checkSteps(steps: readonly OpeStep[], run: number, needsModel: boolean): void {
  const refuse = (received: string, expected: string) => {
    throw new LearningError("EVALUATION_INVALID", {
      received,
      expected,
      remedy: "Leave out runs with an unknown propensity or reward, and correct the rest.",
    });
  };
  if (steps.length === 0) refuse(`run ${run} without a step`, "at least one step");
  steps.forEach((s, t) => {
    const where = `in step ${t} of run ${run}`;
    if (!(s.propensity > 0 && s.propensity <= 1)) refuse(`propensity ${show(s.propensity)} ${where}`, "in (0,1]");
    if (!(s.target >= 0 && s.target <= 1)) refuse(`target ${show(s.target)} ${where}`, "a probability");
    if (!(s.reward >= 0 && s.reward <= 1)) refuse(`reward ${show(s.reward)} ${where}`, "in [0,1]");
    if (needsModel && !(Number.isFinite(s.model?.chosen) && Number.isFinite(s.model?.target)))
      refuse(`model ${show(s.model)} ${where}`, "predicted returns of the choice and of the policy");
  });
}
