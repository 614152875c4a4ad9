import { checkArgument } from "../core/arguments.js";
import { LearningError, show } from "../core/index.js";
import { ORCHESTRATOR_ACTIONS, type StepRewardWeights } from "../orchestration/index.js";
import { cartPole } from "./cart-pole.js";
import type { Env, StepInfo } from "./env.js";
import { OrchestratorEnv, type OrchestratorWorld } from "./orchestrator/index.js";
import { cliffWorld, repairWorld, tabularEnv } from "./tabular/index.js";

/** An environment as plain data, so that it can be made in another thread. */
export type EnvironmentSpec =
  | { kind: "orchestrator"; world?: OrchestratorWorld; reward?: Partial<StepRewardWeights> }
  | { kind: "cart-pole" }
  | { kind: "cliff" }
  | { kind: "repair" };

/** What a spec stands for. */
export interface SpecifiedEnvironment {
  make(): Env<unknown, number>;
  /** Names of the actions, in their order. */
  actions: readonly string[];
  /** The action of the environment's rule-based baseline, where it has one. */
  baseline?: (info: StepInfo) => number;
}

/**
 * The environment of a spec; fails with ENV_INVALID for an unknown kind.
 * @example const { make, actions } = specifiedEnvironment({ kind: "orchestrator", world: smallWorld() });
 */
export function specifiedEnvironment(spec: EnvironmentSpec): SpecifiedEnvironment {
  checkArgument(spec, "spec", "object", "ENV_INVALID");
  switch (spec.kind) {
    case "orchestrator":
      return {
        make: () => new OrchestratorEnv({ world: spec.world, reward: spec.reward }),
        actions: ORCHESTRATOR_ACTIONS,
        baseline: (info) => info.baseline as number,
      };
    case "cart-pole":
      return { make: cartPole, actions: ["left", "right"] };
    case "cliff":
      return tabular(cliffWorld());
    case "repair":
      return tabular(repairWorld());
    default:
      throw new LearningError("ENV_INVALID", {
        received: `an environment of kind ${show((spec as { kind?: unknown })?.kind)}`,
        expected: "orchestrator, cart-pole, cliff or repair",
        remedy: "Train on an environment of your own with train() in your own worker.",
      });
  }
}

function tabular(model: ReturnType<typeof cliffWorld>): SpecifiedEnvironment {
  return { make: () => tabularEnv(model), actions: model.actions };
}
