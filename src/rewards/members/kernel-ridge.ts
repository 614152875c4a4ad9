import { createRng, shuffled } from "../../core/index.js";
import { cholesky, forwardSolve } from "../linear-algebra.js";
import type { FittedMember, MemberSnapshot, RewardMember } from "./member.js";
import { packArray, unpackArray } from "./pack.js";
import {
  packStandardiser,
  RidgeState,
  type Standardiser,
  standardise,
  standardiserOf,
  unpackStandardiser,
} from "./ridge.js";

/** Points of the data that span the functions which can be learned. */
const LANDMARKS = 100;
/** Length scales tried, in units of the square root of the number of columns. */
const SCALES = [0.6, 1.5];

/**
 * Kernel ridge regression, the mean of a Gaussian process: a Gaussian kernel plus a linear one on
 * standardised columns, through the Nyström features of random landmarks (Williams and Seeger,
 * 2001). Length scale and penalty by generalised cross-validation.
 */
export function kernelRidge(): RewardMember {
  return {
    kind: "kernel-ridge",
    async fit({ x, y, seed }) {
      const scale = standardiserOf(x);
      const z = standardise(x, scale);
      const picked = shuffled(z, createRng(seed).fork("landmarks")).slice(0, LANDMARKS);
      const d = z[0]?.length ?? 0;
      const fits = SCALES.flatMap((factor) => {
        const map = kernelMap(picked, factor * Math.sqrt(d));
        return map ? [{ map, state: RidgeState.fit(map.features(z), y) }] : [];
      });
      const best = fits.reduce((a, b) => (b.state.gcv < a.state.gcv ? b : a));
      return new FittedKernelRidge(scale, best.map, best.state);
    },
    async restore(snapshot) {
      const scale = unpackStandardiser(snapshot);
      const s = snapshot as MemberSnapshot & { landmarks: string; length: number; state: Record<string, unknown> };
      const flat = unpackArray(Float64Array, s.landmarks);
      const d = scale.mean.length;
      const points = Array.from({ length: flat.length / d }, (_, i) => flat.slice(i * d, (i + 1) * d));
      return new FittedKernelRidge(scale, kernelMap(points, s.length) as KernelMap, RidgeState.restore(s.state));
    },
  };
}

interface KernelMap {
  points: readonly Float64Array[];
  length: number;
  features(z: readonly Float64Array[]): Float64Array[];
}

/** Features whose inner products are the kernel between landmarks; undefined when the kernel is singular. */
function kernelMap(points: readonly Float64Array[], length: number): KernelMap | undefined {
  const m = points.length;
  const kernel = (a: Float64Array, b: Float64Array) => {
    let square = 0;
    let inner = 0;
    for (let j = 0; j < a.length; j++) {
      const [u, v] = [a[j] as number, b[j] as number];
      square += (u - v) * (u - v);
      inner += u * v;
    }
    return Math.exp(-square / (2 * length * length)) + (0.1 * inner) / a.length;
  };
  const k = new Float64Array(m * m);
  for (let i = 0; i < m; i++)
    for (let j = 0; j <= i; j++) {
      const v = kernel(points[i] as Float64Array, points[j] as Float64Array) + (i === j ? 1e-6 : 0);
      k[i * m + j] = v;
      k[j * m + i] = v;
    }
  const l = cholesky(k, m);
  if (!l) return undefined;
  return {
    points,
    length,
    features: (z) =>
      z.map((row) =>
        forwardSolve(
          l,
          m,
          points.map((p) => kernel(row, p)),
        ),
      ),
  };
}

class FittedKernelRidge implements FittedMember {
  constructor(
    private readonly scale: Standardiser,
    private readonly map: KernelMap,
    private readonly state: RidgeState,
  ) {}

  predict(x: readonly Float64Array[]): Float64Array {
    return Float64Array.from(this.map.features(standardise(x, this.scale)), (phi) => this.state.predict(phi));
  }

  update(x: readonly Float64Array[], y: Float64Array): void {
    this.state.update(this.map.features(standardise(x, this.scale)), y);
  }

  async snapshot(): Promise<MemberSnapshot> {
    const { points, length } = this.map;
    const d = this.scale.mean.length;
    const flat = new Float64Array(points.length * d);
    points.forEach((p, i) => {
      flat.set(p, i * d);
    });
    return {
      kind: "kernel-ridge",
      ...packStandardiser(this.scale),
      landmarks: packArray(flat),
      length,
      state: this.state.snapshot(),
    };
  }

  dispose(): void {}
}
