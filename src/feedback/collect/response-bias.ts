import { checkArgument } from "../../core/arguments.js";
import { LearningError, show } from "../../core/index.js";
import { studentQuantile } from "../../math/student.js";
import type { ConsideredRun, FeedbackRequest } from "../ask/request-types.js";

/** How many of a group's requests were answered. */
export interface ResponseRate {
  asked: number;
  answered: number;
  /** Of those that were answered or lapsed; absent while all are pending. */
  rate?: number;
}

/** Who answers, compared with who was asked. */
export interface ResponseStatistics {
  /** Runs that draws were made for (the last 200), and the mean probability with which they were asked about. */
  considered: number;
  meanAskProbability?: number;
  asked: number;
  answered: number;
  /** Lapsed without an answer. */
  expired: number;
  pending: number;
  /** Of the requests that were answered or lapsed. */
  rate?: number;
  byWorkflowType: Record<string, ResponseRate>;
  byUser: Record<string, ResponseRate>;
  /**
   * Mean expected reward (before asking) of the answered minus that of the lapsed requests, with its
   * 95 % interval: above zero, the satisfied answer more often.
   */
  bias?: { difference: number; lower: number; upper: number };
}

/**
 * Response rate and bias of requests.
 * @example const { rate, answered, asked } = responseStatistics(requests);
 */
export function responseStatistics(
  requests: readonly FeedbackRequest[],
  considered: readonly ConsideredRun[] = [],
): ResponseStatistics {
  checkArgument(requests, "requests", "objects", "FEEDBACK_INVALID");
  checkArgument(considered, "considered", "objects", "FEEDBACK_INVALID");
  const of = (status: FeedbackRequest["status"]) => requests.filter((r) => r.status === status);
  const [answered, expired, pending] = [of("answered"), of("expired"), of("pending")];
  const expectations = (list: readonly FeedbackRequest[]) =>
    list.flatMap((r) => (r.expectedReward === undefined ? [] : [r.expectedReward]));
  const [a, b] = [moments(expectations(answered)), moments(expectations(expired))];
  const difference = a.mean - b.mean;
  // Degrees of freedom of the smaller group: Welch's has at least as many.
  const half =
    studentQuantile(0.975, Math.min(a.count, b.count) - 1) * Math.sqrt(a.variance / a.count + b.variance / b.count);
  const closed = answered.length + expired.length;
  return {
    considered: considered.length,
    ...(considered.length > 0 && {
      meanAskProbability: considered.reduce((a, c) => a + c.probability, 0) / considered.length,
    }),
    asked: requests.length,
    answered: answered.length,
    expired: expired.length,
    pending: pending.length,
    ...(closed > 0 && { rate: answered.length / closed }),
    byWorkflowType: ratesBy(requests, (r) => r.workflowType ?? ""),
    byUser: ratesBy(requests, (r) => r.userId),
    ...(a.count > 1 && b.count > 1 && { bias: { difference, lower: difference - half, upper: difference + half } }),
  };
}

function ratesBy(
  requests: readonly FeedbackRequest[],
  groupOf: (r: FeedbackRequest) => string,
): Record<string, ResponseRate> {
  const groups = new Map<string, { asked: number; answered: number; closed: number }>();
  for (const r of requests) {
    const g = groups.get(groupOf(r)) ?? { asked: 0, answered: 0, closed: 0 };
    g.asked++;
    if (r.status === "answered") g.answered++;
    if (r.status !== "pending") g.closed++;
    groups.set(groupOf(r), g);
  }
  return Object.fromEntries(
    [...groups].map(([name, { asked, answered, closed }]) => [
      name,
      { asked, answered, ...(closed > 0 && { rate: answered / closed }) },
    ]),
  );
}

function moments(values: readonly number[]): { count: number; mean: number; variance: number } {
  const count = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / count;
  return { count, mean, variance: values.reduce((a, v) => a + (v - mean) ** 2, 0) / (count - 1) };
}

/** The mean over all runs, had raters answered as assumed. */
export interface SensitivityPoint {
  /**
   * How many times likelier, in odds, a run of reward 1 is rated than a run of reward 0. 1: raters
   * answer regardless of the reward.
   */
  oddsRatio: number;
  /** Mean reward over rated and unrated runs together. */
  mean: number;
}

/**
 * How the mean reward moves when raters answer because of the reward itself. No data can tell how
 * strongly they do, so each assumed odds ratio gives its own answer: the unrated runs then are the
 * rated ones tilted by `oddsRatio ** -reward` (exponential tilting; Rotnitzky, Robins and
 * Scharfstein, 1998).
 * @param rated rewards of rated runs, [0,1]
 * @param ratedShare share of all runs that is rated, (0,1]
 * @returns NaN means for an empty `rated`
 * @throws FEEDBACK_INVALID for a reward, a share or an odds ratio that is none
 * @example for (const { oddsRatio, mean } of selectionSensitivity([1, 1, 0.5], 0.2)) console.log(oddsRatio, mean);
 */
export function selectionSensitivity(
  rated: readonly number[],
  ratedShare: number,
  oddsRatios: readonly number[] = [0.25, 0.5, 1, 2, 4],
): SensitivityPoint[] {
  checkArgument(rated, "rated", "numbers", "FEEDBACK_INVALID");
  checkArgument(ratedShare, "ratedShare", "number", "FEEDBACK_INVALID");
  checkArgument(oddsRatios, "oddsRatios", "numbers", "FEEDBACK_INVALID");
  const wrong = (received: string, expected: string) =>
    new LearningError("FEEDBACK_INVALID", { received, expected, remedy: "Pass shares and rewards, not percentages." });
  const reward = rated.find((r) => !(r >= 0 && r <= 1));
  if (reward !== undefined) throw wrong(`a reward of ${show(reward)}`, "rewards in [0,1]");
  if (!(ratedShare > 0 && ratedShare <= 1)) throw wrong(`a rated share of ${show(ratedShare)}`, "a share in (0,1]");
  const odds = oddsRatios.find((o) => !(o > 0 && Number.isFinite(o)));
  if (odds !== undefined) throw wrong(`an odds ratio of ${show(odds)}`, "finite numbers above 0");
  const observed = rated.reduce((a, b) => a + b, 0) / rated.length;
  return oddsRatios.map((oddsRatio) => {
    let weights = 0;
    let sum = 0;
    for (const r of rated) {
      const weight = oddsRatio ** -r;
      weights += weight;
      sum += weight * r;
    }
    return { oddsRatio, mean: ratedShare * observed + (1 - ratedShare) * (sum / weights) };
  });
}
