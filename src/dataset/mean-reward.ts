import { type HowRated, isAsking, standsFor } from "../core/index.js";

/** Mean of rewards by {@link standsFor}, and its standard error; undefined without a row that counts. */
export function meanReward(
  rows: readonly (HowRated & { reward?: number })[],
  asking = isAsking(rows),
): { mean: number; standardError: number; count: number } | undefined {
  const counted = rows.flatMap((row) => {
    const weight = row.reward === undefined ? undefined : standsFor(row, asking);
    return weight === undefined || row.reward === undefined ? [] : [{ weight, reward: row.reward }];
  });
  const n = counted.length;
  if (n === 0) return undefined;
  const total = counted.reduce((s, c) => s + c.weight, 0);
  const mean = counted.reduce((s, c) => s + c.weight * c.reward, 0) / total;
  const squares = counted.reduce((s, c) => s + (c.weight * (c.reward - mean)) ** 2, 0) / total ** 2;
  return { mean, standardError: Math.sqrt((squares * n) / Math.max(1, n - 1)), count: n };
}
