import { checkArgument } from "../core/arguments.js";
import { LearningError } from "../core/index.js";
import { resetArgument } from "./arguments.js";
import type { Env, ResetOptions, StepInfo } from "./env.js";

/** What one action in each environment led to; entry i belongs to environment i. */
export interface VectorStep<Obs> {
  /** Where an episode ended, the first observation of the next one. */
  observations: Obs[];
  rewards: Float64Array;
  terminated: boolean[];
  truncated: boolean[];
  /** Belong to `observations` (a new episode's info where one ended). */
  infos: StepInfo[];
  /** The last observation of the episode that just ended; undefined elsewhere. */
  finalObservations: (Obs | undefined)[];
  /** The info of the step that ended an episode; undefined elsewhere. */
  finalInfos: (StepInfo | undefined)[];
}

/**
 * Several copies of an environment stepped together; an episode that ends is restarted in the same step.
 * @example
 * ```ts
 * const envs = new VectorEnv([cartPole(), cartPole()]);
 * envs.reset({ seed: 1 });
 * [...envs.step([0, 1]).rewards]; // [1, 1]
 * ```
 */
export class VectorEnv<Obs, Act> {
  constructor(readonly envs: readonly Env<Obs, Act>[]) {
    checkArgument(envs, "envs", "objects", "ENV_INVALID");
    if (envs.length === 0 || new Set(envs).size !== envs.length)
      throw new LearningError("ENV_INVALID", {
        received: `${envs.length} environments, ${new Set(envs).size} of them different`,
        expected: "at least one, each its own object",
        remedy: "Make every environment anew.",
      });
  }

  /** Restarts all; environment i is seeded with `seed/i`. */
  reset(given: ResetOptions = {}): { observations: Obs[]; infos: StepInfo[] } {
    const { seed, options } = resetArgument(given);
    const results = this.envs.map((env, i) =>
      env.reset({ seed: seed === undefined ? undefined : `${seed}/${i}`, options }),
    );
    return { observations: results.map((r) => r.observation), infos: results.map((r) => r.info) };
  }

  step(actions: ArrayLike<Act>): VectorStep<Obs> {
    checkArgument(actions, "actions", "list", "ENV_INVALID");
    const out: VectorStep<Obs> = {
      observations: [],
      rewards: new Float64Array(this.envs.length),
      terminated: [],
      truncated: [],
      infos: [],
      finalObservations: [],
      finalInfos: [],
    };
    this.envs.forEach((env, i) => {
      const result = env.step(actions[i]);
      const over = result.terminated || result.truncated;
      // Read before the reset: an environment may write the next episode into what it returned.
      out.rewards[i] = result.reward;
      out.terminated.push(result.terminated);
      out.truncated.push(result.truncated);
      out.finalObservations.push(over ? structuredClone(result.observation) : undefined);
      out.finalInfos.push(over ? result.info : undefined);
      const now = over ? env.reset() : result;
      out.observations.push(now.observation);
      out.infos.push(now.info);
    });
    return out;
  }
}
