import { checkArgument } from "../../core/arguments.js";
/** Of the exploration budget, the part that stays uniform, so that further challengers can be learned. */
export const UNIFORM_PART = 0.2;
/** More than half to the challenger would only weaken what is known of the rest. */
const MOST_TO_CHALLENGER = 0.5;

/** How the exploration budget is divided while a version is on trial. */
export interface TrialShares {
  /** Probability of following the challenger's distribution. */
  share: number;
  /** Probability of a uniform draw. */
  uniform: number;
}

/**
 * Divides the budget: a fifth stays uniform, the rest goes to the challenger's own choices. Those leave
 * what serves on the contested decisions only, so `share = min(.5, .8 exploration / contested)`.
 * @param exploration share of all decisions that may leave what serves, in [0,1]
 * @param contested share of decisions on which challenger and serving differ (their mean total
 * variation), in [0,1], estimated from earlier decisions only
 * @example
 * ```ts
 * const { share, uniform } = trialShares(0.1, 0.4);
 * share; // 0.2
 * ```
 */
export function trialShares(exploration: number, contested: number): TrialShares {
  checkArgument(exploration, "exploration", "number", "POLICY_INVALID");
  checkArgument(contested, "contested", "number", "POLICY_INVALID");
  const budget = (1 - UNIFORM_PART) * exploration;
  return {
    share: exploration > 0 ? Math.min(MOST_TO_CHALLENGER, budget / Math.max(contested, budget)) : 0,
    uniform: UNIFORM_PART * exploration,
  };
}
