import { z } from "zod";
import { type LearningErrorCode, parseOptions } from "../core/index.js";
import * as field from "../core/option-fields.js";
import { DEFAULT_REWARD, type StepRewardWeights } from "./reward.js";
import { type Budget, DEFAULT_RULES, type OrchestrationRules } from "./types.js";

const [share, amount] = [field.share.optional(), field.amount.optional()];
const [scale, whole] = [field.above.optional(), field.whole.optional()];

const budgetSchema = z.object({
  steps: whole,
  timeMs: amount,
  tokens: amount,
  costUsd: amount,
} satisfies Record<keyof Budget, z.ZodType>);

const rulesSchema = z.object({
  parallelism: whole,
  maxAttempts: whole,
  scanWidth: whole,
  inspiration: z.boolean("true or false").optional(),
  insightUses: whole,
  insightLifetimeSteps: whole,
  maxInspirations: amount,
  loadWindowMs: amount,
  priorRuns: amount,
  retireBelow: share,
} satisfies Record<keyof OrchestrationRules, z.ZodType>);

const weightsSchema = z.object({
  completion: amount,
  satisfaction: amount,
  time: amount,
  tokens: amount,
  cost: amount,
  failure: amount,
  shaping: amount,
  discount: share,
  timeScaleMs: scale,
  tokenScale: scale,
  costScaleUsd: scale,
} satisfies Record<keyof StepRewardWeights, z.ZodType>);

/** Fails with `code` on limits that cannot be, with CONFIG_UNKNOWN_KEY on ones that do not exist. */
export function checkBudget(budget: Partial<Budget>, code: LearningErrorCode): void {
  parseOptions(budgetSchema, budget, "budget of the Sentinel", code);
}

/** The rules with their defaults; fails as {@link checkBudget} does. */
export function completeRules(rules: Partial<OrchestrationRules>, code: LearningErrorCode): OrchestrationRules {
  return { ...DEFAULT_RULES, ...given(parseOptions(rulesSchema, rules, "rules of the Sentinel", code)) };
}

/** The weights of the step reward with their defaults; fails as {@link checkBudget} does. */
export function completeWeights(weights: Partial<StepRewardWeights>, code: LearningErrorCode): StepRewardWeights {
  return { ...DEFAULT_REWARD, ...given(parseOptions(weightsSchema, weights, "weights of the step reward", code)) };
}

/** Without what is undefined, which would otherwise hide the default. */
function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}
