// Runs in the learning thread.
import { isPathField } from "../core/path-fields.js";
import { type DecisionRow, isUsable } from "../dataset/index.js";
import { policyRowOf, type RowEncoders } from "../evaluation/point/encode.js";
import type { LearnOptions, PolicyRow, RoutingPolicy } from "../policies/index.js";
import { type Kinship, kinshipOf } from "../policies/kinship.js";
import { bestStart, startsOf } from "../policies/prior-weight.js";

/** Rows of related points that teach: the newest, of each point alike many. */
const MOST_ROWS = 2000;
/** From so many own rows on they say more than any other point. */
const ENOUGH_OWN = 2000;
/** Points are related that share at least half of destinations and of context fields. */
const LEAST_SHARED = 0.5;

/** What a point may begin from. */
export interface Related {
  points: string[];
  rows: DecisionRow[];
  /** What its points have in common of which destination is better, where they have. */
  kinship?: Kinship;
}

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
): Related {
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
  const kinship = kinshipOf([...found.values()].map((rows) => rows.filter(isUsable)));
  const rows = [...found.values()].flatMap((of) => of.slice(-each));
  return { points: [...found.keys()], rows, ...(kinship && { kinship }) };
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

/** What a new policy was taught of elsewhere. */
export interface RelatedLesson {
  /** What a row of elsewhere counted for beside an own one; 0 where it taught nothing by itself. */
  weight: number;
  /** What it began from instead: what the points have in common. */
  kinship?: Kinship;
}

/**
 * A new policy that knows of related points what they have in common, or what own rows speak for.
 * @param make a policy without a row
 */
export function taughtByRelated(
  make: () => RoutingPolicy,
  { rows, kinship }: Related,
  own: readonly DecisionRow[],
  encoders: RowEncoders,
  onStep: () => void,
): { policy: RoutingPolicy; lesson: RelatedLesson } {
  const encoded = (of: readonly DecisionRow[]): PolicyRow[] => of.flatMap((row) => policyRowOf(row, encoders) ?? []);
  const { policy, weight, ofKin } = bestStart(startsOf(make, encoded(rows), kinship), encoded(own), onStep);
  return { policy, lesson: { weight, ...(ofKin && { kinship }) } };
}
