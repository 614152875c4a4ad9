import { checkArgument } from "../core/arguments.js";
import { LearningError, show } from "../core/index.js";
import { isObject } from "../core/is-object.js";
import type { Env, StepInfo } from "../environments/index.js";

/** What every environment has. */
const ENV = { observationSpace: "object", actionSpace: "object", reset: "function", step: "function" } as const;

/** Environments that are checked already. */
const known = new WeakSet<object>();

/**
 * The same environment, whose returns, observations, rewards and masks are checked as they come: one number that is
 * none would spoil every weight, and be noticed only in what the network answers at the end.
 * Its `reset` and `step` fail with TRAINING_INVALID, which names the episode and the step.
 */
export function checkedEnv<Obs>(env: Env<Obs, number>): Env<Obs, number> {
  checkArgument(env, "an environment", ENV, "TRAINING_INVALID");
  if (known.has(env)) return env;
  const { observationSpace, actionSpace } = env;
  const actions = "n" in actionSpace && typeof actionSpace.n === "number" ? actionSpace.n : undefined;
  let [episode, step] = [0, 0];
  const place = () => `step ${step} of episode ${episode} in ${env.id}`;
  const check = (observation: Obs, { actionMask }: StepInfo, over: boolean) => {
    const seen = observationSpace.flatten(observation);
    if (seen.length !== observationSpace.flatDim)
      throw refused(
        `${seen.length} numbers for the observation of ${place()}`,
        `${observationSpace.flatDim}, as its space says`,
        "Return what the observation space describes.",
      );
    const bad = seen.findIndex((x) => !Number.isFinite(x));
    if (bad >= 0)
      throw refused(
        `${show(seen[bad])} at position ${bad} of the observation of ${place()}`,
        "finite numbers",
        "Mend the environment's observation, for instance a division by zero.",
      );
    if (!actionMask) return;
    if (!Array.isArray(actionMask) && !ArrayBuffer.isView(actionMask))
      throw refused(
        `the mask ${show(actionMask)} at ${place()}`,
        "a list",
        "Return one entry for each action, or no mask.",
      );
    if (actions !== undefined && actionMask.length !== actions)
      throw refused(
        `a mask of ${actionMask.length} for ${actions} actions at ${place()}`,
        "one entry for each action",
        "Return a mask as long as the action space, or none.",
      );
    if (!over && !actionMask.some(Boolean))
      throw refused(
        `a mask that allows no action at ${place()}`,
        "at least one legal action while the episode goes on",
        "End the episode where nothing is left to do.",
      );
  };
  const made: Env<Obs, number> = {
    id: env.id,
    observationSpace,
    actionSpace,
    reset(options) {
      episode++;
      step = 0;
      const started = returned(env.reset(options), `what reset() gave for ${place()}`);
      check(started.observation, started.info, false);
      return started;
    },
    step(action) {
      step++;
      const taken = returned(env.step(action), `what step() gave for ${place()}`);
      for (const end of ["terminated", "truncated"] as const)
        if (typeof taken[end] !== "boolean")
          throw refused(
            `${end} = ${show(taken[end])} at ${place()}`,
            "true or false",
            "Say in two booleans whether the episode ended, and how.",
          );
      if (!Number.isFinite(taken.reward))
        throw refused(`a reward of ${show(taken.reward)} at ${place()}`, "a finite number", "Mend the reward.");
      check(taken.observation, taken.info, taken.terminated || taken.truncated);
      return taken;
    },
    close: () => env.close?.(),
  };
  known.add(made);
  return made;
}

/** What an environment returned, when it can be read. */
function returned<R extends { info: StepInfo }>(result: R | undefined, what: string): R {
  if (isObject(result) && isObject(result.info)) return result;
  throw refused(
    `${show(result)} as ${what}`,
    "an object with an observation and an info that is one as well",
    "Return that object, and no promise of it: environments are synchronous.",
  );
}

function refused(received: string, expected: string, remedy: string): LearningError {
  return new LearningError("TRAINING_INVALID", { received, expected, remedy });
}
