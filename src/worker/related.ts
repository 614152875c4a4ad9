// Runs in the learning thread.
import type { DecisionRow } from "../dataset/index.js";
import { policyRowOf, type RowEncoders } from "../evaluation/point/encode.js";
import type { LearnOptions, PolicyRow, RoutingPolicy } from "../policies/index.js";
import { priorWeight, weighted } from "../policies/prior-weight.js";

/** Newest rows of each related point that teach. */
const MOST_ROWS = 2000;
/** From so many own rows on they say more than any other point. */
const ENOUGH_OWN = 2000;
/** Points are related that share at least half of destinations and of context fields. */
const LEAST_SHARED = 0.5;

/** Rated rows of other points that this one may begin from, with their points; none where it has enough of its own. */
export function relatedRows(
  byPoint: ReadonlyMap<string, readonly DecisionRow[]>,
  decisionPoint: string,
  own: readonly DecisionRow[],
  from: LearnOptions["from"],
): { points: string[]; rows: DecisionRow[] } {
  const last = own.at(-1);
  if (from === undefined || !last || own.length >= ENOUGH_OWN) return { points: [], rows: [] };
  const destinations = new Set(last.candidates);
  const points: string[] = [];
  const rows: DecisionRow[] = [];
  for (const [name, all] of byPoint) {
    if (name === decisionPoint || !(from === "related" ? isRelated(all, last) : from.includes(name))) continue;
    const usable = all.filter((row) => row.reward !== undefined && destinations.has(row.chosen));
    if (usable.length === 0) continue;
    points.push(name);
    rows.push(...usable.slice(-MOST_ROWS));
  }
  return { points, rows };
}

function isRelated(rows: readonly DecisionRow[], own: DecisionRow): boolean {
  const other = rows.at(-1);
  return (
    other !== undefined &&
    sharedOf(other.candidates, own.candidates) >= LEAST_SHARED &&
    sharedOf(Object.keys(other.context), Object.keys(own.context)) >= LEAST_SHARED
  );
}

/** Share of the names of both that both have. */
function sharedOf(a: readonly string[], b: readonly string[]): number {
  const all = new Set([...a, ...b]);
  const both = a.filter((name) => b.includes(name)).length;
  return all.size === 0 ? 1 : both / all.size;
}

/**
 * Teaches a new policy what related points know, at the weight that own rows speak for.
 * @param make another one like it, without a row
 * @returns the weight, 0 where it learned nothing
 */
export function teachRelated(
  policy: RoutingPolicy,
  make: () => RoutingPolicy,
  related: readonly DecisionRow[],
  own: readonly DecisionRow[],
  encoders: RowEncoders,
): number {
  const encoded = (rows: readonly DecisionRow[]): PolicyRow[] => rows.flatMap((r) => policyRowOf(r, encoders) ?? []);
  const prior = encoded(related);
  const weight = priorWeight(make, prior, encoded(own));
  if (weight > 0) policy.learn(weighted(prior, weight));
  return weight;
}
