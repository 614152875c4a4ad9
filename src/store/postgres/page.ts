import type { Place } from "./sought.js";

/** A fact as a query finds it. */
export interface Row {
  lane: number;
  seq: number;
  at: number;
  /** Null where something is looked for that it does not hold. */
  body: string | null;
}

/** Rows in order; of a search, behind which time nothing is left to look at. */
export interface Page {
  rows: Row[];
  until?: number | undefined;
}

/** The condition to stand behind a row, newest first. */
export const pastPlace = ({ at, lane, seq }: Pick<Row, "at" | "lane" | "seq">, place: Place): string =>
  `(t.at, t.lane, t.seq) < (${place(at)}::bigint, ${place(lane)}::bigint, ${place(seq)}::bigint)`;

/** No page at all. */
export async function* nothing(): AsyncIterable<Page> {}

/** Lists that are each in their order as one: of their first ones, the oldest comes first. */
export function merged(lists: readonly Row[][]): Row[] {
  if (lists.length === 1) return lists[0]!;
  const heads = lists.map(() => 0);
  const all: Row[] = [];
  const total = lists.reduce((sum, list) => sum + list.length, 0);
  while (all.length < total) {
    let best = -1;
    for (const [i, list] of lists.entries()) {
      const head = list[heads[i]!];
      if (head && (best < 0 || head.at < lists[best]![heads[best]!]!.at)) best = i;
    }
    all.push(lists[best]![heads[best]!++]!);
  }
  return all;
}
