import { badCursor } from "../facts.js";
import type { FactKind } from "../learning-store.js";

/** Where a writer's facts of one kind stand. */
export interface LaneState {
  id: number;
  /** Number of the last fact that was committed. */
  seq: number;
  /** Nothing will ever be added. */
  ended: boolean;
}

/**
 * How far a reader has come: in each lane to a number of its own, because only within a lane numbers are committed in
 * order. Lanes up to `base` that are not listed were ended and read to their end, so a cursor grows with the writers
 * of now and not with those of all times.
 */
export interface Position {
  base: number;
  lanes: ReadonlyMap<number, number>;
}

export const FIRST_POSITION: Position = { base: 0, lanes: new Map() };

/** Where a position stands within one lane; undefined where it was read to its end. */
export function seqIn(position: Position, lane: number): number | undefined {
  return position.lanes.get(lane) ?? (lane <= position.base ? undefined : 0);
}

/** The position behind `before`, after reading up to `read` in each of the lanes that were not at their end then. */
export function positionOf(before: Position, lanes: readonly LaneState[], read: (lane: LaneState) => number): Position {
  const listed = new Map<number, number>();
  let { base } = before;
  for (const lane of lanes) {
    base = Math.max(base, lane.id);
    const seq = read(lane);
    if (!lane.ended || seq < lane.seq) listed.set(lane.id, seq);
  }
  return { base, lanes: listed };
}

const LETTER: Record<FactKind, string> = { trace: "t", decision: "d", feedback: "f" };
const FORM = /^pg1([tdf])(\d+)((?:,\d+\.\d+)*)$/;

export function writeCursor(kind: FactKind, { base, lanes }: Position): string {
  return `pg1${LETTER[kind]}${base}${[...lanes].map(([lane, seq]) => `,${lane}.${seq}`).join("")}`;
}

/** @throws STORE_QUERY for a cursor of another store or kind */
export function readCursor(kind: FactKind, cursor: string): Position {
  const [, letter, base, listed] = FORM.exec(cursor) ?? [];
  if (letter !== LETTER[kind] || listed === undefined) throw badCursor(cursor);
  const entries = listed.split(",").filter(Boolean);
  return { base: Number(base), lanes: new Map(entries.map((e) => e.split(".").map(Number) as [number, number])) };
}
