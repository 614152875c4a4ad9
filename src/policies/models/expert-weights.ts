import { invalidSnapshot } from "./packed.js";

/** Share of the past errors that each row forgets, so that the weights can follow a changing world. */
export const LOSS_DECAY = 1 / 500;

/**
 * Weights of experts by the errors they made before they learned a row: exponentially smaller with the
 * (slowly forgotten) sum of squared errors (Vovk 1998).
 */
export class ExpertWeights {
  private losses: Float64Array;
  private weights: Float64Array;
  private best = 0;

  /**
   * @param rate learning rate: the larger, the sooner one expert counts alone
   * @param handicaps squared errors that each expert starts with (default none)
   */
  constructor(
    count: number,
    private readonly rate: number,
    private readonly handicaps: readonly number[] = [],
  ) {
    this.losses = new Float64Array(count);
    this.weights = new Float64Array(count);
    this.forget();
    this.weigh();
  }

  /** Weight of each expert; sums to one. */
  get shares(): Float64Array {
    return this.weights;
  }

  /** The weightiest expert. */
  get top(): number {
    return this.best;
  }

  /** What experts earned before no longer counts. */
  forget(): void {
    this.losses.fill(0);
    this.losses.set(this.handicaps);
  }

  /** Charges an expert with its error on a row; {@link weigh} makes it count. */
  charge(expert: number, error: number, weight: number): void {
    this.losses[expert] = this.losses[expert] * (1 - LOSS_DECAY) + weight * error * error;
  }

  /** Makes the weights anew from what was charged. */
  weigh(): void {
    const least = Math.min(...this.losses);
    this.weights = this.losses.map((loss) => Math.exp(-this.rate * (loss - least)));
    const sum = this.weights.reduce((a, b) => a + b, 0);
    this.weights = this.weights.map((w) => w / sum);
    this.best = this.weights.indexOf(Math.max(...this.weights));
  }

  snapshot(): number[] {
    return Array.from(this.losses);
  }

  /** Takes the losses of a snapshot; fails with SNAPSHOT_INVALID. */
  load(losses: unknown): void {
    if (!Array.isArray(losses) || losses.length !== this.losses.length || !losses.every((l) => Number.isFinite(l)))
      throw invalidSnapshot("a mixture with other experts", `${this.losses.length} experts and their losses`);
    this.losses = Float64Array.from(losses as number[]);
    this.weigh();
  }
}
