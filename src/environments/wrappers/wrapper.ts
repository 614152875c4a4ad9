import { environmentArgument } from "../arguments.js";
import type { Env, ResetOptions, ResetResult, StepResult } from "../env.js";
import type { Space } from "../spaces/index.js";

/**
 * An environment that passes everything on; wrappers override what they change.
 * @example
 * ```ts
 * class Doubled<Obs, Act> extends Wrapper<Obs, Act> {
 *   override step(action: Act) {
 *     const result = super.step(action);
 *     return { ...result, reward: 2 * result.reward };
 *   }
 * }
 * const env = new Doubled(cartPole());
 * ```
 */
export abstract class Wrapper<Obs, Act> implements Env<Obs, Act> {
  constructor(protected readonly env: Env<Obs, Act>) {
    environmentArgument(env);
  }

  get id(): string {
    return this.env.id;
  }

  get observationSpace(): Space<Obs> {
    return this.env.observationSpace;
  }

  get actionSpace(): Space<Act> {
    return this.env.actionSpace;
  }

  reset(options?: ResetOptions): ResetResult<Obs> {
    return this.env.reset(options);
  }

  step(action: Act): StepResult<Obs> {
    return this.env.step(action);
  }

  close(): void {
    this.env.close?.();
  }
}
