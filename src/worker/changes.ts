// Runs in the learning thread.
import { type DecisionContext, isAsking, standsFor } from "../core/index.js";
import { type DecisionRow, fitEncoder } from "../dataset/index.js";
import type { DestinationChange } from "../evaluation/improvement.js";
import { policyRowOf, type RowEncoders } from "../evaluation/point/encode.js";
import { ChangeWatch } from "../policies/change-points.js";
import { createPolicy, type PolicyRow, type RoutingPolicy } from "../policies/index.js";
import { bestPrior, taughtBy, weighted } from "../policies/prior-weight.js";

/** With fewer rated decisions nothing is looked for. */
const LEAST_ROWS = 150;
/** A watch that begins looks at so many of the newest. */
const MOST_ROWS = 3000;
/** Longer texts are left out: what changed shows in the rest, and they take long to read. */
const LONGEST_WORD = 64;
/** Changes that are remembered. */
const MOST_CHANGES = 50;

type WatchedRow = PolicyRow & { at: string };

/** A watch over a decision point, and the rated decisions that it has taken. */
interface PointWatch {
  encoders: RowEncoders;
  watch: ChangeWatch<WatchedRow>;
  taken: number;
  /** How many there may be before it begins anew, with encoders that know more. */
  until: number;
}

/** By the facts they are about: several loops may live in one process. */
const watches = new WeakMap<object, Map<string, PointWatch>>();

/**
 * The changes of a decision point's destinations up to now: those known, and what the decisions rated since the last
 * look show.
 * @param facts whose memory this is
 */
export function destinationChanges(
  facts: object,
  decisionPoint: string,
  rows: readonly DecisionRow[],
  known: readonly DestinationChange[] = [],
  now: string,
): readonly DestinationChange[] {
  // Who speaks up unasked, about what went wrong say, tells nothing of the rest.
  const asking = isAsking(rows);
  const counts = (r: DecisionRow) =>
    r.reward !== undefined && r.sequelWeight !== 0 && standsFor(r, asking) !== undefined;
  const rated = rows.filter(counts).sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1));
  if (rated.length < LEAST_ROWS) return known;
  const own = watches.get(facts) ?? new Map<string, PointWatch>();
  watches.set(facts, own);
  const before = own.get(decisionPoint);
  const goesOn = before !== undefined && rated.length >= before.taken && rated.length < before.until;
  const held = goesOn ? rated : newestThatHold(rated, known);
  const state = goesOn ? before : opened(held, rated.length);
  own.set(decisionPoint, state);
  const fresh = goesOn ? rated.slice(state.taken) : held;
  state.taken = rated.length;
  const found = state.watch.add(
    fresh.flatMap((row) => {
      const encoded = policyRowOf(withoutTexts(row), state.encoders);
      return encoded ? [{ ...encoded, at: row.at }] : [];
    }),
  );
  if (found.length === 0) return known;
  const changes = found.map(({ candidate, first, before, since, rows }) => ({
    destination: candidate,
    at: first.at,
    seenAt: now,
    shift: since - before,
    decisions: rows,
  }));
  return [...known, ...changes].slice(-MOST_CHANGES);
}

/** When a decision's reward came to be known. */
const timeOf = (row: DecisionRow) => row.ratedAt ?? row.at;

function opened(rows: readonly DecisionRow[], count: number): PointWatch {
  const context = fitEncoder(rows.map((r) => withoutTexts(r).context));
  const features = rows.flatMap((r) => Object.values(r.candidateFeatures ?? {}));
  const make = () => createPolicy({ kind: "auto", dim: context.dim, seed: 1 });
  const encoders = { context, ...(features.length > 0 && { candidate: fitEncoder(features) }) };
  return { encoders, watch: new ChangeWatch(make, MOST_ROWS), taken: 0, until: 2 * count };
}

function withoutTexts(row: DecisionRow): DecisionRow {
  const isShort = (value: unknown) => typeof value !== "string" || value.length <= LONGEST_WORD;
  if (Object.values(row.context).every(isShort)) return row;
  const context = Object.fromEntries(Object.entries(row.context).filter(([, v]) => isShort(v))) as DecisionContext;
  return { ...row, context };
}

const newestThatHold = (rows: readonly DecisionRow[], changes: readonly DestinationChange[]) =>
  rows.slice(-MOST_ROWS).filter(holdsAfter(changes));

/** Whether a decision is not from before its destination last changed. */
export function holdsAfter(
  changes: readonly Pick<DestinationChange, "destination" | "at">[] = [],
): (row: DecisionRow) => boolean {
  const since = new Map<string, string>();
  for (const { destination, at } of changes) if (at > (since.get(destination) ?? "")) since.set(destination, at);
  return (row) => row.at >= (since.get(row.chosen) ?? "");
}

/** Rows of an earlier time of a destination that may teach, the newest. */
const MOST_EARLIER = 1000;

/**
 * Teaches a new policy what a changed destination was like in one of its earlier times: the one that fits its
 * decisions since then best, at the weight they speak for. So a time that comes again is known at once.
 */
export function teachEarlier(
  policy: RoutingPolicy,
  make: () => RoutingPolicy,
  rows: readonly DecisionRow[],
  changes: readonly Pick<DestinationChange, "destination" | "at">[],
  encoders: RowEncoders,
): void {
  for (const destination of new Set(changes.map((c) => c.destination))) {
    const starts = changes.flatMap((c) => (c.destination === destination ? [c.at] : [])).sort();
    const own = rows.filter((r) => r.chosen === destination && r.reward !== undefined);
    const times = ["", ...starts].map((from, i) => own.filter((r) => r.at >= from && r.at < (starts[i] ?? "~")));
    const today = encodedRows(times.pop() ?? [], encoders);
    const earlier = times.filter((t) => t.length > 0).map((t) => encodedRows(t.slice(-MOST_EARLIER), encoders));
    if (today.length === 0 || earlier.length === 0) continue;
    const priors = earlier.map((of) => taughtBy(make, of));
    const { at, weight } = bestPrior(priors, today);
    if (weight > 0) policy.learn(weighted(earlier[at] ?? [], weight));
  }
}

const encodedRows = (rows: readonly DecisionRow[], encoders: RowEncoders) =>
  rows.flatMap((r) => policyRowOf(r, encoders) ?? []);
