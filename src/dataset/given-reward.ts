import { LearningError, show } from "../core/index.js";

/**
 * What a user's own function says a run earned: NaN (nothing to divide by) and null count as unrated.
 * @throws CONFIG_INVALID for a reward outside [0,1], for which no interval or error probability would hold
 */
export function givenReward(reward: number | undefined, workflowId: string): number | undefined {
  if (typeof reward !== "number" || Number.isNaN(reward)) return undefined;
  if (reward >= 0 && reward <= 1) return reward;
  throw new LearningError("CONFIG_INVALID", {
    received: `reward ${show(reward)} for the run ${show(workflowId)}`,
    expected: "a number in [0,1], or undefined while the run is unrated",
    remedy: "Scale what the option `reward` returns.",
  });
}
