import { checkArgument } from "../core/arguments.js";
import { refuseUnknownKeys } from "../core/index.js";
import { invalidOption } from "./estimate.js";
import { openSpending, parseSpending, riskShare, type SpendingState, spend } from "./spending.js";

/** What {@link decideContinuation} is asked. */
export interface ContinuationRequest {
  /** Proven lower bound of the anchor's gain over the fallback; the anchor is the version the gate let pass. */
  anchorLowerBound: number;
  /**
   * Per run of late, how far the continuation's distribution is from the anchor's: total variation, half
   * the sum of absolute differences, added up over the run's decisions and at most 1.
   */
  distances: readonly number[];
  /** Names the continuation. */
  challenger: string;
  /** The bound that must remain over the fallback; default 0. */
  minimumEffect?: number;
  /** The account of the continuations of this decision point, apart from that of its promotions. */
  spending?: SpendingState;
  /** Lifetime risk of the account when `spending` is omitted; default 0.05. */
  riskLevel?: number;
}

const KEYS: readonly (keyof ContinuationRequest)[] = [
  "anchorLowerBound",
  "distances",
  "challenger",
  "minimumEffect",
  "spending",
  "riskLevel",
];

/** What {@link decideContinuation} answers. Plain JSON. */
export interface ContinuationVerdict {
  action: "admit" | "keep";
  /** One sentence with the numbers. */
  reason: string;
  /** Mean distance, and its upper bound at this judgement's risk. */
  distance: number;
  distanceUpperBound: number;
  /** What remains of the proven gain over the fallback if every differing run earned nothing. */
  lowerBound: number;
  risk: number;
  spending: SpendingState;
}

/**
 * Whether a champion may go on learning as itself: the same learner and encoder, continued by newer
 * rows. Such a continuation can hardly ever be proven BETTER from logs that explore little, but it
 * can be proven HARMLESS without any reward: rewards lie in [0,1], so a policy that differs from
 * another by total variation d per run on average earns at most d less (Kakade & Langford 2002, Lemma 6.1's
 * simplest case). It is admitted while
 *
 *   proven gain of the anchor over the fallback - upper bound of its distance from the anchor
 *
 * stays above the minimum effect. The distance is always taken from the anchor, not from the last
 * continuation, so that steps do not add up unseen. The upper bound is Maurer & Pontil's (2009)
 * empirical Bernstein bound at this judgement's share of the account. What it does not promise: that
 * continuations improve, or that the anchor's proof outlives a change of the world; the monitor
 * watches for those.
 * @throws LearningError EVALUATION_INVALID on unusable options, distances or spending state
 * @example
 * ```ts
 * const { action, reason } = decideContinuation({
 *   challenger: "v4",
 *   anchorLowerBound: 0.06,
 *   distances: [0, 0.01, 0, 0.02],
 * });
 * ```
 */
export function decideContinuation(request: ContinuationRequest): ContinuationVerdict {
  checkArgument(
    request,
    "request",
    { anchorLowerBound: "number", distances: "numbers", challenger: "text" },
    "EVALUATION_INVALID",
  );
  refuseUnknownKeys(request, KEYS, "the request of decideContinuation");
  const { anchorLowerBound, distances, challenger, minimumEffect = 0 } = request;
  if (!(anchorLowerBound >= -1 && anchorLowerBound <= 1))
    throw invalidOption("anchorLowerBound", anchorLowerBound, "a gain in [-1,1]");
  if (!(minimumEffect > -1 && minimumEffect < 1)) throw invalidOption("minimumEffect", minimumEffect, "in (-1,1)");
  const odd = distances.find((d) => !(d >= 0 && d <= 1 + 1e-9));
  if (odd !== undefined) throw invalidOption("distances", odd, "numbers in [0,1]");
  const account = request.spending ? parseSpending(request.spending) : openSpending(request.riskLevel);
  const risk = riskShare(account.riskLevel, account.judgements + 1);
  const n = distances.length;
  const distance = n ? distances.reduce((s, d) => s + d, 0) / n : 1;
  const distanceUpperBound = n < 2 ? 1 : Math.min(1, distance + bernsteinRadius(distances, distance, risk));
  const lowerBound = anchorLowerBound - distanceUpperBound;
  const admit = lowerBound > minimumEffect;
  return {
    action: admit ? "admit" : "keep",
    reason: `differs from the proven version on ${(100 * distance).toFixed(1)} % of ${n} runs (at most ${(100 * distanceUpperBound).toFixed(1)} %); of the proven gain over the fallback, ${anchorLowerBound.toFixed(3)}, at least ${lowerBound.toFixed(3)} remains`,
    distance,
    distanceUpperBound,
    lowerBound,
    risk,
    spending: spend(account, challenger, n),
  };
}

function bernsteinRadius(values: readonly number[], mean: number, risk: number): number {
  const n = values.length;
  const variance = values.reduce((s, v) => s + (v - mean) ** 2, 0) / (n - 1);
  const log = Math.log(2 / risk);
  return Math.sqrt((2 * variance * log) / n) + (7 * log) / (3 * (n - 1));
}
