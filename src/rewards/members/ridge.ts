import { backwardSolve, cholesky, forwardSolve, gram } from "../../math/linear-algebra.js";
import { pack, unpack } from "../../math/packing.js";
import { shiftedSolve, tridiagonal } from "../../math/tridiagonal.js";
import type { FittedMember, MemberSnapshot, RewardMember } from "./member.js";

/** Centres and scales columns; the same numbers at training and serving. */
export interface Standardiser {
  mean: Float64Array;
  spread: Float64Array;
}

/** Means and standard deviations of the columns; constant columns become zero. */
export function standardiserOf(x: readonly Float64Array[]): Standardiser {
  const d = x[0]?.length ?? 0;
  const mean = new Float64Array(d);
  const spread = new Float64Array(d);
  for (const row of x) for (let j = 0; j < d; j++) mean[j] = mean[j] + row[j] / x.length;
  for (const row of x) for (let j = 0; j < d; j++) spread[j] = spread[j] + (row[j] - mean[j]) ** 2 / x.length;
  for (let j = 0; j < d; j++) {
    const s = Math.sqrt(spread[j]);
    spread[j] = s > 1e-12 ? s : Number.POSITIVE_INFINITY;
  }
  return { mean, spread };
}

export function packStandardiser({ mean, spread }: Standardiser): { mean: string; spread: string } {
  return { mean: pack(mean), spread: pack(spread) };
}

export function unpackStandardiser(snapshot: MemberSnapshot): Standardiser {
  const { mean, spread } = snapshot as MemberSnapshot & { mean: string; spread: string };
  return { mean: unpack(Float64Array, mean), spread: unpack(Float64Array, spread) };
}

/** Columns in standard deviations from the mean, cut at ±6 so that one wild value does not carry a prediction away. */
export function standardise(x: readonly Float64Array[], { mean, spread }: Standardiser): Float64Array[] {
  return x.map((row) => row.map((v, j) => Math.max(-6, Math.min(6, (v - mean[j]) / spread[j]))));
}

const PENALTIES = [0.01, 0.3, 3, 30, 300];

/** What a ridge regression needs to know of its rows; adding rows to it equals fitting on all of them. */
export class RidgeState {
  /** Mean squared error that generalised cross-validation expects (Golub, Heath and Wahba, 1979). */
  gcv = Number.POSITIVE_INFINITY;
  weights: Float64Array;

  private constructor(
    /** Number of features; a constant one is added behind them. */
    private readonly d: number,
    private readonly gramMatrix: Float64Array,
    private readonly moment: Float64Array,
    private square: number,
    private rows: number,
    private penalty: number,
  ) {
    this.weights = new Float64Array(d + 1);
  }

  /** Fits and chooses the penalty. */
  static fit(features: readonly Float64Array[], y: Float64Array, penalties: readonly number[] = PENALTIES): RidgeState {
    const d = features[0]?.length ?? 0;
    const state = new RidgeState(d, new Float64Array((d + 1) ** 2), new Float64Array(d + 1), 0, 0, 1);
    state.add(features, y);
    state.penalty = penalties.at(-1) as number;
    for (const { penalty, gcv } of state.validated(penalties))
      if (gcv < state.gcv) Object.assign(state, { penalty, gcv });
    state.solve();
    return state;
  }

  /** Takes further rows in, under the penalty chosen at fitting. */
  update(features: readonly Float64Array[], y: Float64Array): void {
    this.add(features, y);
    this.solve();
  }

  predict(features: Float64Array): number {
    let sum = this.weights[this.d];
    for (let j = 0; j < this.d; j++) sum += features[j] * this.weights[j];
    return sum;
  }

  snapshot(): Record<string, unknown> {
    const { d, square, rows, penalty } = this;
    return { d, square, rows, penalty, gram: pack(this.gramMatrix), moment: pack(this.moment) };
  }

