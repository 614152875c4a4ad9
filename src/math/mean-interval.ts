import { studentQuantile } from "./student.js";

/**
 * Mean of all values with its 95 % interval (Student's t). Values of one unit, such as several raters'
 * of one run, are not independent: each unit is one piece of evidence (cluster-robust variance; Liang
 * and Zeger, 1986). One unit alone could have been anything: the whole scale.
 * @param units at least one value
 * @param weights of the units (default 1): one that was observed with probability p stands for 1/p (Hajek 1971)
 */
export function meanInterval(
  units: readonly (readonly number[])[],
  low: number,
  high: number,
  weights?: readonly number[],
): { mean: number; lower: number; upper: number } {
  let n = 0;
  let sum = 0;
  for (const [i, values] of units.entries()) {
    const weight = weights?.[i] ?? 1;
    n += weight * values.length;
    for (const v of values) sum += weight * v;
  }
  const mean = sum / n;
  const g = units.length;
  if (g < 2) return { mean, lower: low, upper: high };
  let square = 0;
  for (const [i, values] of units.entries())
    square += ((weights?.[i] ?? 1) * values.reduce((a, v) => a + v - mean, 0)) ** 2;
  const half = studentQuantile(0.975, g - 1) * Math.sqrt(((square / n ** 2) * g) / (g - 1));
  return { mean, lower: Math.max(low, mean - half), upper: Math.min(high, mean + half) };
}
