import type { Rng } from "../../math/rng.js";

/** A set of values that can be recognised, drawn from, and written as a vector of numbers. */
export interface Space<T> {
  readonly kind: "discrete" | "box" | "multi-discrete" | "dict";
  /** True for members only: the right type, length and range, and no NaN. */
  contains(value: unknown): value is T;
  /** Draws a member. */
  sample(rng: Rng): T;
  /** Length of `flatten`'s vectors. */
  readonly flatDim: number;
  /** A member as numbers: discrete values one-hot, boxes as they are, parts of a dictionary by key. */
  flatten(value: T): Float64Array;
  /** The space in words, for messages and reports. */
  describe(): string;
}
