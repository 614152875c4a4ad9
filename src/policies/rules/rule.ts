/** Turns beliefs about the candidates into a distribution over them. */
export interface Rule {
  /** Whether it reads the standard errors, which cost time to compute. */
  readonly usesErrors: boolean;
  /**
   * Fills `out` with probabilities that sum to one, zero where masked.
   * @param means expected rewards
   * @param errors their standard errors (only filled when {@link usesErrors})
   * @param allowed indices of the candidates that are not masked, at least one
   * @param rows number of rows learned so far
   */
  fill(means: Float64Array, errors: Float64Array, allowed: readonly number[], rows: number, out: Float64Array): void;
}

/** Shares probability one among the allowed candidates with the highest value (equals share alike). */
export function fillGreedy(values: Float64Array, allowed: readonly number[], out: Float64Array, mass = 1): void {
  let best = Number.NEGATIVE_INFINITY;
  let ties = 0;
  for (const i of allowed) {
    const v = values[i];
    if (v > best) {
      best = v;
      ties = 1;
    } else if (v === best) ties++;
  }
  for (const i of allowed) if (values[i] === best) out[i] = out[i] + mass / ties;
}