  static restore(snapshot: Record<string, unknown>): RidgeState {
    const s = snapshot as { d: number; square: number; rows: number; penalty: number; gram: string; moment: string };
    const state = new RidgeState(
      s.d,
      unpack(Float64Array, s.gram),
      unpack(Float64Array, s.moment),
      s.square,
      s.rows,
      s.penalty,
    );
    state.solve();
    return state;
  }

  private add(features: readonly Float64Array[], y: Float64Array): void {
    const m = this.d + 1;
    const rows = features.map((row) => {
      const longer = new Float64Array(m).fill(1);
      longer.set(row);
      return longer;
    });
    const more = gram(rows, m);
    for (let k = 0; k < more.length; k++) this.gramMatrix[k] = this.gramMatrix[k] + more[k];
    rows.forEach((row, i) => {
      const target = y[i];
      this.square += target * target;
      for (let j = 0; j < m; j++) this.moment[j] = this.moment[j] + row[j] * target;
    });
    this.rows += rows.length;
  }

  /**
   * The generalised cross-validation error of each penalty. The constant, which goes unpenalised, is taken out by
   * centring; what is left is turned into a tridiagonal system once for all penalties.
   */
  private validated(penalties: readonly number[]): { penalty: number; gcv: number }[] {
    const { d, gramMatrix, moment, rows } = this;
    const m = d + 1;
    const sums = gramMatrix.subarray(d * m, d * m + d);
    const centred = new Float64Array(d * d);
    const target = new Float64Array(d);
    for (let i = 0; i < d; i++) {
      for (let j = 0; j <= i; j++) centred[i * d + j] = gramMatrix[i * m + j] - (sums[i] * sums[j]) / rows;
      target[i] = moment[i] - (sums[i] * moment[d]) / rows;
    }
    const square = this.square - moment[d] ** 2 / rows;
    const system = tridiagonal(centred, d, target);
    return penalties.map((penalty) => {
      const solved = shiftedSolve(system, penalty);
      if (!solved) return { penalty, gcv: Number.POSITIVE_INFINITY };
      // With (A + λ) u = b the residual sum of squares is y'y - u'b - λu'u.
      const { u, traceOfInverse } = solved;
      const residual = u.reduce((left, v, j) => left - v * (system.vector[j] + penalty * v), square);
      const freedom = m - penalty * traceOfInverse;
      if (freedom > 0.9 * rows) return { penalty, gcv: Number.POSITIVE_INFINITY };
      return { penalty, gcv: (Math.max(residual, 0) * rows) / (rows - freedom) ** 2 };
    });
  }

  /** Sets the weights for the current penalty; they stay where the system cannot be solved. */
  private solve(): void {
    const m = this.d + 1;
    const penalised = this.gramMatrix.slice();
    // The constant goes (almost) unpenalised.
    for (let j = 0; j < m; j++) penalised[j * m + j] = penalised[j * m + j] + (j < this.d ? this.penalty : 1e-6);
    const l = cholesky(penalised, m);
    if (l) this.weights = backwardSolve(l, m, forwardSolve(l, m, this.moment));
  }
}

class FittedRidge implements FittedMember {
  constructor(
    private readonly scale: Standardiser,
    private readonly state: RidgeState,
  ) {}

  predict(x: readonly Float64Array[]): Float64Array {
    return Float64Array.from(standardise(x, this.scale), (row) => this.state.predict(row));
  }

  update(x: readonly Float64Array[], y: Float64Array): void {
    this.state.update(standardise(x, this.scale), y);
  }

  async snapshot(): Promise<MemberSnapshot> {
    return { kind: "ridge", ...packStandardiser(this.scale), state: this.state.snapshot() };
  }

  dispose(): void {}
}

/** Linear regression with a squared penalty, on standardised columns. */
export function ridge(): RewardMember {
  return {
    kind: "ridge",
    async fit({ x, y }) {
      const scale = standardiserOf(x);
      return new FittedRidge(scale, RidgeState.fit(standardise(x, scale), y));
    },
    async restore(snapshot) {
      return new FittedRidge(
        unpackStandardiser(snapshot),
        RidgeState.restore(snapshot["state"] as Record<string, unknown>),
      );
    },
  };
}
