import { checkArgument } from "../../core/arguments.js";
import { LearningError } from "../../core/index.js";
import { environmentArgument } from "../arguments.js";
import type { Env, ResetOptions, ResetResult, StepResult } from "../env.js";
import { Box } from "../spaces/index.js";

/** Running moments of observations, per entry. */
export interface ObservationMoments {
  count: number;
  mean: Float64Array;
  /** Standard deviation; 1 while unknown or zero. */
  spread: Float64Array;
  /** Sums of squared deviations, to go on from exactly; without them `spread` is taken at its word. */
  squares?: Float64Array;
}

/**
 * Moments of what was seen so far (Welford's update). Share one among all environments of a training:
 * what each copy counts for itself would show the learner another scale in every one of them.
 * @example
 * ```ts
 * const running = new RunningMoments(1);
 * for (const x of [1, 3]) running.add(Float64Array.of(x));
 * [...running.moments.mean]; // [2]
 * ```
 */
export class RunningMoments {
  private count = 0;
  private readonly mean: Float64Array;
  private readonly squares: Float64Array;

  /** @param from moments to go on from, where training is resumed */
  constructor(size: number, from?: ObservationMoments) {
    checkArgument(size, "size", "number", "ENV_INVALID");
    if (from !== undefined)
      checkArgument(from, "from", { count: "number", mean: "list", spread: "list", squares: "list?" }, "ENV_INVALID");
    this.mean = from ? from.mean.slice() : new Float64Array(size);
    this.squares = from
      ? (from.squares?.slice() ?? from.spread.map((s) => s * s * from.count))
      : new Float64Array(size);
    this.count = from?.count ?? 0;
    if (this.mean.length !== size || this.squares.length !== size)
      throw new LearningError("ENV_INVALID", {
        received: `moments of ${this.mean.length} entries`,
        expected: `${size}`,
        remedy: "Give those of the same environment.",
      });
  }

  /** Entries of an observation. */
  get size(): number {
    return this.mean.length;
  }

  get moments(): ObservationMoments {
    const spread = this.squares.map((s) => Math.sqrt(s / Math.max(1, this.count)) || 1);
    return { count: this.count, mean: this.mean.slice(), spread, squares: this.squares.slice() };
  }

  /** Counts one observation. */
  add(x: Float64Array): void {
    checkArgument(x, "an observation", "list", "ENV_INVALID");
    this.count++;
    for (let i = 0; i < x.length; i++) {
      const delta = x[i] - this.mean[i];
      this.mean[i] = this.mean[i] + delta / this.count;
      this.squares[i] = this.squares[i] + delta * (x[i] - this.mean[i]);
    }
  }
}

/**
 * Flattens observations and shifts and scales each entry to mean 0 and standard deviation 1 by the
 * moments seen so far, clipped to ±10. In `train`, which makes several environments and others for
 * evaluation, give all of them the same {@link RunningMoments}. Set `frozen` where they are not to follow;
 * a network trained behind it is served on raw observations by `onRawObservations(network, moments)`.
 * @example
 * ```ts
 * const running = new RunningMoments(4);
 * const makeEnv = () => new NormalizeObservation(cartPole(), running);
 * ```
 */
export class NormalizeObservation<Obs, Act> implements Env<Float64Array, Act> {
  readonly observationSpace: Box;
  /** True: the moments no longer follow what is seen. */
  frozen = false;

  constructor(
    private readonly env: Env<Obs, Act>,
    private readonly running = new RunningMoments(environmentArgument(env).observationSpace.flatDim),
  ) {
    const size = environmentArgument(env).observationSpace.flatDim;
    checkArgument(running, "running", { size: "number", add: "function" }, "ENV_INVALID");
    if (running.size !== size)
      throw new LearningError("ENV_INVALID", {
        received: `moments of ${running.size} entries for ${env.id}`,
        expected: `${size}`,
        remedy: "Give moments made for the length of its flattened observations.",
      });
    this.observationSpace = new Box(-10, 10, size);
  }

  get id(): string {
    return this.env.id;
  }

  get actionSpace() {
    return this.env.actionSpace;
  }

  get moments(): ObservationMoments {
    return this.running.moments;
  }

  reset(options?: ResetOptions): ResetResult<Float64Array> {
    const { observation, info } = this.env.reset(options);
    return { observation: this.normalize(observation), info };
  }

  step(action: Act): StepResult<Float64Array> {
    const result = this.env.step(action);
    return { ...result, observation: this.normalize(result.observation) };
  }

  close(): void {
    this.env.close?.();
  }

  private normalize(observation: Obs): Float64Array {
    const x = this.env.observationSpace.flatten(observation);
    if (!this.frozen) this.running.add(x);
    const { mean, spread } = this.moments;
    return x.map((v, i) => Math.max(-10, Math.min(10, (v - mean[i]) / spread[i])));
  }
}
