import { checkArgument } from "../core/arguments.js";
/**
 * Adjusted p-values by the step-down max-T permutation procedure (Westfall and Young, 1993; as in Ge,
 * Dudoit and Speed, 2003). They hold under any dependence among the hypotheses, since each permutation
 * keeps it: the probability of even one false discovery is at most the level, and so is the false
 * discovery rate.
 * @param observed statistics, larger is further from the null; NaN is not tested and gets NaN
 * @param permuted fills its argument with the statistics of the next permutation
 * @param permutations how many to draw; the smallest possible p-value is 1/(permutations + 1)
 * @example
 * ```ts
 * const next = createRng(1);
 * const pValues = stepDownMaxT(
 *   Float64Array.of(5, 0.1),
 *   (into) => into.forEach((_, i) => (into[i] = Math.abs(next.normal()))),
 *   999,
 * );
 * pValues[0] < 0.05; // true
 * ```
 */
export function stepDownMaxT(
  observed: Float64Array,
  permuted: (into: Float64Array) => void,
  permutations: number,
): Float64Array {
  checkArgument(observed, "observed", "list", "PATTERN_INVALID");
  checkArgument(permuted, "permuted", "function", "PATTERN_INVALID");
  checkArgument(permutations, "permutations", "number", "PATTERN_INVALID");
  const order = Int32Array.from(observed.keys())
    .filter((i) => !Number.isNaN(observed[i]))
    .sort((a, b) => observed[b] - observed[a]);
  const exceed = new Float64Array(order.length);
  const statistics = new Float64Array(observed.length);
  if (order.length > 0)
    for (let b = 0; b < permutations; b++) {
      permuted(statistics);
      let max = Number.NEGATIVE_INFINITY;
      for (let k = order.length - 1; k >= 0; k--) {
        const i = order[k];
        max = Math.max(max, statistics[i]);
        // A hair of tolerance, so that rounding cannot turn a tie into a discovery.
        if (max >= observed[i] - 1e-9) exceed[k] = exceed[k] + 1;
      }
    }
  const adjusted = new Float64Array(observed.length).fill(Number.NaN);
  let largest = 0;
  for (let k = 0; k < order.length; k++) {
    largest = Math.max(largest, (1 + exceed[k]) / (permutations + 1));
    adjusted[order[k]] = largest;
  }
  return adjusted;
}
