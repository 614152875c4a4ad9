import { createRng, shuffled } from "../math/rng.js";

/** Assigns each row to one of `k` folds; rows of one group share a fold. With one group only, rows are split one by one. */
export function groupedFolds(group: readonly string[], k: number, seed: number): Int32Array {
  const distinct = new Set(group);
  const keys = distinct.size > 1 ? group : group.map((_, i) => String(i));
  const order = shuffled([...new Set(keys)], createRng(seed).fork("folds"));
  const at = new Map(order.map((g, i) => [g, i % k]));
  return Int32Array.from(keys, (g) => at.get(g) as number);
}

/** Rows' worth of belief that all members are equally good. */
const PULL = 30;

/**
 * Stacking (Wolpert, 1992) with weights that are non-negative and sum to one (Breiman, 1996): the
 * convex mixture of out-of-fold predictions with the smallest squared error, by exact line searches
 * between pairs. A member that does not help gets no weight.
 * @param predictions one array per member, aligned with `y`
 * @param rows the rows to use (all by default)
 */
export function mixtureWeights(
  predictions: readonly Float64Array[],
  y: Float64Array,
  rows: readonly number[] = [...y.keys()],
): Float64Array {
  const m = predictions.length;
  // With residuals r of the members, the mixture's squared error is w'Rw.
  const r = new Float64Array(m * m);
  for (let a = 0; a < m; a++)
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (const i of rows) sum += (predictions[a][i] - y[i]) * (predictions[b][i] - y[i]);
      r[a * m + b] = sum;
      r[b * m + a] = sum;
    }
  // A pull towards equal weights, fading with more rows: on few rows the differences between members are mostly noise.
  let least = Number.POSITIVE_INFINITY;
  for (let a = 0; a < m; a++) least = Math.min(least, r[a * m + a]);
  for (let a = 0; a < m; a++) r[a * m + a] = r[a * m + a] + (PULL / rows.length) * least;
  const w = new Float64Array(m).fill(1 / m);
  const slope = (a: number) => {
    let sum = 0;
    for (let b = 0; b < m; b++) sum += r[a * m + b] * w[b];
    return sum;
  };
  for (let step = 0; step < 2000; step++) {
    let up = 0;
    let down = -1;
    const slopes = Array.from({ length: m }, (_, a) => slope(a));
    for (let a = 0; a < m; a++) {
      if (slopes[a] < slopes[up]) up = a;
      if (w[a] > 0 && (down < 0 || slopes[a] > slopes[down])) down = a;
    }
    const gap = slopes[down] - slopes[up];
    if (!(gap > 1e-10 * least)) break;
    const curve = r[up * m + up] + r[down * m + down] - 2 * r[up * m + down];
    const move = Math.min(w[down], curve > 0 ? gap / curve : Number.POSITIVE_INFINITY);
    w[up] = w[up] + move;
    w[down] = w[down] - move;
  }
  let kept = 0;
  for (let a = 0; a < m; a++) {
    if (w[a] < 0.01) w[a] = 0;
    kept += w[a];
  }
  return w.map((v) => v / kept);
}
