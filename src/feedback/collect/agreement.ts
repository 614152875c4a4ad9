import { checkArgument } from "../../core/arguments.js";
/**
 * Krippendorff's alpha for interval data (Krippendorff, 2011): 1 is perfect agreement, 0 what chance
 * gives, negative systematic disagreement.
 * @param units the values that different raters gave to each unit; units with fewer than two are left out
 * @returns undefined without two raters on one unit, or when all values are the same
 * @example krippendorffAlpha([[9, 9], [2, 2]]); // 1
 */
export function krippendorffAlpha(units: readonly (readonly number[])[]): number | undefined {
  checkArgument(units, "units", "lists", "FEEDBACK_INVALID");
  const paired = units.filter((values) => values.length > 1);
  const all = paired.flat();
  const n = all.length;
  if (n < 2) return undefined;
  // The mean squared difference of all ordered pairs of m values is 2 (m Σv² - (Σv)²) / (m (m - 1)).
  const squaredDifferences = (values: readonly number[]) => {
    const center = values[0];
    let sum = 0;
    let square = 0;
    for (const v of values) {
      sum += v - center;
      square += (v - center) ** 2;
    }
    return 2 * (values.length * square - sum * sum);
  };
  const observed = paired.reduce((a, values) => a + squaredDifferences(values) / (values.length - 1), 0) / n;
  const expected = squaredDifferences(all) / (n * (n - 1));
  return expected > 0 ? 1 - observed / expected : undefined;
}
