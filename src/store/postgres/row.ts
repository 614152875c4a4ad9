import { checkFact, digest, type FeedbackRecord, LearningError, type TraceSegment } from "../../core/index.js";
import { comparedRunOf, extremesOf, type FactKeys, keysOf } from "../facts.js";
import type { EncodedFact, FactKind, FactTypes } from "../learning-store.js";
import { KEY_COLUMNS, SOUGHT_COLUMNS } from "./schema.js";
import { searchTermsOf } from "./terms.js";

/** A fact as it will be a row: its text, and what it is found by. */
export class FactRow implements EncodedFact {
  constructor(
    readonly body: string,
    readonly keys: FactKeys,
    /** Values of its sought columns, in their order. */
    readonly sought: readonly (string | null)[],
  ) {}

  get bytes(): number {
    return Buffer.byteLength(this.body);
  }
}

export function rowOf<K extends FactKind>(kind: K, fact: FactTypes[K]): FactRow {
  checkFact(kind, fact);
  return new FactRow(JSON.stringify(fact), keysOf(kind, fact), soughtIn(kind, fact));
}

function soughtIn(kind: FactKind, fact: FactTypes[FactKind]): (string | null)[] {
  if (kind === "trace") return [searchTermsOf(fact as TraceSegment)];
  if (kind !== "feedback") return [];
  const [low, high] = extremesOf(fact as FeedbackRecord) ?? [];
  const compared = comparedRunOf(kind, fact);
  return [textOrNull(low), textOrNull(high), compared === undefined ? null : columnValue(compared)];
}

const textOrNull = (value: number | undefined) => (value === undefined ? null : String(value));

/** Whether this is a fact that {@link rowOf} made. */
export const isRow = (fact: object): fact is FactRow =>
  typeof fact === "object" && fact !== null && "body" in fact && "keys" in fact;

/** An index takes no longer key than about 2,700 bytes. */
const LONGEST_KEY = 400;

/** A key as its column holds it: PostgreSQL takes no NUL, and a long key is kept by its digest. */
export function columnValue(key: string): string {
  const text = key.replaceAll("\0", "\uFFFD");
  return text.length > LONGEST_KEY ? `${text.slice(0, LONGEST_KEY)}~${digest(text)}` : text;
}

const DAY_MS = 86_400_000;
/** What is older, or dated ahead, stands with what arrives now: strange clocks shall not make a partition each. */
export const OLDEST_MS = 730 * DAY_MS;

/** The period of a time. */
export const periodAt = (ms: number, partitionDays: number): number =>
  Math.max(0, Math.floor(ms / (partitionDays * DAY_MS)));

/** The period, and with it the partition, of a fact by its own time. */
function periodOf(atMs: number, nowMs: number, partitionDays: number): number {
  const isStrange = atMs > nowMs || atMs < nowMs - OLDEST_MS;
  return periodAt(isStrange ? nowMs : atMs, partitionDays);
}

/** Facts of one kind on their way, by column. Plain data, so that they may wait in a file as well. */
export interface Columns {
  kind: FactKind;
  periods: number[];
  ats: number[];
  keys: Record<string, (string | null)[]>;
  bodies: readonly string[];
}

/** @throws STORE_IO for a fact without a time that is one */
export function columnsOf(kind: FactKind, rows: readonly FactRow[], nowMs: number, partitionDays: number): Columns {
  const ats = rows.map(({ keys }) => {
    const at = Date.parse(keys.at);
    if (!Number.isNaN(at)) return at;
    throw new LearningError("STORE_IO", {
      received: `a ${kind} of the time ${JSON.stringify(keys.at)}`,
      expected: "an ISO 8601 timestamp",
      remedy: "Give the time as 2026-01-31T12:00:00.000Z.",
    });
  });
  const keys: Columns["keys"] = {};
  for (const [field, column] of KEY_COLUMNS[kind])
    keys[column] = rows.map((row) => (row.keys[field] === undefined ? null : columnValue(row.keys[field])));
  for (const [i, [column]] of SOUGHT_COLUMNS[kind].entries()) keys[column] = rows.map((row) => row.sought[i] ?? null);
  return {
    kind,
    ats,
    periods: ats.map((at) => periodOf(at, nowMs, partitionDays)),
    keys,
    bodies: rows.map((row) => row.body),
  };
}

/** Facts put together by kind, those of each kind in their order. */
export function joinedColumns(parts: readonly Columns[]): Columns[] {
  const byKind = new Map<FactKind, Columns[]>();
  for (const part of parts) byKind.set(part.kind, [...(byKind.get(part.kind) ?? []), part]);
  return [...byKind.values()].map((own) => {
    const first = own[0]!;
    if (own.length === 1) return first;
    return {
      kind: first.kind,
      periods: own.flatMap((part) => part.periods),
      ats: own.flatMap((part) => part.ats),
      keys: Object.fromEntries(
        Object.keys(first.keys).map((column) => [column, own.flatMap((part) => part.keys[column] ?? [])]),
      ),
      bodies: own.flatMap((part) => part.bodies),
    };
  });
}
