import type { EventLog } from "./event-log.js";

/** Per variant: how many of its runs are rated, and the sum of their rewards. */
export interface RewardTable {
  rated: Float64Array;
  sum: Float64Array;
}

/** Sums the rewards of a log's rows by variant; rows with NaN are unrated. */
export function variantRewards(log: EventLog, rewardOf?: Float64Array): RewardTable {
  const table = { rated: new Float64Array(log.variants.size), sum: new Float64Array(log.variants.size) };
  if (!rewardOf) return table;
  for (let row = 0; row < log.rows; row++) {
    const r = rewardOf[row];
    if (!log.alive.at(row) || Number.isNaN(r)) continue;
    const v = log.variantOf.at(row);
    table.rated[v] = table.rated[v] + 1;
    table.sum[v] = table.sum[v] + r;
  }
  return table;
}
