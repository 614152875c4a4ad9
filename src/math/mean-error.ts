/** The mean of values and its standard error: 0 for one value, for want of another. */
export function meanError(values: readonly number[]): { mean: number; error: number } {
  const n = values.length;
  const mean = values.reduce((sum, v) => sum + v, 0) / n;
  const square = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  return { mean, error: Math.sqrt(square / Math.max(1, n - 1) / n) };
}
