import { createRng } from "../../math/rng.js";

/** A document as sparse weights of tokens. */
export interface SparseRow {
  at: number[];
  weights: number[];
}

const POWER_ITERATIONS = 4;
const SPARE = 8;

/**
 * Latent semantic analysis (Deerwester et al. 1990): the `count` directions of the largest variation of
 * the rows, by subspace iteration from a random start (Halko, Martinsson and Tropp 2011).
 * @param width number of tokens
 * @returns one direction of length one for each topic, row-major (count x width), the strongest first
 */
export function topicDirections(rows: readonly SparseRow[], width: number, count: number): Float32Array {
  const wide = Math.min(count + SPARE, width, rows.length);
  const rng = createRng("topics");
  let basis = Float64Array.from({ length: width * wide }, () => rng.normal());
  for (let i = 0; i < POWER_ITERATIONS; i++) {
    orthonormalise(basis, width, wide);
    basis = spread(rows, project(rows, basis, wide), width, wide);
  }
  orthonormalise(basis, width, wide);
  const scores = project(rows, basis, wide);
  const { vectors, order } = eigen(gram(scores, rows.length, wide), wide);
  const kept = Math.min(count, wide);
  const out = new Float32Array(kept * width);
  for (let k = 0; k < kept; k++) {
    const from = order[k]!;
    for (let t = 0; t < width; t++) {
      let sum = 0;
      for (let j = 0; j < wide; j++) sum += basis[t * wide + j]! * vectors[j * wide + from]!;
      out[k * width + t] = sum;
    }
  }
  return out;
}

/** rows x basis: one row of `wide` scores for each document. */
function project(rows: readonly SparseRow[], basis: Float64Array, wide: number): Float64Array {
  const scores = new Float64Array(rows.length * wide);
  const row = new Float64Array(wide);
  rows.forEach(({ at, weights }, r) => {
    row.fill(0);
    for (let k = 0; k < at.length; k++) {
      const from = at[k]! * wide;
      const w = weights[k]!;
      for (let j = 0; j < wide; j++) row[j] = row[j]! + w * basis[from + j]!;
    }
    scores.set(row, r * wide);
  });
  return scores;
}

/** rows' x scores: one row of `wide` numbers for each token. */
function spread(
  rows: readonly SparseRow[],
  scores: Float64Array,
  width: number,
  wide: number,
): Float64Array<ArrayBuffer> {
  const out = new Float64Array(width * wide);
  rows.forEach(({ at, weights }, r) => {
    const row = scores.subarray(r * wide, (r + 1) * wide);
    for (let k = 0; k < at.length; k++) {
      const to = at[k]! * wide;
      const w = weights[k]!;
      for (let j = 0; j < wide; j++) out[to + j] = out[to + j]! + w * row[j]!;
    }
  });
  return out;
}

/** Makes columns orthonormal in place (modified Gram-Schmidt); a column that vanishes becomes zero. */
function orthonormalise(basis: Float64Array, width: number, wide: number): void {
  // Each column in a row of its own: along columns memory is read in leaps.
  const columns = Array.from({ length: wide }, (_, j) => {
    const column = new Float64Array(width);
    for (let t = 0; t < width; t++) column[t] = basis[t * wide + j]!;
    return column;
  });
  columns.forEach((column, j) => {
    for (let i = 0; i < j; i++) {
      const other = columns[i]!;
      let dot = 0;
      for (let t = 0; t < width; t++) dot += other[t]! * column[t]!;
      for (let t = 0; t < width; t++) column[t] = column[t]! - dot * other[t]!;
    }
    let square = 0;
    for (let t = 0; t < width; t++) square += column[t]! ** 2;
    const factor = square > 1e-20 ? 1 / Math.sqrt(square) : 0;
    for (let t = 0; t < width; t++) basis[t * wide + j] = column[t]! * factor;
    for (let t = 0; t < width; t++) column[t] = basis[t * wide + j]!;
  });
}

function gram(scores: Float64Array, rows: number, wide: number): Float64Array {
  const out = new Float64Array(wide * wide);
  for (let r = 0; r < rows; r++)
    for (let i = 0; i < wide; i++) {
      const s = scores[r * wide + i]!;
      for (let j = 0; j < wide; j++) out[i * wide + j] = out[i * wide + j]! + s * scores[r * wide + j]!;
    }
  return out;
}

/** Eigenvectors of a symmetric matrix as columns (cyclic Jacobi rotations), and their order, largest first. */
function eigen(matrix: Float64Array, n: number): { vectors: Float64Array; order: number[] } {
  const a = matrix.slice();
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off += a[p * n + q]! ** 2;
    if (off < 1e-18) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, vectors, n, p, q);
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[j * n + j]! - a[i * n + i]! || i - j);
  return { vectors, order };
}

function rotate(a: Float64Array, vectors: Float64Array, n: number, p: number, q: number): void {
  const apq = a[p * n + q]!;
  if (Math.abs(apq) < 1e-300) return;
  const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * apq);
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[k * n + p]!, a[k * n + q]!];
    a[k * n + p] = c * x - s * y;
    a[k * n + q] = s * x + c * y;
  }
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[p * n + k]!, a[q * n + k]!];
    a[p * n + k] = c * x - s * y;
    a[q * n + k] = s * x + c * y;
    const [v, w] = [vectors[k * n + p]!, vectors[k * n + q]!];
    vectors[k * n + p] = c * v - s * w;
    vectors[k * n + q] = s * v + c * w;
  }
}
