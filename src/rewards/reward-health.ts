import { checkArgument } from "../core/arguments.js";
/** Whether a reward carries anything to learn from. */
export interface RewardHealth {
  runs: number;
  rated: number;
  /** Share of runs without a reward. */
  missingShare: number;
  mean?: number;
  /** Standard deviation of the rewards. */
  spread?: number;
  /** Share of rewards within 0.02 of the top or the bottom of the scale. */
  saturatedShare?: number;
  /**
   * Correlation of the reward with the satisfaction that raters stated, over runs that have both;
   * undefined with fewer than five, or when one of them does not vary.
   */
  satisfactionCorrelation?: number;
  /** Plain words for the status; empty when the reward is fit to learn from. */
  warnings: string[];
}

/** One run's reward, where it has one, and the satisfaction stated for it, where it was. */
export interface RewardedRun {
  reward?: number;
  satisfaction?: number;
}

const LEAST_RATED = 10;

/**
 * Looks at rewards as a learner does: is there variation, enough of it, and does it mean what people say?
 * @example
 * ```ts
 * const { warnings } = rewardHealth([{ reward: 1 }, { reward: 1 }]);
 * warnings.length; // 1
 * ```
 */
export function rewardHealth(runs: readonly RewardedRun[]): RewardHealth {
  checkArgument(runs, "runs", "objects", "REWARD_INVALID");
  const rewards = runs.flatMap((r) => (r.reward === undefined ? [] : [r.reward]));
  const missingShare = runs.length === 0 ? 1 : 1 - rewards.length / runs.length;
  const warnings: string[] = [];
  const base = { runs: runs.length, rated: rewards.length, missingShare, warnings };
  if (rewards.length < LEAST_RATED) {
    warnings.push(`only ${rewards.length} runs have a reward; at least ${LEAST_RATED} are needed to judge it`);
    return base;
  }
  const mean = meanOf(rewards);
  const spread = Math.sqrt(meanOf(rewards.map((r) => (r - mean) ** 2)));
  const top = rewards.filter((r) => r > 0.98).length / rewards.length;
  const bottom = rewards.filter((r) => r < 0.02).length / rewards.length;
  const pairs = runs.flatMap(({ reward, satisfaction }) =>
    reward === undefined || satisfaction === undefined ? [] : [[reward, satisfaction] as const],
  );
  const satisfactionCorrelation = pairs.length < 5 ? undefined : correlation(pairs);
  if (spread < 0.01)
    warnings.push(`rewards hardly vary (standard deviation ${spread.toFixed(3)}): nothing to learn from`);
  else if (Math.max(top, bottom) > 0.95)
    warnings.push(
      `${Math.round(100 * Math.max(top, bottom))} % of the rewards are at one end of the scale: ask for finer judgements`,
    );
  if (missingShare > 0.95)
    warnings.push(`${Math.round(100 * missingShare)} % of the runs have no reward: ask for more feedback`);
  if (satisfactionCorrelation !== undefined && satisfactionCorrelation < 0.2)
    warnings.push(
      `the reward hardly follows the satisfaction that people state (correlation ${satisfactionCorrelation.toFixed(2)}): check the weights`,
    );
  return {
    ...base,
    mean,
    spread,
    saturatedShare: top + bottom,
    ...(satisfactionCorrelation !== undefined && { satisfactionCorrelation }),
  };
}

function correlation(pairs: readonly (readonly [number, number])[]): number | undefined {
  const [a, b] = [meanOf(pairs.map((p) => p[0])), meanOf(pairs.map((p) => p[1]))];
  const products = meanOf(pairs.map(([x, y]) => (x - a) * (y - b)));
  const scale = Math.sqrt(meanOf(pairs.map(([x]) => (x - a) ** 2)) * meanOf(pairs.map(([, y]) => (y - b) ** 2)));
  return scale > 1e-12 ? products / scale : undefined;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
