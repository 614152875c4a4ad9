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
 * convex mixture of out-of-fold predictions with the smallest squared error. Found by the pairwise steps of
 * Frank and Wolfe's method (Lacoste-Julien and Jaggi, 2015) with exact line searches: weight moves from the member
 * whose error rises most with its weight to the one whose error rises least. A member that does not help gets no weight.
 * @param predictions one array per member, aligned with `y`
 * @param rows the rows to use (all by default)
 */
export function mixtureWeights(
  predictions: readonly Float64Array[],
  y: Float64Array,
  rows: readonly number[] = [...y.keys()],
): Float64Array {
  const members = predictions.length;
  // With R the products of the members' residuals, the mixture's squared error is w'Rw.
  const R = new Float64Array(members * members);
  for (let a = 0; a < members; a++)
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (const i of rows) sum += (predictions[a][i] - y[i]) * (predictions[b][i] - y[i]);
      R[a * members + b] = sum;
      R[b * members + a] = sum;
    }
  // A pull towards equal weights, fading with more rows: on few rows the differences between members are mostly noise.
  let leastError = Number.POSITIVE_INFINITY;
  for (let a = 0; a < members; a++) leastError = Math.min(leastError, R[a * members + a]);
  for (let a = 0; a < members; a++) R[a * members + a] = R[a * members + a] + (PULL / rows.length) * leastError;
  const w = new Float64Array(members).fill(1 / members);
  const slope = (a: number) => {
    let sum = 0;
    for (let b = 0; b < members; b++) sum += R[a * members + b] * w[b];
    return sum;
  };
  for (let step = 0; step < 2000; step++) {
    let towards = 0;
    let away = -1;
    const slopes = Array.from({ length: members }, (_, a) => slope(a));
    for (let a = 0; a < members; a++) {
      if (slopes[a] < slopes[towards]) towards = a;
      if (w[a] > 0 && (away < 0 || slopes[a] > slopes[away])) away = a;
    }
    const gap = slopes[away] - slopes[towards];
    if (!(gap > 1e-10 * leastError)) break;
    const curvature = R[towards * members + towards] + R[away * members + away] - 2 * R[towards * members + away];
    const shift = Math.min(w[away], curvature > 0 ? gap / curvature : Number.POSITIVE_INFINITY);
    w[towards] = w[towards] + shift;
    w[away] = w[away] - shift;
  }
  let kept = 0;
  for (let a = 0; a < members; a++) {
    if (w[a] < 0.01) w[a] = 0;
    kept += w[a];
  }
  return w.map((v) => v / kept);
}
