import { z } from "zod";
import { type LearningErrorCode, parseOptions } from "../core/index.js";
import { above, amount, share, whole } from "../core/option-fields.js";

const budgetSchema = z.strictObject({
  /** Orchestrator steps (actions), default 60. */
  steps: whole.default(60),
  timeMs: amount.optional(),
  tokens: amount.optional(),
  costUsd: amount.optional(),
});
/**
 * Limits of a run. An absent limit is no limit, except `steps`, which always has one. They are looked at
 * between steps: what was sent out before one was reached is waited for and paid.
 */
export type Budget = z.output<typeof budgetSchema>;

const rulesSchema = z.strictObject({
  /** Most agents running at the same time, default 3. */
  parallelism: whole.default(3),
  /** Tries per task before it is abandoned, default 3. */
  maxAttempts: whole.default(3),
  /** Territories looked at per scan, default 1. */
  scanWidth: whole.default(1),
  /** Whether there is an inspiration source. */
  inspiration: z.boolean("true or false").default(true),
  /** How many dispatches one insight serves, default 3. */
  insightUses: whole.default(3),
  /** Steps after which an insight is stale, default 6. */
  insightLifetimeSteps: whole.default(6),
  /** Most inspiration requests in a run, default 5. */
  maxInspirations: amount.default(5),
  /** Time constant of the load average in ms; 0 keeps only the last step. Default 60,000. */
  loadWindowMs: amount.default(60_000),
  /** Runs' worth of trust in an agent's declaration before measurements outweigh it, default 2. */
  priorRuns: amount.default(2),
  /** Measured reliability below which an agent is retired when another can do its work, default 0.5. */
  retireBelow: share.default(0.5),
});
/** Fixed settings of the transition logic, the same in graph and simulator. */
export type OrchestrationRules = z.output<typeof rulesSchema>;

const weightsSchema = z.strictObject({
  /** Per accepted task, times its priority and quality. Default 1. */
  completion: amount.default(1),
  /** Times the satisfaction (0-1) at the end. Default 3. */
  satisfaction: amount.default(3),
  /** For using up the whole time budget (`timeScaleMs` without one, or one of 0). Default 0.5. */
  time: amount.default(0.5),
  /** For using up the whole token budget (`tokenScale` without one, or one of 0). Default 0.5. */
  tokens: amount.default(0.5),
  /** For using up the whole money budget (`costScaleUsd` without one, or one of 0). Default 0.5. */
  cost: amount.default(0.5),
  /** Per failed run of an agent. Default 0.1. */
  failure: amount.default(0.1),
  /** Weight of the shaping potential, see `potential`. Default 0: no shaping. */
  shaping: amount.default(0),
  /** Discount used by the shaping term; the learner's own. Default 0.99. */
  discount: share.default(0.99),
  /** Default 600,000. */
  timeScaleMs: above.default(600_000),
  /** Default 100,000. */
  tokenScale: above.default(100_000),
  /** Default 1. */
  costScaleUsd: above.default(1),
});
/** Weights of the step reward; all are at least 0. */
export type StepRewardWeights = z.output<typeof weightsSchema>;

/** The defaults of {@link Budget}. */
export const DEFAULT_BUDGET: Budget = budgetSchema.parse({});
/** The defaults of {@link OrchestrationRules}. */
export const DEFAULT_RULES: OrchestrationRules = rulesSchema.parse({});
/** The defaults of {@link StepRewardWeights}. */
export const DEFAULT_REWARD: StepRewardWeights = weightsSchema.parse({});

/** The limits with their defaults; fails with `code` on ones that cannot be, with CONFIG_UNKNOWN_KEY on ones that do not exist. */
export function completeBudget(budget: Partial<Budget>, code: LearningErrorCode): Budget {
  return parseOptions(budgetSchema, budget, "budget of the Sentinel", code);
}

/** The rules with their defaults; fails as {@link completeBudget} does. */
export function completeRules(rules: Partial<OrchestrationRules>, code: LearningErrorCode): OrchestrationRules {
  return parseOptions(rulesSchema, rules, "rules of the Sentinel", code);
}

/** The weights of the step reward with their defaults; fails as {@link completeBudget} does. */
export function completeWeights(weights: Partial<StepRewardWeights>, code: LearningErrorCode): StepRewardWeights {
  return parseOptions(weightsSchema, weights, "weights of the step reward", code);
}
