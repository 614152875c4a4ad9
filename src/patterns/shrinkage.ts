import { checkArgument } from "../core/arguments.js";
import type { Rng } from "../math/rng.js";

/** What is read of arguments. */
const RNG = { next: "function" } as const;

/** A group's rated runs: how many, their reward sum and sum of squares. */
export interface GroupMoments {
  runs: number;
  sum: number;
  square: number;
  /** Variance of the mean reward, where runs are not independent; by default what independent runs have. */
  error?: number;
}

/** A group's mean after shrinking. */
export interface ShrunkMean {
  /** Posterior mean and standard deviation of the group's true mean reward. */
  mean: number;
  sd: number;
  /** Share of the group's own mean in it, in [0,1]; the rest is the mean of all groups. */
  ownShare: number;
  /** Probability that no other group is better. */
  bestProbability: number;
  /** Probability that it is better than the groups are on average over their runs. */
  betterProbability: number;
}

const DRAWS = 2000;

/**
 * Shrinks group means towards their common mean by empirical Bayes: rewards normal within groups, true
 * means normal between them, the between-variance by the method of DerSimonian and Laird (1986). A group
 * of two lucky runs moves almost all the way back; when the groups differ no more than noise would make
 * them, all shrink to one value and none is better.
 * @example
 * ```ts
 * const [few, many] = shrinkMeans(
 *   [
 *     { runs: 2, sum: 2, square: 2 },
 *     { runs: 200, sum: 100, square: 90 },
 *   ],
 *   createRng(1),
 * );
 * ```
 */
export function shrinkMeans(groups: readonly GroupMoments[], rng: Rng, onStep?: () => void): ShrunkMean[] {
  checkArgument(groups, "groups", "objects", "PATTERN_INVALID");
  checkArgument(rng, "rng", RNG, "PATTERN_INVALID");
  const K = groups.length;
  const N = groups.reduce((s, g) => s + g.runs, 0);
  if (K === 0) return [];
  const within = groups.reduce((s, g) => s + Math.max(0, g.square - (g.sum * g.sum) / g.runs), 0);
  // One more run with the variance of a coin keeps the estimate above zero when all rewards agree.
  const variance = (within + 0.25) / (N - K + 1);
  const errors = groups.map((g) => g.error ?? variance / g.runs);
  const weights = errors.map((e) => 1 / e);
  const total = weights.reduce((s, w) => s + w, 0);
  const pooled = groups.reduce((s, g, k) => s + (weights[k] * g.sum) / g.runs, 0) / total;
  const q = groups.reduce((s, g, k) => s + weights[k] * (g.sum / g.runs - pooled) ** 2, 0);
  const c = total - weights.reduce((s, w) => s + w * w, 0) / total;
  const between = K < 2 ? 0 : Math.max(0, (q - (K - 1)) / c);
  const precision = errors.map((e) => 1 / (between + e));
  const precisionSum = precision.reduce((s, p) => s + p, 0);
  const centre = groups.reduce((s, g, k) => s + (precision[k] * g.sum) / g.runs, 0) / precisionSum;
  const posterior = groups.map((g, k) => {
    const own = between / (between + errors[k]);
    const mean = centre + own * (g.sum / g.runs - centre);
    const sd = Math.sqrt(own * errors[k] + (1 - own) ** 2 / precisionSum);
    return { mean, sd, ownShare: own };
  });
  const best = new Float64Array(K);
  const better = new Float64Array(K);
  for (let b = 0; b < DRAWS && between > 0; b++) {
    onStep?.();
    const draws = posterior.map((p) => p.mean + p.sd * rng.normal());
    let top = 0;
    for (let k = 1; k < K; k++) if (draws[k] > draws[top]) top = k;
    best[top] = best[top] + 1 / DRAWS;
    const middle = draws.reduce((s, d, k) => s + d * groups[k].runs, 0) / N;
    for (let k = 0; k < K; k++) if (draws[k] > middle) better[k] = better[k] + 1 / DRAWS;
  }
  return posterior.map((p, k) => ({
    ...p,
    bestProbability: between > 0 ? best[k] : 1 / K,
    betterProbability: between > 0 ? better[k] : 0.5,
  }));
}
