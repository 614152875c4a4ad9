import { checkArgument } from "../core/arguments.js";
import { DEFAULT_REWARD, type StepRewardWeights } from "./settings.js";
import type { OrchestrationState } from "./types.js";

/** What is read of a state. */
const STATE = { tasks: "list", responses: "list", spent: "object", budget: "object" } as const;

/**
 * The reward of one step, from the states on its two sides:
 * completion x sum(priority x quality of newly accepted tasks) + satisfaction x (satisfaction, on the
 * last step) - time x dt/T - tokens x dk/K - cost x dc/C - failure x (failed runs)
 * + shaping x (discount x potential(after) - potential(before)).
 * Illegal actions do not occur: they are masked, not punished.
 * @param satisfaction real or predicted by a reward model, in [0,1]; default the report's own
 * @example const reward = stepReward(before, after);
 */
export function stepReward(
  before: OrchestrationState,
  after: OrchestrationState,
  weights: StepRewardWeights = DEFAULT_REWARD,
  satisfaction: number | undefined = after?.report?.satisfaction,
): number {
  checkArgument(before, "before", STATE, "SENTINEL_INVALID");
  checkArgument(after, "after", STATE, "SENTINEL_INVALID");
  checkArgument(weights, "weights", "object", "SENTINEL_INVALID");
  const w = weights;
  const { budget } = after;
  let reward = 0;
  for (let i = 0; i < after.tasks.length; i++) {
    const task = after.tasks[i];
    if (task.status === "accepted" && before.tasks[i]?.status !== "accepted")
      reward += w.completion * task.priority * (task.quality ?? 0);
  }
  for (let i = before.responses.length; i < after.responses.length; i++)
    if (!after.responses[i]?.ok) reward -= w.failure;
  // A budget of 0 grants nothing to weigh by: the scale stands in for it.
  reward -= (w.time * (after.spent.timeMs - before.spent.timeMs)) / (budget.timeMs || w.timeScaleMs);
  reward -= (w.tokens * (after.spent.tokens - before.spent.tokens)) / (budget.tokens || w.tokenScale);
  reward -= (w.cost * (after.spent.costUsd - before.spent.costUsd)) / (budget.costUsd || w.costScaleUsd);
  if (after.report && !before.report) reward += w.satisfaction * (satisfaction ?? 0);
  if (w.shaping !== 0) reward += w.shaping * (w.discount * potential(after) - potential(before));
  return reward;
}

/**
 * Value of results that wait to be merged: sum of priority x quality; 0 once the run has ended.
 * As a potential it cannot change which policy is best (Ng, Harada and Russell, 1999).
 */
export function potential(state: OrchestrationState): number {
  if (state.report) return 0;
  let sum = 0;
  for (const t of state.tasks) if (t.status === "produced") sum += t.priority * (t.quality ?? 0);
  return sum;
}
