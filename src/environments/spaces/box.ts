import { checkArgument } from "../../core/arguments.js";
import { LearningError, show } from "../../core/index.js";
import type { Rng } from "../../math/rng.js";
import type { Space } from "./space.js";

/**
 * Vectors with a lower and an upper bound per entry; `-Infinity` and `Infinity` mean unbounded.
 * Values are `Float64Array`s of length `low.length`.
 * @example
 * ```ts
 * const box = new Box(0, 1, 3);
 * box.contains(Float64Array.of(0.5, 0, 1)); // true
 * ```
 */
export class Box implements Space<Float64Array> {
  readonly kind = "box";
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly flatDim: number;

  /** Bounds as arrays, or as one number each for `size` entries. */
  constructor(low: number | ArrayLike<number>, high: number | ArrayLike<number>, size?: number) {
    for (const [bound, name] of [
      [low, "low"],
      [high, "high"],
    ] as const)
      checkArgument(bound, name, typeof bound === "number" ? "number" : "numbers", "ENV_INVALID");
    const length = typeof low !== "number" ? low.length : typeof high !== "number" ? high.length : (size ?? 0);
    const spread = (b: number | ArrayLike<number>) =>
      typeof b === "number" ? new Float64Array(length).fill(b) : Float64Array.from(b);
    this.low = spread(low);
    this.high = spread(high);
    this.flatDim = length;
    const fits = this.low.length === length && this.high.length === length && (size ?? length) === length;
    if (length < 1 || !fits || this.low.some((l, i) => !(l <= this.high[i])))
      throw new LearningError("ENV_INVALID", {
        received: `Box(${show(low)}, ${show(high)}, ${show(size)})`,
        expected: "bounds of one length, at least 1, with every low at most its high",
        remedy: "Give two arrays of one length, or two numbers and a size.",
      });
  }

  contains(value: unknown): value is Float64Array {
    if (!(value instanceof Float64Array) || value.length !== this.flatDim) return false;
    return value.every((v, i) => v >= this.low[i] && v <= this.high[i]);
  }

  /** Uniform where bounded, standard normal where unbounded, shifted exponential where half-bounded (as Gymnasium). */
  sample(rng: Rng): Float64Array {
    checkArgument(rng, "rng", { next: "function" }, "ENV_INVALID");
    return this.low.map((low, i) => {
      const high = this.high[i];
      if (low > Number.NEGATIVE_INFINITY && high < Number.POSITIVE_INFINITY) return low + rng.next() * (high - low);
      if (low > Number.NEGATIVE_INFINITY) return low - Math.log(1 - rng.next());
      if (high < Number.POSITIVE_INFINITY) return high + Math.log(1 - rng.next());
      return rng.normal();
    });
  }

  flatten(value: Float64Array): Float64Array {
    checkArgument(value, "value", "list", "ENV_INVALID");
    return value.slice();
  }

  describe(): string {
    return `Box(${show([...this.low])}, ${show([...this.high])})`;
  }
}
