import type { OrchestrationState } from "./types.js";

/** Weights of the step reward; all are at least 0. */
export interface StepRewardWeights {
  /** Per accepted task, times its priority and quality. Default 1. */
  completion: number;
  /** Times the satisfaction (0-1) at the end. Default 3. */
  satisfaction: number;
  /** For using up the whole time budget (`timeScaleMs` without one, or one of 0). Default 0.5. */
  time: number;
  /** For using up the whole token budget (`tokenScale` without one, or one of 0). Default 0.5. */
  tokens: number;
  /** For using up the whole money budget (`costScaleUsd` without one, or one of 0). Default 0.5. */
  cost: number;
  /** Per failed run of an agent. Default 0.1. */
  failure: number;
  /** Weight of the shaping potential, see `potential`. Default 0: no shaping. */
  shaping: number;
  /** Discount used by the shaping term; the learner's own. Default 0.99. */
  discount: number;
  timeScaleMs: number;
  tokenScale: number;
  costScaleUsd: number;
}

/** The defaults of {@link StepRewardWeights}. */
export const DEFAULT_REWARD: StepRewardWeights = {
  completion: 1,
  satisfaction: 3,
  time: 0.5,
  tokens: 0.5,
  cost: 0.5,
  failure: 0.1,
  shaping: 0,
  discount: 0.99,
  timeScaleMs: 600_000,
  tokenScale: 100_000,
  costScaleUsd: 1,
};

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
  satisfaction: number | undefined = after.report?.satisfaction,
): number {
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
