import { pack, unpack } from "../../math/packing.js";
import type { FittedMember, MemberSnapshot } from "./member.js";
import { leafValue, type Tree } from "./tree.js";

/** A sum of trees: `base + scale * (sum of leaves)`. */
export class TreeForest implements FittedMember {
  constructor(
    private readonly kind: string,
    private readonly trees: readonly Tree[],
    private readonly base: number,
    private readonly scale: number,
  ) {}

  predict(x: readonly Float64Array[]): Float64Array {
    return Float64Array.from(x, (row) => {
      let sum = 0;
      for (const tree of this.trees) sum += leafValue(tree, row);
      return this.base + this.scale * sum;
    });
  }

  async snapshot(): Promise<MemberSnapshot> {
    const joined = <K extends keyof Tree>(field: K) => this.trees.flatMap((t) => Array.from(t[field]));
    return {
      kind: this.kind,
      base: this.base,
      scale: this.scale,
      sizes: this.trees.map((t) => t.feature.length),
      feature: pack(Int16Array.from(joined("feature"))),
      threshold: pack(Float32Array.from(joined("threshold"))),
      left: pack(Int32Array.from(joined("left"))),
      value: pack(Float32Array.from(joined("value"))),
    };
  }

  dispose(): void {}
}

/** The forest that {@link TreeForest.snapshot} wrote. */
export async function restoreForest(snapshot: MemberSnapshot): Promise<FittedMember> {
  const s = snapshot as MemberSnapshot & { base: number; scale: number; sizes: number[] } & Record<string, string>;
  const feature = unpack(Int16Array, s["feature"]);
  const threshold = unpack(Float32Array, s["threshold"]);
  const left = unpack(Int32Array, s["left"]);
  const value = unpack(Float32Array, s["value"]);
  let from = 0;
  const trees = s.sizes.map((size): Tree => {
    const to = from + size;
    const tree = {
      feature: feature.slice(from, to),
      threshold: threshold.slice(from, to),
      left: left.slice(from, to),
      value: value.slice(from, to),
    };
    from = to;
    return tree;
  });
  return new TreeForest(s.kind, trees, s.base, s.scale);
}
