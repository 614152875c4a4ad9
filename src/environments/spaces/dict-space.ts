import { checkArgument } from "../../core/arguments.js";
import { LearningError, show } from "../../core/index.js";
import type { Rng } from "../../math/rng.js";
import type { Space } from "./space.js";

/** The value type of a space. */
export type SpaceValue<S> = S extends Space<infer T> ? T : never;

/** The value type of a dictionary of spaces. */
export type DictValue<S> = { [K in keyof S]: SpaceValue<S[K]> };

/**
 * Objects with exactly these keys, each value from its own space.
 * @example
 * ```ts
 * const space = new DictSpace({ left: new Discrete(2), right: new Box(0, 1, 1) });
 * space.flatDim; // 3
 * ```
 */
export class DictSpace<S extends Record<string, Space<unknown>>> implements Space<DictValue<S>> {
  readonly kind = "dict";
  readonly flatDim: number;
  /** Keys in alphabetical order, the order of `flatten` and of `sample`. */
  readonly keys: readonly string[];

  constructor(readonly spaces: S) {
    checkArgument(spaces, "spaces", "object", "ENV_INVALID");
    this.keys = Object.keys(spaces).sort();
    if (this.keys.length === 0)
      throw new LearningError("ENV_INVALID", {
        received: "a DictSpace without keys",
        expected: "at least one named space",
        remedy: "Give the spaces by name.",
      });
    this.flatDim = this.keys.reduce((sum, k) => sum + this.part(k).flatDim, 0);
  }

  contains(value: unknown): value is DictValue<S> {
    if (typeof value !== "object" || value === null || Object.keys(value).length !== this.keys.length) return false;
    return this.keys.every((k) => Object.hasOwn(value, k) && this.part(k).contains((value as DictValue<S>)[k]));
  }

  sample(rng: Rng): DictValue<S> {
    checkArgument(rng, "rng", { next: "function" }, "ENV_INVALID");
    return Object.fromEntries(this.keys.map((k) => [k, this.part(k).sample(rng)])) as DictValue<S>;
  }

  flatten(value: DictValue<S>): Float64Array {
    checkArgument(value, "value", "object", "ENV_INVALID");
    const out = new Float64Array(this.flatDim);
    let offset = 0;
    for (const k of this.keys) {
      out.set(this.part(k).flatten(value[k]), offset);
      offset += this.part(k).flatDim;
    }
    return out;
  }

  describe(): string {
    return `DictSpace(${show(this.keys.map((k) => `${k}: ${this.part(k).describe()}`))})`;
  }

  private part(key: string): Space<unknown> {
    return this.spaces[key];
  }
}
