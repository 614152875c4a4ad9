/** A symmetric tridiagonal matrix, and a vector in its basis. */
export interface Tridiagonal {
  diagonal: Float64Array;
  /** What stands beside the diagonal; one less. */
  beside: Float64Array;
  vector: Float64Array;
}

/**
 * Q'AQ and Q'b for a symmetric A of size `n` (row-major, its lower triangle is read), by Householder's reflections (Golub
 * and Van Loan, Matrix Computations, 8.3.1). A + λI costs but O(n) from then on, for any λ.
 */
export function tridiagonal(matrix: Float64Array, n: number, b: ArrayLike<number>): Tridiagonal {
  const a = matrix.slice();
  const vector = Float64Array.from(b);
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(Math.max(0, n - 1));
  const v = new Float64Array(n);
  const q = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    diagonal[k] = a[k * n + k];
    if (k === n - 1) break;
    const first = k + 1;
    let below = 0;
    for (let i = first; i < n; i++) {
      v[i] = a[i * n + k];
      if (i > first) below += v[i] * v[i];
    }
    beside[k] = v[first];
    if (!(below > 0)) continue;
    const length = Math.sqrt(v[first] * v[first] + below);
    const image = v[first] > 0 ? -length : length;
    beside[k] = image;
    v[first] = v[first] - image;
    const scale = 2 / (v[first] * v[first] + below);
    reflect(a, n, v, q, first, scale);
    let inner = 0;
    for (let i = first; i < n; i++) inner += v[i] * vector[i];
    for (let i = first; i < n; i++) vector[i] = vector[i] - scale * inner * v[i];
  }
  return { diagonal, beside, vector };
}

/** Reflects the lower triangle from row and column `first` on, from both sides, by I - scale v v'. */
function reflect(a: Float64Array, n: number, v: Float64Array, q: Float64Array, first: number, scale: number): void {
  q.fill(0, first);
  for (let i = first; i < n; i++) {
    const at = i * n;
    const vi = v[i];
    let sum = a[at + i] * vi;
    for (let j = first; j < i; j++) {
      sum += a[at + j] * v[j];
      q[j] = q[j] + a[at + j] * vi;
    }
    q[i] = q[i] + sum;
  }
  let inner = 0;
  for (let i = first; i < n; i++) {
    q[i] = q[i] * scale;
    inner += q[i] * v[i];
  }
  const half = (scale / 2) * inner;
  for (let i = first; i < n; i++) q[i] = q[i] - half * v[i];
  for (let i = first; i < n; i++) {
    const at = i * n;
    const [vi, qi] = [v[i], q[i]];
    for (let j = first; j <= i; j++) a[at + j] = a[at + j] - vi * q[j] - qi * v[j];
  }
}

/**
 * Solves (T + λI) u = vector, and gives the trace of the inverse: the inverse's diagonal from the pivots of both
 * directions (Meurant, 1992). Undefined where T + λI is not positive definite.
 */
export function shiftedSolve(
  { diagonal, beside, vector }: Tridiagonal,
  shift: number,
): { u: Float64Array; traceOfInverse: number } | undefined {
  const n = diagonal.length;
  const down = new Float64Array(n);
  const u = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const ratio = i === 0 ? 0 : beside[i - 1] / down[i - 1];
    down[i] = diagonal[i] + shift - (i === 0 ? 0 : ratio * beside[i - 1]);
    if (!(down[i] > 0)) return undefined;
    u[i] = vector[i] - (i === 0 ? 0 : ratio * u[i - 1]);
  }
  let traceOfInverse = 0;
  let up = 0;
  for (let i = n - 1; i >= 0; i--) {
    const rest = i === n - 1 ? 0 : beside[i] / up;
    const own = diagonal[i] + shift;
    up = own - (i === n - 1 ? 0 : rest * beside[i]);
    traceOfInverse += 1 / (down[i] + up - own);
    u[i] = (u[i] - (i === n - 1 ? 0 : beside[i] * u[i + 1])) / down[i];
  }
  return { u, traceOfInverse };
}
