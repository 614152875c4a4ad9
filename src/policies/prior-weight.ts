import { doublingChunks } from "./models/doubling-chunks.js";
import type { PolicyRow, RoutingPolicy } from "./routing-policy.js";

/** What a row of elsewhere may count for beside an own one, if it does; the least comes first. */
const WEIGHTS = [0.05, 0.2, 0.5, 1];
/** Own rows are predicted in chunks that double in size from here, each before it is learned. */
const FIRST_CHUNK = 16;
/** Of own rows no more are predicted: by then they say more than any prior. */
const MOST_PREDICTED = 500;
/** A rarely explored choice counts for no more rows than this. */
const MOST_WEIGHT = 20;

/**
 * How much rows of related decision points are to count for beside own ones: the weight under which a policy that knew
 * them beforehand would have predicted the own rows best, each before it was learned (a power prior, Ibrahim and
 * Chen 2000, its power by predictive likelihood). 0 where they only mislead, so that a foreign world costs little.
 * @param make the policy that is to learn, without a row
 * @param own in the order of time
 * @returns a weight in [0,1]
 * @example
 * const weight = priorWeight(() => createPolicy({ kind: "auto", dim }), elsewhere, own);
 */
export function priorWeight(
  make: () => RoutingPolicy,
  related: readonly PolicyRow[],
  own: readonly PolicyRow[],
): number {
  return bestPrior(make, [related], own).weight;
}

/** The one of several sets of rows, and its weight, that would have helped most; the first, at 0, where none does. */
export function bestPrior(
  make: () => RoutingPolicy,
  sets: readonly (readonly PolicyRow[])[],
  own: readonly PolicyRow[],
): { set: number; weight: number } {
  const rows = own.slice(0, MOST_PREDICTED);
  const cold = { set: 0, weight: 0, error: progressiveError(make(), rows) };
  return sets.reduce((best, related, set) => {
    const { weight, error } = bestWeight(make, related, rows);
    return error < best.error ? { set, weight, error } : best;
  }, cold);
}

/** The best weight above 0. */
function bestWeight(
  make: () => RoutingPolicy,
  related: readonly PolicyRow[],
  rows: readonly PolicyRow[],
): { weight: number; error: number } {
  let best = { weight: 0, error: Number.POSITIVE_INFINITY };
  for (const weight of WEIGHTS) {
    const policy = make();
    policy.learn(weighted(related, weight));
    const error = progressiveError(policy, rows);
    if (error < best.error) best = { weight, error };
  }
  return best;
}

/** Rows that count for so much of an own one. */
export function weighted(rows: readonly PolicyRow[], weight: number): PolicyRow[] {
  return rows.map((row) => ({ ...row, weight: (row.weight ?? 1) * weight }));
}

/**
 * Squared error of a policy on rows in the order of time, each predicted before it is learned, over all choices alike: rows of
 * choices that were seldom made count for those that were not.
 */
function progressiveError(policy: RoutingPolicy, rows: readonly PolicyRow[]): number {
  let error = 0;
  for (const chunk of doublingChunks(rows, FIRST_CHUNK)) {
    for (const row of chunk) {
      const said = policy.predict(row)[row.chosen]?.mean ?? 0.5;
      const weight = Math.min(MOST_WEIGHT, 1 / Math.max(1e-6, row.propensity ?? 1));
      error += weight * (said - row.reward) ** 2;
    }
    policy.learn(chunk);
  }
  return error;
}
