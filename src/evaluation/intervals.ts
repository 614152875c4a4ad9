import { LearningError } from "../core/index.js";
import { createRng } from "../math/rng.js";
import { studentQuantile } from "../math/student.js";
import type { Terms } from "./terms.js";

/**
 * - `normal`: mean plus and minus a quantile of Student's t, whose degrees of freedom follow from how
 *   few rows carry the variance (see below). Asymptotic. Where all contributions are equal, so that their
 *   spread says nothing, the share of others that could have stayed unseen (Clopper & Pearson 1934).
 * - `bootstrap`: percentiles of the mean over 1,000 resamples of the runs (Efron 1979). Asymptotic.
 * - `empirical-bernstein`: valid at every sample size for bounded contributions (Maurer & Pontil
 *   2009), and wide: the largest weight enters linearly. The bound is taken from the largest weight among
 *   the rows, so logs must not be able to hold a larger one.
 */
export type IntervalMethod = (typeof INTERVAL_METHODS)[number];

/** All of them; see {@link IntervalMethod}. */
export const INTERVAL_METHODS = ["normal", "bootstrap", "empirical-bernstein"] as const;

/** A two-sided confidence interval. */
export interface Interval {
  lower: number;
  upper: number;
  /** Confidence level, e.g. 0.95. */
  level: number;
}

const RESAMPLES = 1000;

/** Sums of the centred contributions per run; runs, not decisions, are independent. */
function clusterSums(values: Float64Array, runs: readonly (string | undefined)[]): { sums: number[]; sizes: number[] } {
  const index = new Map<string, number>();
  const sums: number[] = [];
  const sizes: number[] = [];
  values.forEach((value, i) => {
    const run = runs[i];
    let at = run === undefined ? undefined : index.get(run);
    if (at === undefined) {
      at = sums.push(0) - 1;
      sizes.push(0);
      if (run !== undefined) index.set(run, at);
    }
    sums[at] = sums[at] + value;
    sizes[at] = sizes[at] + 1;
  });
  return { sums, sizes };
}

/**
 * Mean of the contributions and its standard error, decisions of one run taken together. With fewer
 * than two runs the error is 1, the largest that rewards in [0,1] can need.
 */
export function meanAndError(
  values: Float64Array,
  runs: readonly (string | undefined)[],
): { mean: number; error: number } {
  const n = values.length;
  const mean = values.reduce((s, v) => s + v, 0) / n;
  const { sums, sizes } = clusterSums(values, runs);
  const groups = sums.length;
  if (groups < 2) return { mean, error: 1 };
  const squares = sums.reduce((s, v, g) => s + (v - mean * sizes[g]) ** 2, 0);
  return { mean, error: (Math.sqrt(squares) / n) * Math.sqrt(groups / (groups - 1)) };
}

/**
 * A confidence interval for the mean of the contributions, clamped to `bounds`.
 * @throws LearningError EVALUATION_INVALID for empirical Bernstein over a self-normalised estimate
 */
export function intervalOf(
  method: IntervalMethod,
  terms: Terms,
  runs: readonly (string | undefined)[],
  options: { level: number; weights: ArrayLike<number>; seed: number | string; bounds: readonly [number, number] },
): Interval {
  const { level, bounds } = options;
  const { mean, error } = meanAndError(terms.values, runs);
  const clamp = (lower: number, upper: number): Interval => ({
    lower: Math.max(bounds[0], lower),
    upper: Math.min(bounds[1], upper),
    level,
  });
  if (method === "bootstrap") return clamp(...bootstrap(terms.values, runs, level, options.seed));
  if (method === "normal") {
    const radius =
      error > 0 || terms.certain
        ? studentQuantile((1 + level) / 2, degreesOfFreedom(terms.values, options.weights)) * error
        : terms.range * (1 - ((1 - level) / 2) ** (1 / terms.values.length));
    return clamp(mean - radius, mean + radius);
  }
  if (!terms.linear)
    throw new LearningError("EVALUATION_INVALID", {
      received: "an empirical Bernstein interval for a self-normalised estimate",
      expected: "an estimator that is an average, such as ips or dr",
      remedy: "Use the normal or the bootstrap interval with snips.",
    });
  const { sizes } = clusterSums(terms.values, runs);
  const groups = sizes.length;
  // A run's share of the mean grows with its decisions, and with it the range of what it can contribute.
  const range = (terms.range * Math.max(...sizes) * groups) / terms.values.length;
  const log = Math.log(4 / (1 - level));
  const radius = error * Math.sqrt(2 * log) + (7 * range * log) / (3 * Math.max(1, groups - 1));
  return clamp(mean - radius, mean + radius);
}

/**
 * Half of Satterthwaite's (1946) 2 n / (kurtosis - 1), for the contributions or for the weights,
 * whichever is less: a few heavy rows make the estimated variance itself uncertain, and tend to be
 * missing just where it is estimated too small. Half, because with the whole the intervals of ips
 * still covered only 94 % of 3,000 simulated worlds.
 */
function degreesOfFreedom(values: ArrayLike<number>, weights: ArrayLike<number>): number {
  return Math.min(1 / Math.max(1e-9, peakedness(values)), 1 / Math.max(1e-9, peakedness(weights)));
}

/** (kurtosis - 1) / n. */
function peakedness(values: ArrayLike<number>): number {
  const n = values.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i] / n;
  let second = 0;
  let fourth = 0;
  for (let i = 0; i < n; i++) {
    const square = (values[i] - mean) ** 2;
    second += square;
    fourth += square * square;
  }
  return second > 0 ? fourth / (second * second) - 1 / n : 0;
}

function bootstrap(
  values: Float64Array,
  runs: readonly (string | undefined)[],
  level: number,
  seed: number | string,
): [number, number] {
  const { sums, sizes } = clusterSums(values, runs);
  const rng = createRng(seed);
  const means = new Float64Array(RESAMPLES);
  for (let b = 0; b < RESAMPLES; b++) {
    let sum = 0;
    let size = 0;
    for (let g = 0; g < sums.length; g++) {
      const pick = rng.int(sums.length);
      sum += sums[pick];
      size += sizes[pick];
    }
    means[b] = sum / size;
  }
  means.sort();
  const at = (q: number) => means[Math.min(RESAMPLES - 1, Math.max(0, Math.round(q * (RESAMPLES - 1))))];
  return [at((1 - level) / 2), at((1 + level) / 2)];
}
