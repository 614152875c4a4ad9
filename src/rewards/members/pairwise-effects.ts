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
      const picked = joined(shuffled(z, createRng(seed).fork("landmarks")).slice(0, landmarksFor(z.length)));
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
      const landmarks = { flat, count: flat.length / d };
      return new FittedEffects(scale, kernelMap(landmarks, s.length) as KernelMap, RidgeState.restore(s.state));
    },
  };
}

/** A row's kernels with all landmarks. */
function kernels(row: Float64Array, { flat, count }: Landmarks, shape: number): Float64Array {
  const near = new Float64Array(count);
  const d = row.length;
  for (let i = 0; i < count; i++) {
    const inner = innerProduct(row, 0, flat, i * d, d);
    near[i] = inner + shape * inner * inner;
  }
  return near;
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

/** Rows, one behind the other. */
interface Landmarks {
  flat: Float64Array;
  count: number;
}

interface KernelMap {
  landmarks: Landmarks;
  shape: number;
  /** Features whose inner products are the kernel between landmarks. */
  features(z: readonly Float64Array[]): Float64Array[];
  /** What a row's kernels with the landmarks are to be multiplied by, for the sum of its features under these weights. */
  kernelWeights(weights: Float64Array): Float64Array;
}

/** Undefined when the kernel between the landmarks is singular. */
function kernelMap(landmarks: Landmarks, shape: number): KernelMap | undefined {
  const { flat, count: m } = landmarks;
  const d = flat.length / m;
  const k = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    k.set(kernels(flat.subarray(i * d, (i + 1) * d), landmarks, shape), i * m);
    k[i * m + i] = k[i * m + i] + 1e-6;
  }
  const l = cholesky(k, m);
  if (!l) return undefined;
  return {
    landmarks,
    shape,
    features: (z) => z.map((row) => forwardSolve(l, m, kernels(row, landmarks, shape))),
    kernelWeights: (weights) => backwardSolve(l, m, weights),
  };
}

function joined(rows: readonly Float64Array[]): Landmarks {
  const d = rows[0]?.length ?? 0;
  const flat = new Float64Array(rows.length * d);
  rows.forEach((row, i) => {
    flat.set(row, i * d);
  });
  return { flat, count: rows.length };
}

class FittedEffects implements FittedMember {
  constructor(
    private readonly scale: Standardiser,
    private readonly map: KernelMap,
    private readonly state: RidgeState,
  ) {}

  predict(x: readonly Float64Array[]): Float64Array {
    const { landmarks, shape } = this.map;
    const { weights } = this.state;
    const m = landmarks.count;
    const of = this.map.kernelWeights(weights.subarray(0, m));
    return Float64Array.from(standardise(x, this.scale), (row) => {
      return weights[m] + innerProduct(of, 0, kernels(row, landmarks, shape), 0, m);
    });
  }

  update(x: readonly Float64Array[], y: Float64Array): void {
    this.state.update(this.map.features(standardise(x, this.scale)), y);
  }

  async snapshot(): Promise<MemberSnapshot> {
    const { landmarks, shape } = this.map;
    return {
      kind: "pairwise-effects",
      ...packStandardiser(this.scale),
      landmarks: pack(landmarks.flat),
      length: shape,
      state: this.state.snapshot(),
    };
  }

  dispose(): void {}
}
