import { z } from "zod";
import { LearningError, parseOptions, show } from "../core/index.js";
import { given, whole } from "../core/option-fields.js";
import { checkBudget, completeRules, completeWeights } from "../orchestration/index.js";
import { checkDqnOptions, checkPpoOptions } from "../training/check-options.js";
import type { OrchestratorTraining } from "./orchestrator-training.js";

const schema = z.object({
  decisionPoint: z.string("a name").min(1, "a name").optional(),
  agents: z.array(z.unknown(), "an array of agents").optional(),
  workflowType: z.string("a name").optional(),
  budget: given,
  rules: given,
  world: given,
  reward: given,
  algorithm: z.looseObject({ kind: z.enum(["ppo", "dqn"], "ppo or dqn") }, "an object with a kind").optional(),
  totalSteps: whole.optional(),
  evaluateEvery: whole.optional(),
  patience: whole.optional(),
  comparisonEpisodes: whole.optional(),
  seed: z.number("a number").optional(),
  signal: given,
  onProgress: z.custom((v) => typeof v === "function", "a function").optional(),
} satisfies Record<keyof OrchestratorTraining, z.ZodType>);

/**
 * Refuses settings before a training of minutes begins with them.
 * @throws TRAINING_INVALID on settings that cannot be, CONFIG_UNKNOWN_KEY on ones that do not exist
 */
export function checkOrchestratorTraining(options: OrchestratorTraining): void {
  parseOptions(schema, options, "options of trainOrchestrator", "TRAINING_INVALID");
  const { agents, world, budget, rules, reward, algorithm } = options;
  if ((agents === undefined) === (world === undefined))
    throw new LearningError("TRAINING_INVALID", {
      received: `agents ${show(agents?.map((a) => a.name))} and ${world ? "a world" : "no world"}`,
      expected: "one of them",
      remedy: "Pass the Sentinel's agents to learn from its traces, or a world of your own.",
    });
  checkBudget(budget ?? {}, "TRAINING_INVALID");
  completeRules(rules ?? {}, "TRAINING_INVALID");
  completeWeights(reward ?? {}, "TRAINING_INVALID");
  if (algorithm?.kind === "ppo") checkPpoOptions(withoutKind(algorithm));
  if (algorithm?.kind === "dqn") checkDqnOptions(withoutKind(algorithm));
}

function withoutKind<T extends { kind: string }>({ kind: _kind, ...options }: T): Omit<T, "kind"> {
  return options;
}
