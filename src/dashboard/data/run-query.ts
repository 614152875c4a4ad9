import type { FactQuery } from "../../store/index.js";
import { Refusal } from "./errors.js";

/** What a list of runs is narrowed to. All given conditions hold together. */
export interface RunFilter {
  type?: string;
  status?: string;
  /** ISO 8601: from inclusive, to exclusive. */
  from?: string;
  to?: string;
  /** Of one of the run's decisions. */
  point?: string;
  destination?: string;
  version?: string;
  /** Of the run, in [0,1]; only judged runs are shown when one is given. */
  minReward?: number;
  maxReward?: number;
  /** Text in the run's tags or its metadata, or at the beginning of its id, its thread's or its person's. */
  text?: string;
  /** `FROM>TO`, an edge that was taken. */
  edge?: string;
  /** Name of a node in which something failed. */
  failed?: string;
}

/** Where a page ended: the time of its last segment, and the ids of that time that were shown. */
export interface RunCursor {
  at: string;
  seen: string[];
}

const TEXTS = ["type", "status", "from", "to", "point", "destination", "version", "text", "edge", "failed"] as const;
const NUMBERS = ["minReward", "maxReward"] as const;

/** Reads a filter from a query string. */
export function parseFilter(params: URLSearchParams): RunFilter {
  const filter: RunFilter = {};
  for (const name of TEXTS) {
    const value = params.get(name);
    if (value) filter[name] = value;
  }
  for (const name of NUMBERS) {
    const value = params.get(name);
    if (!value) continue;
    const parsed = Number(value);
    if (!(parsed >= 0 && parsed <= 1)) throw new Refusal(400, `${name} must be a number from 0 to 1.`);
    filter[name] = parsed;
  }
  for (const name of ["from", "to"] as const)
    if (filter[name] !== undefined && Number.isNaN(Date.parse(filter[name])))
      throw new Refusal(400, `${name} must be a time such as 2026-01-31T12:00:00.000Z.`);
  return filter;
}

/** Reads a cursor that {@link cursorText} wrote. */
export function parseCursor(text: string | null): RunCursor | undefined {
  if (!text) return undefined;
  try {
    const [at, seen] = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as [unknown, unknown];
    // The moment after it is asked for as well, and the last one that there is has none.
    const isTime = typeof at === "string" && !Number.isNaN(new Date(Date.parse(at) + 1).getTime());
    if (!isTime || !Array.isArray(seen)) throw new Error("wrong shape");
    return { at, seen: seen.map(String) };
  } catch {
    throw new Refusal(400, "cursor is none of an earlier page: begin without one.");
  }
}

/** A cursor as a text for a link. */
export function cursorText({ at, seen }: RunCursor): string {
  return Buffer.from(JSON.stringify([at, seen])).toString("base64url");
}

/** The part of a filter that a store answers by its index, from a cursor on. */
export function indexed(filter: RunFilter, cursor: RunCursor | undefined): FactQuery {
  // The cursor's own moment is read again, for more may have happened in it than was shown.
  const behind = cursor && new Date(Date.parse(cursor.at) + 1).toISOString();
  const to = [filter.to, behind].filter((t) => t !== undefined).sort((a, b) => Date.parse(a) - Date.parse(b))[0];
  return {
    latest: true,
    ...(filter.type !== undefined && { workflowType: filter.type }),
    ...(filter.status !== undefined && { status: filter.status }),
    ...(filter.from !== undefined && { from: filter.from }),
    ...(to !== undefined && { to }),
  };
}
