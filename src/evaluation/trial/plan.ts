import { checkArgument } from "../../core/arguments.js";
import { refuseUnknownKeys } from "../../core/index.js";
import { trialShares } from "../../policies/index.js";
import { DEFAULT_RISK } from "../defaults.js";
import { checkRisk, invalidOption } from "../estimate.js";
import { betsOf, crossed } from "./forecast.js";
import { stepsUntil } from "./passage.js";
import { provenFrom } from "./stakes.js";
import { scaleOf } from "./wealth.js";

/** What {@link planTrial} is asked. */
export interface TrialPlanRequest {
  /** Share of all decisions that may leave what serves, in (0,1]. */
  exploration: number;
  /** Rated decisions a day. */
  traffic: number;
  /** The gain in mean reward that is to be found, above the minimum effect. */
  effect: number;
  /** Share of decisions on which a challenger will differ (default 0.7). */
  contested?: number;
  /** Variance of the reward (default 0.24, of a success in six of ten). */
  variance?: number;
  /** Risk of a wrong promotion until one is proven, and the share of it for this version (defaults 0.05 and 0.7). */
  riskLevel?: number;
  stake?: number;
}

/** What a trial will take. */
export interface Plan {
  /** Rated decisions until proof: in half of all cases, and in four of five; Infinity beyond 1e9. */
  decisions: { median: number; likely: number };
  days: { median: number; likely: number };
  /** Of the likely number, those that leave what serves for the challenger. */
  taken: number;
  /** Share of contested decisions that go to the challenger. */
  share: number;
}

const KEYS = ["exploration", "traffic", "effect", "contested", "variance", "riskLevel", "stake"] as const;

/**
 * What it will take to prove a gain, before anything is started.
 * @throws LearningError EVALUATION_INVALID on values out of range
 * @example
 * ```ts
 * const { days, share } = planTrial({ exploration: 0.1, traffic: 500, effect: 0.05 });
 * console.log(`${days.median} days in half of all cases, ${days.likely} in four of five`);
 * ```
 */
export function planTrial(request: TrialPlanRequest): Plan {
  checkArgument(
    request,
    "request",
    { exploration: "number", traffic: "number", effect: "number" },
    "EVALUATION_INVALID",
  );
  refuseUnknownKeys(request, KEYS, "the request of a plan");
  const {
    exploration,
    traffic,
    effect,
    contested = 0.7,
    variance = 0.24,
    riskLevel = DEFAULT_RISK,
    stake = 0.7,
  } = request;
  if (!(exploration > 0 && exploration <= 1))
    throw invalidOption("exploration", exploration, "a share in (0,1]: with 0 nothing about other ways can be learned");
  if (!(traffic > 0 && traffic < Number.POSITIVE_INFINITY))
    throw invalidOption("traffic", traffic, "rated decisions a day, a finite number above 0");
  if (!(effect > 0 && effect < 1)) throw invalidOption("effect", effect, "a gain in (0,1)");
  if (!(contested > 0 && contested <= 1)) throw invalidOption("contested", contested, "a share in (0,1]");
  // Where both choose alike nothing is gained, and elsewhere no more than 1.
  if (effect > contested) throw invalidOption("effect", effect, `a gain of at most the contested share, ${contested}`);
  if (!(variance > 0 && variance <= 0.25))
    throw invalidOption("variance", variance, "a number in (0,0.25], since rewards lie in [0,1]");
  checkRisk(riskLevel);
  if (!(stake > 0 && stake <= 1)) throw invalidOption("stake", stake, "a share in (0,1]");
  const { share } = trialShares(exploration, contested);
  const second = variance * contested * scaleOf(share);
  const bets = betsOf({ contested, mostWeight: 1, minimumEffect: 0 }, provenFrom(riskLevel, stake), share);
  const until = (level: number) => Math.ceil(stepsUntil(level, (n) => crossed(effect, second, bets, n)));
  const decisions = { median: until(0.5), likely: until(0.8) };
  return {
    decisions,
    days: { median: decisions.median / traffic, likely: decisions.likely / traffic },
    taken: Math.ceil(decisions.likely * share * contested),
    share,
  };
}
