/** 97.5 % quantiles of Student's t for 1 to 10 degrees of freedom. */
const STUDENT = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/** The 97.5 % quantile of Student's t; beyond ten degrees of freedom within 0.002. */
export function student975(df: number): number {
  return STUDENT[Math.floor(df) - 1] ?? (df < 1 ? Number.POSITIVE_INFINITY : 1.96 + 2.37 / df + 2.8 / df ** 2);
}

/**
 * Mean of all values with its 95 % interval (Student's t). Values of one unit, such as several raters'
 * of one run, are not independent: each unit is one piece of evidence (cluster-robust variance; Liang
 * and Zeger, 1986). One unit alone could have been anything: the whole scale.
 * @param units at least one value
 */
export function meanInterval(
  units: readonly (readonly number[])[],
  low: number,
  high: number,
): { mean: number; lower: number; upper: number } {
  let n = 0;
  let sum = 0;
  for (const values of units) {
    n += values.length;
    for (const v of values) sum += v;
  }
  const mean = sum / n;
  const g = units.length;
  if (g < 2) return { mean, lower: low, upper: high };
  let square = 0;
  for (const values of units) square += values.reduce((a, v) => a + v - mean, 0) ** 2;
  const half = student975(g - 1) * Math.sqrt(((square / n ** 2) * g) / (g - 1));
  return { mean, lower: Math.max(low, mean - half), upper: Math.min(high, mean + half) };
}
