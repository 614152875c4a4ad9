/** Square matrices are row-major in one Float64Array. */

/** The lower Cholesky factor of a symmetric positive definite matrix of size `n`; undefined when it is not one. */
export function cholesky(a: Float64Array, n: number): Float64Array | undefined {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j];
      for (let k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k];
      if (i !== j) l[i * n + j] = sum / l[j * n + j];
      else if (sum > 0) l[i * n + i] = Math.sqrt(sum);
      else return undefined;
    }
  }
  return l;
}

/** Solves L z = b. */
export function forwardSolve(l: Float64Array, n: number, b: ArrayLike<number>): Float64Array {
  const z = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = b[i];
    for (let k = 0; k < i; k++) sum -= l[i * n + k] * z[k];
    z[i] = sum / l[i * n + i];
  }
  return z;
}

/** Solves Lᵀ z = b. */
export function backwardSolve(l: Float64Array, n: number, b: ArrayLike<number>): Float64Array {
  const z = Float64Array.from(b);
  for (let i = n - 1; i >= 0; i--) {
    const v = z[i] / l[i * n + i];
    z[i] = v;
    for (let k = 0; k < i; k++) z[k] = z[k] - l[i * n + k] * v;
  }
  return z;
}

/** Trace of the inverse of L Lᵀ: the squared entries of L⁻¹, summed. */
export function traceOfInverse(l: Float64Array, n: number): number {
  let trace = 0;
  const z = new Float64Array(n);
  for (let column = 0; column < n; column++) {
    z.fill(0);
    for (let i = column; i < n; i++) {
      let sum = i === column ? 1 : 0;
      for (let k = column; k < i; k++) sum -= l[i * n + k] * z[k];
      const v = sum / l[i * n + i];
      z[i] = v;
      trace += v * v;
    }
  }
  return trace;
}

/** Xᵀ X of rows of length `d`, row-major, both triangles. */
export function gram(x: readonly Float64Array[], d: number): Float64Array {
  const a = new Float64Array(d * d);
  for (const row of x)
    for (let i = 0; i < d; i++) {
      const v = row[i];
      if (v === 0) continue;
      const at = i * d;
      for (let j = 0; j <= i; j++) a[at + j] = a[at + j] + v * row[j];
    }
  for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) a[j * d + i] = a[i * d + j];
  return a;
}
