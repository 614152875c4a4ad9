/**
 * The softmax of one row of logits over its legal actions, in place of a fresh array.
 * @param mask 1 where legal; illegal actions get probability 0
 * @param out receives the probabilities from `offset` on
 */
export function maskedSoftmax(
  logits: Float64Array,
  mask: Uint8Array,
  offset: number,
  actions: number,
  out: Float64Array,
): void {
  let top = Number.NEGATIVE_INFINITY;
  for (let a = offset; a < offset + actions; a++) if (mask[a]) top = Math.max(top, logits[a]);
  let sum = 0;
  for (let a = offset; a < offset + actions; a++) {
    const p = mask[a] ? Math.exp(logits[a] - top) : 0;
    out[a] = p;
    sum += p;
  }
  for (let a = offset; a < offset + actions; a++) out[a] = out[a] / sum;
}

/** The legal action with the largest output of one row; the first of equals. */
export function maskedArgmax(
  outputs: ArrayLike<number>,
  mask: ArrayLike<number | boolean> | undefined,
  offset = 0,
  actions = outputs.length,
): number {
  let best = -1;
  for (let a = 0; a < actions; a++) {
    if (mask && !mask[offset + a]) continue;
    if (best < 0 || outputs[offset + a] > outputs[offset + best]) best = a;
  }
  return best;
}
