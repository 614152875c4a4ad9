import { LearningError } from "../core/index.js";
import type { Discrete } from "../environments/index.js";
import type { DiscreteEnv } from "./learner.js";

/** How many actions an environment has; fails with TRAINING_INVALID where they are not numbered. */
export function actionsOf(env: DiscreteEnv): number {
  if (env.actionSpace.kind !== "discrete")
    throw new LearningError("TRAINING_INVALID", {
      received: `the action space ${env.actionSpace.describe()}`,
      expected: "a Discrete one",
      remedy: "Number the actions.",
    });
  return (env.actionSpace as unknown as Discrete).n;
}
