// Runs in the learning thread.
import { isPathField } from "../core/path-fields.js";
import type { DecisionRow } from "../dataset/index.js";
import { policyRowOf, type RowEncoders } from "../evaluation/point/encode.js";
import type { LearnOptions, PolicyRow, RoutingPolicy } from "../policies/index.js";
import { placeboOf, priorWeight, taughtBy, weighted } from "../policies/prior-weight.js";

/** Rows of related points that teach: the newest, of each point alike many. */
const MOST_ROWS = 2000;
/** From so many own rows on they say more than any other point. */
const ENOUGH_OWN = 2000;
/** Points are related that share at least half of destinations and of context fields. */
const LEAST_SHARED = 0.5;

/**
 * Rated rows of other points that this one may begin from, with their points; none where it has enough of its own.
 * @param peers points of the same tenant: of them those that are related, where none are named
 */
export function relatedRows(
  byPoint: ReadonlyMap<string, readonly DecisionRow[]>,
  decisionPoint: string,
  own: readonly DecisionRow[],
  peers: readonly string[],
  from: LearnOptions["from"] = "related",
): { points: string[]; rows: DecisionRow[] } {
  const last = own.at(-1);
  if (from === "none" || !last || own.length >= ENOUGH_OWN) return { points: [], rows: [] };
  const destinations = new Set(last.candidates);
  const found = new Map<string, DecisionRow[]>();
  for (const name of from === "related" ? peers : from) {
    const all = byPoint.get(name) ?? [];
    if (name === decisionPoint || (from === "related" && !isRelated(all, last))) continue;
    const usable = all.filter((row) => row.reward !== undefined && destinations.has(row.chosen));
    if (usable.length > 0) found.set(name, usable);
  }
  const each = Math.ceil(MOST_ROWS / found.size);
  return { points: [...found.keys()], rows: [...found.values()].flatMap((rows) => rows.slice(-each)) };
}

function isRelated(rows: readonly DecisionRow[], own: DecisionRow): boolean {
  const other = rows.at(-1);
  return (
    other !== undefined &&
    sharedOf(other.candidates, own.candidates) >= LEAST_SHARED &&
    sharedOf(ownFields(other), ownFields(own)) >= LEAST_SHARED
  );
}

/** Where a point stands among others says nothing of what it is asked. */
const ownFields = ({ context }: DecisionRow) => Object.keys(context).filter((field) => !isPathField(field));

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
  onStep: () => void,
): number {
  const encoded = (rows: readonly DecisionRow[]): PolicyRow[] => rows.flatMap((r) => policyRowOf(r, encoders) ?? []);
  const prior = encoded(related);
  const weight = priorWeight(taughtBy(make, prior), placeboOf(make, prior), encoded(own), onStep);
  if (weight > 0) policy.learn(weighted(prior, weight));
  return weight;
}
