import { LearningError, show } from "../../core/index.js";
import { environmentArgument } from "../arguments.js";
import type { Env, ResetOptions, ResetResult, StepResult } from "../env.js";
import { Wrapper } from "./wrapper.js";

/**
 * Truncates episodes after `maxSteps` steps.
 * @example
 * ```ts
 * const env = new TimeLimit(cartPole(), 1);
 * env.reset({ seed: 1 });
 * env.step(0).truncated; // true
 * ```
 */
export class TimeLimit<Obs, Act> extends Wrapper<Obs, Act> {
  private steps = 0;

  constructor(
    env: Env<Obs, Act>,
    readonly maxSteps: number,
    private readonly name = environmentArgument(env).id,
  ) {
    super(env);
    if (!Number.isInteger(maxSteps) || maxSteps < 1)
      throw new LearningError("ENV_INVALID", {
        received: `a time limit of ${show(maxSteps)}`,
        expected: "a whole number of steps, at least 1",
        remedy: "Give the longest episode's length.",
      });
  }

  override get id(): string {
    return this.name;
  }

  override reset(options?: ResetOptions): ResetResult<Obs> {
    this.steps = 0;
    return super.reset(options);
  }

  override step(action: Act): StepResult<Obs> {
    if (this.steps >= this.maxSteps)
      throw new LearningError("ENV_INVALID", {
        received: `a step after the time limit of ${this.maxSteps}`,
        expected: "at most that many steps an episode",
        remedy: "Call reset after each end.",
      });
    const result = super.step(action);
    this.steps++;
    // The result is the environment's own: it may hand out the same one again.
    return this.steps >= this.maxSteps && !result.terminated ? { ...result, truncated: true } : result;
  }
}
