import { checkArgument } from "../core/arguments.js";
import type { ByRun, DecisionRow } from "../dataset/index.js";

/** What is read of arguments. */
const BYRUN = { get: "function" } as const;

/** What a reward model says of a decision's run. */
export interface ImputedReward {
  /** For rated runs: the out-of-fold prediction, never one of a model that saw the rating. */
  mean: number;
  /** Expected squared error. */
  variance: number;
  /** False: unlike anything seen; such a run stays without a reward. */
  known: boolean;
}

/** Where the rewards of some rows come from, as shares of all rows. */
export interface RewardShares {
  measured: number;
  mixed: number;
  /** Neither rated nor predictable. */
  missing: number;
}

/** Ratings' worth of belief that the model is right on average about a destination. */
const PRIOR_RATINGS = 3;

/**
 * Gives unrated decisions a reward to learn from. Measured rewards stay as they are. An imputed one
 * is the model's prediction plus the model's mean error on the rated decisions of the same
 * destination, each weighted by the inverse of its probability of being rated: per destination, the
 * doubly robust (augmented inverse probability) estimate of Robins, Rotnitzky and Zhao (1994), right
 * when either the model or the rating probabilities are. It carries its variance and is marked
 * `mixed`; estimators and gates must leave such rows out, policies weigh them by
 * {@link learningWeight}.
 * @param rows decisions of one decision point
 * @param imputed predictions by decisionId
 * @example const { rows: mixed, shares } = mixRewards(rows, imputed);
 */
export function mixRewards(
  rows: readonly DecisionRow[],
  imputed: ByRun<ImputedReward>,
): { rows: DecisionRow[]; shares: RewardShares } {
  checkArgument(rows, "rows", "objects", "REWARD_INVALID");
  checkArgument(imputed, "imputed", BYRUN, "REWARD_INVALID");
  const rated = rows.filter((r) => r.reward !== undefined);
  const share = rated.length / Math.max(1, rows.length);
  const errors = new Map<string, { weight: number; sum: number }>();
  let weights = 0;
  for (const row of rated) {
    const prediction = imputed.get(row.decisionId);
    if (!prediction) continue;
    const weight = 1 / (row.ratedProbability ?? share);
    const error = errors.get(row.chosen) ?? { weight: 0, sum: 0 };
    error.weight += weight;
    error.sum += weight * ((row.reward as number) - prediction.mean);
    errors.set(row.chosen, error);
    weights += weight;
  }
  const prior = (PRIOR_RATINGS * weights) / Math.max(1, rated.length);
  const counts = { measured: 0, mixed: 0, missing: 0 };
  const out = rows.map((row): DecisionRow => {
    if (row.reward !== undefined) {
      counts.measured++;
      return row;
    }
    const prediction = imputed.get(row.decisionId);
    // Without a single rating there is nothing to check the model against.
    if (!prediction?.known || rated.length === 0) {
      counts.missing++;
      return row;
    }
    counts.mixed++;
    const error = errors.get(row.chosen);
    const correction = error ? error.sum / (error.weight + prior) : 0;
    return {
      ...row,
      reward: Math.min(1, Math.max(0, prediction.mean + correction)),
      rewardVariance: prediction.variance,
      rewardSource: "mixed",
    };
  });
  const n = Math.max(1, rows.length);
  return {
    rows: out,
    shares: { measured: counts.measured / n, mixed: counts.mixed / n, missing: counts.missing / n },
  };
}

/** Decisions that nobody rated, each with what it may teach and its weight beside a measured one. */
export interface MixedRows {
  rows: { row: DecisionRow; weight: number }[];
  shares: RewardShares;
}

/**
 * The unrated ones of the rows with mixed rewards and their {@link learningWeight}; those whose
 * prediction explains nothing are left out.
 * @param rows decisions of one decision point, rated or not
 * @param imputed predictions by decisionId
 * @example for (const { row, weight } of teachableRows(rows, imputed).rows) console.log(row.chosen, row.reward, weight);
 */
export function teachableRows(rows: readonly DecisionRow[], imputed: ByRun<ImputedReward>): MixedRows {
  checkArgument(rows, "rows", "objects", "REWARD_INVALID");
  checkArgument(imputed, "imputed", BYRUN, "REWARD_INVALID");
  const { rows: mixed, shares } = mixRewards(rows, imputed);
  const measured = rows.flatMap((r) => (r.reward === undefined ? [] : [r.reward]));
  const mean = measured.reduce((a, b) => a + b, 0) / measured.length;
  const variance = measured.reduce((a, b) => a + (b - mean) ** 2, 0) / measured.length;
  return {
    rows: mixed
      .filter((r) => r.rewardSource === "mixed")
      .map((row) => ({ row, weight: learningWeight(row, variance) }))
      .filter((r) => r.weight > 0),
    shares,
  };
}

/**
 * What a row's reward is worth to a learner, beside a measured one (1): the share of the variation of
 * rewards that its prediction explains, so that a model without skill teaches nothing.
 * @param measuredVariance variance of the measured rewards of the same decision point
 * @example
 * ```ts
 * const { rows: mixed } = mixRewards(rows, imputed);
 * const weights = mixed.map((row) => learningWeight(row, 0.08));
 * ```
 */
export function learningWeight(row: DecisionRow, measuredVariance: number): number {
  checkArgument(row, "row", "object", "REWARD_INVALID");
  if (row.rewardSource !== "mixed" && row.rewardSource !== "imputed") return 1;
  if (!(measuredVariance > 0) || row.rewardVariance === undefined) return 0;
  return Math.max(0, 1 - row.rewardVariance / measuredVariance);
}
