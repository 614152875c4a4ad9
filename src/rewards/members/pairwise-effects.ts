import { backwardSolve, cholesky, forwardSolve, innerProduct } from "../../math/linear-algebra.js";
import { pack, unpack } from "../../math/packing.js";
import { createRng, shuffled } from "../../math/rng.js";
import type { FittedMember, MemberSnapshot, RewardMember } from "./member.js";
import {
  packStandardiser,
  RidgeState,
  type Standardiser,
  standardise,
  standardiserOf,
  unpackStandardiser,
} from "./ridge.js";

/** How much interactions may matter beside the effects of single columns. */
const INTERACTION_SHARES = [0.4, 1.2];
/** Standard deviation of the indicator of one category among about ten: what a number is scaled to beside them. */
const INDICATOR_SPREAD = 0.3;

const PENALTIES = [1, 3, 6, 12, 30, 100, 300];
/** Each pair is a direction of its own; where rows abound, trees find what matters of them. */
const landmarksFor = (rows: number) => (rows < 1000 ? 180 : 100);

/**
 * Effects of every column and of every pair of columns, both shrunken towards zero: what a model with
 * crossed random effects says of categories (an agent, a task, an agent at a task), which is what few
 * ratings can carry. Kernel ridge with the kernel s + c s^2 of the inner product s, indicators left unscaled,
 * so that a rare category is not believed more than a frequent one. Through the Nyström features of random
 * landmarks (Williams and Seeger, 2001); c and penalty by generalised cross-validation.
 */
export function pairwiseEffects(): RewardMember {
  return {
    kind: "pairwise-effects",
    async fit({ x, y, seed }) {
      const scale = indicatorsUnscaled(x);
      const z = standardise(x, scale);
      const picked = shuffled(z, createRng(seed).fork("landmarks")).slice(0, landmarksFor(z.length));
      const size = z.reduce((sum, row) => sum + row.reduce((a, v) => a + v * v, 0), 0) / Math.max(1, z.length);
      const fits = INTERACTION_SHARES.flatMap((share) => {
        // Both numbers in one: the shape is c / size, the whole kernel times size, which the penalty evens out.
        const map = kernelMap(picked, share / Math.max(size, 1e-9));
        return map ? [{ map, state: RidgeState.fit(map.features(z), y, PENALTIES) }] : [];
      });
      const best = fits.reduce((a, b) => (b.state.gcv < a.state.gcv ? b : a));
      return new FittedEffects(scale, best.map, best.state);
    },
    async restore(snapshot) {
      const scale = unpackStandardiser(snapshot);
      const s = snapshot as MemberSnapshot & { landmarks: string; length: number; state: Record<string, unknown> };
      const flat = unpack(Float64Array, s.landmarks);
      const d = scale.mean.length;
      const points = Array.from({ length: flat.length / d }, (_, i) => flat.slice(i * d, (i + 1) * d));
      return new FittedEffects(scale, kernelMap(points, s.length) as KernelMap, RidgeState.restore(s.state));
    },
  };
}

function kernel(a: Float64Array, b: Float64Array, shape: number): number {
  const inner = innerProduct(a, 0, b, 0, a.length);
  return inner + shape * inner * inner;
}

/** Indicators as they are, and numbers with about as much spread. */
function indicatorsUnscaled(x: readonly Float64Array[]): Standardiser {
  const { mean, spread } = standardiserOf(x);
  for (let j = 0; j < mean.length; j++) {
    const indicator = x.every((row) => row[j] === 0 || row[j] === 1);
    if (indicator) mean[j] = 0;
    spread[j] = indicator ? 1 : spread[j] / INDICATOR_SPREAD;
  }
  return { mean, spread };
}

interface KernelMap {
  points: readonly Float64Array[];
  shape: number;
  /** Features whose inner products are the kernel between landmarks. */
  features(z: readonly Float64Array[]): Float64Array[];
  /** What a row's kernels with the landmarks are to be multiplied by, for the sum of its features under these weights. */
  kernelWeights(weights: Float64Array): Float64Array;
}

/** Undefined when the kernel between the landmarks is singular. */
function kernelMap(points: readonly Float64Array[], shape: number): KernelMap | undefined {
  const m = points.length;
  const k = new Float64Array(m * m);
  for (let i = 0; i < m; i++)
    for (let j = 0; j <= i; j++) {
      const v = kernel(points[i], points[j], shape) + (i === j ? 1e-6 : 0);
      k[i * m + j] = v;
      k[j * m + i] = v;
    }
  const l = cholesky(k, m);
  if (!l) return undefined;
  return {
    points,
    shape,
    features: (z) =>
      z.map((row) => {
        const near = Float64Array.from(points, (point) => kernel(row, point, shape));
        return forwardSolve(l, m, near);
      }),
    kernelWeights: (weights) => backwardSolve(l, m, weights),
  };
}

class FittedEffects implements FittedMember {
  constructor(
    private readonly scale: Standardiser,
    private readonly map: KernelMap,
    private readonly state: RidgeState,
  ) {}

  predict(x: readonly Float64Array[]): Float64Array {
    const { points, shape } = this.map;
    const { weights } = this.state;
    const of = this.map.kernelWeights(weights.subarray(0, points.length));
    return Float64Array.from(standardise(x, this.scale), (row) => {
      let sum = weights[points.length];
      for (let i = 0; i < points.length; i++) sum += of[i] * kernel(row, points[i], shape);
      return sum;
    });
  }

  update(x: readonly Float64Array[], y: Float64Array): void {
    this.state.update(this.map.features(standardise(x, this.scale)), y);
  }

  async snapshot(): Promise<MemberSnapshot> {
    const { points, shape } = this.map;
    const d = this.scale.mean.length;
    const flat = new Float64Array(points.length * d);
    points.forEach((p, i) => {
      flat.set(p, i * d);
    });
    return {
      kind: "pairwise-effects",
      ...packStandardiser(this.scale),
      landmarks: pack(flat),
      length: shape,
      state: this.state.snapshot(),
    };
  }

  dispose(): void {}
}
