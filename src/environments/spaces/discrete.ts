import { checkArgument } from "../../core/arguments.js";
import { LearningError, show } from "../../core/index.js";
import type { Rng } from "../../math/rng.js";
import type { Space } from "./space.js";

/**
 * The integers 0 .. n-1.
 * @example new Discrete(3).contains(3); // false
 */
export class Discrete implements Space<number> {
  readonly kind = "discrete";
  readonly flatDim: number;

  constructor(readonly n: number) {
    if (!Number.isInteger(n) || n < 1)
      throw new LearningError("ENV_INVALID", {
        received: `Discrete(${show(n)})`,
        expected: "a whole number of values, at least 1",
        remedy: "Give the number of actions or states.",
      });
    this.flatDim = n;
  }

  contains(value: unknown): value is number {
    return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < this.n;
  }

  /** Draws uniformly, among the values that `mask` allows where one is given. */
  sample(rng: Rng, mask?: readonly boolean[]): number {
    checkArgument(rng, "rng", { next: "function" }, "ENV_INVALID");
    if (!mask) return rng.int(this.n);
    const legal: number[] = [];
    for (let i = 0; i < this.n; i++) if (mask[i]) legal.push(i);
    if (mask.length !== this.n || legal.length === 0)
      throw new LearningError("ENV_INVALID", {
        received: `the mask ${show(mask)}`,
        expected: `${this.n} booleans with at least one true`,
        remedy: "Let the environment report at least one legal action while the episode goes on.",
      });
    return legal[rng.int(legal.length)];
  }

  flatten(value: number): Float64Array {
    checkArgument(value, "value", "number", "ENV_INVALID");
    const out = new Float64Array(this.n);
    out[value] = 1;
    return out;
  }

  describe(): string {
    return `Discrete(${this.n})`;
  }
}
