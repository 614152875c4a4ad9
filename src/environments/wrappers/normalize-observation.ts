import type { Env, ResetOptions, ResetResult, StepResult } from "../env.js";
import { Box } from "../spaces/index.js";

/** Running moments of observations, per entry. */
export interface ObservationMoments {
  count: number;
  mean: Float64Array;
  /** Standard deviation; 1 while unknown or zero. */
  spread: Float64Array;
}

/**
 * Flattens observations and shifts and scales each entry to mean 0 and standard deviation 1 by the
 * moments seen so far (Welford's update), clipped to ±10. Set `frozen` for evaluation; a network
 * trained on it is served on raw observations by `onRawObservations(network, moments)`.
 */
export class NormalizeObservation<Obs, Act> implements Env<Float64Array, Act> {
  readonly observationSpace: Box;
  /** True: the moments no longer follow what is seen. */
  frozen = false;
  private count = 0;
  private readonly mean: Float64Array;
  private readonly squares: Float64Array;

  constructor(private readonly env: Env<Obs, Act>) {
    const size = env.observationSpace.flatDim;
    this.observationSpace = new Box(-10, 10, size);
    this.mean = new Float64Array(size);
    this.squares = new Float64Array(size);
  }

  get id(): string {
    return this.env.id;
  }

  get actionSpace() {
    return this.env.actionSpace;
  }

  get moments(): ObservationMoments {
    const spread = this.squares.map((s) => Math.sqrt(s / Math.max(1, this.count)) || 1);
    return { count: this.count, mean: this.mean.slice(), spread };
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
    if (!this.frozen) {
      this.count++;
      for (let i = 0; i < x.length; i++) {
        const delta = (x[i] as number) - (this.mean[i] as number);
        this.mean[i] = (this.mean[i] as number) + delta / this.count;
        this.squares[i] = (this.squares[i] as number) + delta * ((x[i] as number) - (this.mean[i] as number));
      }
    }
    const { mean, spread } = this.moments;
    return x.map((v, i) => Math.max(-10, Math.min(10, (v - (mean[i] as number)) / (spread[i] as number))));
  }
}
