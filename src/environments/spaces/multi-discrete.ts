import { checkArgument } from "../../core/arguments.js";
import { LearningError, show } from "../../core/index.js";
import type { Rng } from "../../math/rng.js";
import type { Space } from "./space.js";

/**
 * Arrays of integers, entry i in 0 .. sizes[i]-1.
 * @example [...new MultiDiscrete([2, 3]).flatten([1, 0])]; // [0, 1, 1, 0, 0]
 */
export class MultiDiscrete implements Space<readonly number[]> {
  readonly kind = "multi-discrete";
  readonly flatDim: number;

  constructor(readonly sizes: readonly number[]) {
    checkArgument(sizes, "sizes", "numbers", "ENV_INVALID");
    if (sizes.length === 0 || sizes.some((n) => !Number.isInteger(n) || n < 1))
      throw new LearningError("ENV_INVALID", {
        received: `MultiDiscrete(${show(sizes)})`,
        expected: "at least one size, each a whole number of at least 1",
        remedy: "Give the number of values of each entry.",
      });
    this.flatDim = sizes.reduce((sum, n) => sum + n, 0);
  }

  contains(value: unknown): value is readonly number[] {
    return (
      Array.isArray(value) &&
      value.length === this.sizes.length &&
      value.every((v, i) => Number.isInteger(v) && v >= 0 && v < this.sizes[i])
    );
  }

  sample(rng: Rng): readonly number[] {
    checkArgument(rng, "rng", { next: "function" }, "ENV_INVALID");
    return this.sizes.map((n) => rng.int(n));
  }

  /** One-hot per entry, one after another. */
  flatten(value: readonly number[]): Float64Array {
    checkArgument(value, "value", "list", "ENV_INVALID");
    const out = new Float64Array(this.flatDim);
    let offset = 0;
    this.sizes.forEach((n, i) => {
      out[offset + value[i]] = 1;
      offset += n;
    });
    return out;
  }

  describe(): string {
    return `MultiDiscrete(${show(this.sizes)})`;
  }
}
