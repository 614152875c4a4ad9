/** Square matrices are row-major in one Float64Array. */

/** The lower Cholesky factor of a symmetric positive definite matrix of size `n`; undefined when it is not one. */
export function cholesky(a: Float64Array, n: number): Float64Array | undefined {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const sum = a[i * n + j] - innerProduct(l, i * n, l, j * n, j);
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
    z[i] = (b[i] - innerProduct(l, i * n, z, 0, i)) / l[i * n + i];
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

/** Xᵀ X of rows of length `d`, row-major, both triangles. */
export function gram(x: readonly Float64Array[], d: number): Float64Array {
  const a = new Float64Array(d * d);
  // Four rows at a time, so that sums are read and written a quarter as often.
  const none = new Float64Array(d);
  for (let r = 0; r < x.length; r += 4) {
    const [p, q, s, t] = [x[r], x[r + 1] ?? none, x[r + 2] ?? none, x[r + 3] ?? none];
    for (let i = 0; i < d; i++) {
      const [vp, vq, vs, vt] = [p[i], q[i], s[i], t[i]];
      if (vp === 0 && vq === 0 && vs === 0 && vt === 0) continue;
      const at = i * d;
      for (let j = 0; j <= i; j++) a[at + j] = a[at + j] + (vp * p[j] + vq * q[j] + (vs * s[j] + vt * t[j]));
    }
  }
  for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) a[j * d + i] = a[i * d + j];
  return a;
}

/** Inner product of `count` numbers of each from these places on, in four sums side by side: one alone would wait for each addition to end. */
export function innerProduct(a: Float64Array, from: number, b: Float64Array, start: number, count: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let k = 0;
  for (; k + 3 < count; k += 4) {
    s0 += a[from + k] * b[start + k];
    s1 += a[from + k + 1] * b[start + k + 1];
    s2 += a[from + k + 2] * b[start + k + 2];
    s3 += a[from + k + 3] * b[start + k + 3];
  }
  for (; k < count; k++) s0 += a[from + k] * b[start + k];
  return s0 + s1 + (s2 + s3);
}
