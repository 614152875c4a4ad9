/**
 * Matrix products over row-major flat arrays, in blocks of eight sums that stay in registers: two by four where what lies
 * side by side is read four at a time, a third faster than four by two. Each sum is added up in the order of its terms,
 * whatever the block, and nothing is allocated.
 */

/** out[r, o] = bias[o] + sum_i x[r, i] w[i, o] */
export function affine(
  x: Float64Array,
  w: Float64Array,
  bias: Float64Array,
  out: Float64Array,
  rows: number,
  inputs: number,
  outputs: number,
): void {
  let r = 0;
  for (; r + 2 <= rows; r += 2) {
    const x0 = r * inputs;
    const x1 = x0 + inputs;
    let o = 0;
    for (; o + 4 <= outputs; o += 4) {
      const b0 = bias[o];
      const b1 = bias[o + 1];
      const b2 = bias[o + 2];
      const b3 = bias[o + 3];
      let a00 = b0;
      let a01 = b1;
      let a02 = b2;
      let a03 = b3;
      let a10 = b0;
      let a11 = b1;
      let a12 = b2;
      let a13 = b3;
      for (let i = 0, k = o; i < inputs; i++, k += outputs) {
        const w0 = w[k];
        const w1 = w[k + 1];
        const w2 = w[k + 2];
        const w3 = w[k + 3];
        const v0 = x[x0 + i];
        const v1 = x[x1 + i];
        a00 += v0 * w0;
        a01 += v0 * w1;
        a02 += v0 * w2;
        a03 += v0 * w3;
        a10 += v1 * w0;
        a11 += v1 * w1;
        a12 += v1 * w2;
        a13 += v1 * w3;
      }
      const y0 = r * outputs + o;
      const y1 = y0 + outputs;
      out[y0] = a00;
      out[y0 + 1] = a01;
      out[y0 + 2] = a02;
      out[y0 + 3] = a03;
      out[y1] = a10;
      out[y1 + 1] = a11;
      out[y1 + 2] = a12;
      out[y1 + 3] = a13;
    }
    for (; o < outputs; o++) for (let q = r; q < r + 2; q++) affineOne(x, w, bias, out, q, o, inputs, outputs);
  }
  for (; r < rows; r++) for (let o = 0; o < outputs; o++) affineOne(x, w, bias, out, r, o, inputs, outputs);
}

function affineOne(
  x: Float64Array,
  w: Float64Array,
  bias: Float64Array,
  out: Float64Array,
  r: number,
  o: number,
  inputs: number,
  outputs: number,
): void {
  let sum = bias[o];
  for (let i = 0; i < inputs; i++) sum += x[r * inputs + i] * w[i * outputs + o];
  out[r * outputs + o] = sum;
}

/** out[i, o] = sum_r x[r, i] d[r, o] */
export function transposedProduct(
  x: Float64Array,
  d: Float64Array,
  out: Float64Array,
  rows: number,
  inputs: number,
  outputs: number,
): void {
  let i = 0;
  for (; i + 2 <= inputs; i += 2) {
    let o = 0;
    for (; o + 4 <= outputs; o += 4) {
      let a00 = 0;
      let a01 = 0;
      let a02 = 0;
      let a03 = 0;
      let a10 = 0;
      let a11 = 0;
      let a12 = 0;
      let a13 = 0;
      for (let r = 0, p = i, q = o; r < rows; r++, p += inputs, q += outputs) {
        const d0 = d[q];
        const d1 = d[q + 1];
        const d2 = d[q + 2];
        const d3 = d[q + 3];
        const v0 = x[p];
        const v1 = x[p + 1];
        a00 += v0 * d0;
        a01 += v0 * d1;
        a02 += v0 * d2;
        a03 += v0 * d3;
        a10 += v1 * d0;
        a11 += v1 * d1;
        a12 += v1 * d2;
        a13 += v1 * d3;
      }
      const y0 = i * outputs + o;
      const y1 = y0 + outputs;
      out[y0] = a00;
      out[y0 + 1] = a01;
      out[y0 + 2] = a02;
      out[y0 + 3] = a03;
      out[y1] = a10;
      out[y1 + 1] = a11;
      out[y1 + 2] = a12;
      out[y1 + 3] = a13;
    }
    for (; o < outputs; o++) for (let q = i; q < i + 2; q++) transposedOne(x, d, out, rows, q, o, inputs, outputs);
  }
  for (; i < inputs; i++) for (let o = 0; o < outputs; o++) transposedOne(x, d, out, rows, i, o, inputs, outputs);
}

function transposedOne(
  x: Float64Array,
  d: Float64Array,
  out: Float64Array,
  rows: number,
  i: number,
  o: number,
  inputs: number,
  outputs: number,
): void {
  let sum = 0;
  for (let r = 0; r < rows; r++) sum += x[r * inputs + i] * d[r * outputs + o];
  out[i * outputs + o] = sum;
}

/** out[r, i] = sum_o d[r, o] w[i, o] */
export function productTransposed(
  d: Float64Array,
  w: Float64Array,
  out: Float64Array,
  rows: number,
  inputs: number,
  outputs: number,
): void {
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    let i = 0;
    for (; i + 2 <= inputs; i += 2) {
      let a00 = 0;
      let a01 = 0;
      let a10 = 0;
      let a11 = 0;
      let a20 = 0;
      let a21 = 0;
      let a30 = 0;
      let a31 = 0;
      const d0 = r * outputs;
      const w0 = i * outputs;
      for (let o = 0; o < outputs; o++) {
        const u0 = w[w0 + o];
        const u1 = w[w0 + outputs + o];
        const v0 = d[d0 + o];
        const v1 = d[d0 + outputs + o];
        const v2 = d[d0 + 2 * outputs + o];
        const v3 = d[d0 + 3 * outputs + o];
        a00 += v0 * u0;
        a01 += v0 * u1;
        a10 += v1 * u0;
        a11 += v1 * u1;
        a20 += v2 * u0;
        a21 += v2 * u1;
        a30 += v3 * u0;
        a31 += v3 * u1;
      }
      const y = r * inputs + i;
      out[y] = a00;
      out[y + 1] = a01;
      out[y + inputs] = a10;
      out[y + inputs + 1] = a11;
      out[y + 2 * inputs] = a20;
      out[y + 2 * inputs + 1] = a21;
      out[y + 3 * inputs] = a30;
      out[y + 3 * inputs + 1] = a31;
    }
    for (; i < inputs; i++) for (let q = r; q < r + 4; q++) backwardOne(d, w, out, q, i, inputs, outputs);
  }
  for (; r < rows; r++) for (let i = 0; i < inputs; i++) backwardOne(d, w, out, r, i, inputs, outputs);
}

function backwardOne(
  d: Float64Array,
  w: Float64Array,
  out: Float64Array,
  r: number,
  i: number,
  inputs: number,
  outputs: number,
): void {
  let sum = 0;
  for (let o = 0; o < outputs; o++) sum += d[r * outputs + o] * w[i * outputs + o];
  out[r * inputs + i] = sum;
}
