import { z } from "zod";
import { LearningError, parseOptions, show } from "../core/index.js";
import { whole } from "../core/option-fields.js";
import { type OrchestratorWorld, worldStart } from "../environments/index.js";
import {
  type AgentDeclaration,
  type Budget,
  completeBudget,
  completeRules,
  completeWeights,
  type OrchestrationRules,
  type StepRewardWeights,
} from "../orchestration/index.js";
import { dqnSettings } from "../training/dqn-options.js";
import { ppoSettings } from "../training/ppo-options.js";
import type { TrainRlInput } from "../worker/jobs/train-rl.js";

/** PPO's settings for worlds like the standard one. */
const SENTINEL_PPO: TrainRlInput["algorithm"] = {
  kind: "ppo",
  gamma: 0.99,
  lambda: 0.95,
  entropyWeight: 0.005,
  rolloutSteps: 64,
  epochs: 10,
};
const algorithm = z.looseObject({ kind: z.enum(["ppo", "dqn"], "ppo or dqn") }, "an object with a kind");

/** How to train a policy for a Sentinel in simulation. */
const orchestratorTrainingSchema = z.strictObject({
  /** The Sentinel's decision point (default `sentinel`). */
  decisionPoint: z.string("a name").min(1, "a name").default("sentinel"),
  /**
   * The Sentinel's agents: the simulator is then made from the traces captured so far (see `fitSimulator`),
   * the oldest `gate.trainShare` of them; the later runs are left to judge what was learned.
   */
  agents: z.array(z.custom<AgentDeclaration>(), "an array of agents").readonly().optional(),
  /** With `agents`: only traces of this workflow type (default: all with a run of these agents). */
  workflowType: z.string("a name").optional(),
  /** With `agents`: the Sentinel's own budget and rules; `inspiration: false` where it has no source of that. */
  budget: z.custom<Partial<Budget>>().optional(),
  rules: z.custom<Partial<OrchestrationRules>>().optional(),
  /** A simulated world of your own, instead of `agents`. */
  world: z.custom<OrchestratorWorld>().optional(),
  /** Weights of the step reward that is learned for. */
  reward: z.custom<Partial<StepRewardWeights>>().optional(),
  /** Default: PPO with the settings that the Sentinel's benchmark reports. */
  algorithm: (algorithm as unknown as z.ZodType<TrainRlInput["algorithm"], TrainRlInput["algorithm"]>).default(
    SENTINEL_PPO,
  ),
  /** Simulated steps (default 80,000). */
  totalSteps: whole.default(80_000),
  /** Steps between evaluations (default a quarter of all). */
  evaluateEvery: whole.optional(),
  /** Stop after so many evaluations without a better one (default: never). */
  patience: whole.optional(),
  /** Episodes on which it is compared with the baseline, chance and what serves (default 100). */
  comparisonEpisodes: whole.optional(),
  /** Default: the loop's. */
  seed: z.number("a number").optional(),
  /**
   * Stops the training: what it came to by then is given back (`stopped: "cancelled"`) and not published.
   * Where training had not begun yet there is nothing to give back: WORKER_FAILED.
   */
  signal: z.custom<AbortSignal>().optional(),
  /** Share done in [0,1]. */
  onProgress: z.custom<(share: number) => void>((v) => typeof v === "function", "a function").optional(),
});
/** How to train a policy for a Sentinel in simulation. */
export type OrchestratorTraining = z.input<typeof orchestratorTrainingSchema>;
/** The same with its defaults filled in. */
export type OrchestratorTrainingSettings = z.output<typeof orchestratorTrainingSchema>;

/**
 * The options, checked and completed before a training of minutes begins with them.
 * @throws TRAINING_INVALID on settings that cannot be, ENV_INVALID on a world that cannot be simulated, CONFIG_UNKNOWN_KEY on ones that do not exist
 */
export function orchestratorTrainingSettings(options: OrchestratorTraining): OrchestratorTrainingSettings {
  const settings = parseOptions(
    orchestratorTrainingSchema,
    options,
    "options of trainOrchestrator",
    "TRAINING_INVALID",
  );
  const { agents, world, budget = {}, rules = {}, reward = {} } = settings;
  if ((agents === undefined) === (world === undefined))
    throw new LearningError("TRAINING_INVALID", {
      received: `agents ${show(agents?.map((a) => a.name))} and ${world ? "a world" : "no world"}`,
      expected: "one of them",
      remedy: "Pass the Sentinel's agents to learn from its traces, or a world of your own.",
    });
  if (world) worldStart(world);
  completeBudget(budget, "TRAINING_INVALID");
  completeRules(rules, "TRAINING_INVALID");
  completeWeights(reward, "TRAINING_INVALID");
  const { kind, ...learner } = settings.algorithm;
  if (kind === "ppo") ppoSettings(learner);
  else dqnSettings(learner);
  return settings;
}
