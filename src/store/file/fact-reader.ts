import type { FileHandle } from "node:fs/promises";
import { isoTime, type LearningError } from "../../core/index.js";
import { badCursor, checkQuery, DEFAULT_BATCH_SIZE, matches, textToFind } from "../facts.js";
import type { FactBatch, FactKind, FactQuery, FactTypes } from "../learning-store.js";
import { codedIo } from "./io.js";
import type { SegmentFolder, StoredSegment } from "./segment-folder.js";
import type { SegmentIndex } from "./segment-index.js";
import { fetchLines, parseLine } from "./segment-scan.js";

/**
 * A position in a log: every segment up to `floor` is sealed and wholly read; of the others, how many
 * bytes are.
 */
interface Position {
  floor: string;
  read: Record<string, number>;
}

function parsePosition(cursor: string | undefined): Position {
  if (cursor === undefined) return { floor: "", read: {} };
  try {
    const [floor, read] = JSON.parse(cursor) as [unknown, unknown];
    if (typeof floor !== "string" || typeof read !== "object" || read === null) throw new Error("wrong shape");
    if (Object.values(read).some((n) => !Number.isInteger(n) || n < 0)) throw new Error("wrong numbers");
    return { floor, read: { ...(read as Record<string, number>) } };
  } catch (cause) {
    throw badCursor(cursor, cause);
  }
}

/** The position as a cursor, its floor moved over the segments that are done with for good. */
function cursorOf(position: Position, segments: readonly StoredSegment[]): string {
  for (const { name, state, size } of segments) {
    if (name <= position.floor) continue;
    if (state !== "sealed" || (position.read[name] ?? 0) < size) break;
    position.floor = name;
  }
  const present = new Set(segments.map((s) => s.name));
  for (const name of Object.keys(position.read))
    if (name <= position.floor || !present.has(name)) delete position.read[name];
  return JSON.stringify([position.floor, position.read]);
}

/** Reads the facts of one kind from its segments. */
export class FactReader<K extends FactKind> {
  constructor(
    private readonly segments: SegmentFolder,
    private readonly kind: K,
    private readonly isClosed: () => LearningError | undefined,
  ) {}

  read(query: FactQuery): AsyncIterable<FactBatch<FactTypes[K]>> {
    return this.coded(query.latest ? this.latest(query) : this.forward(query));
  }

  /** The facts of some runs, segment by segment, each of which is opened once. */
  async ofRuns(runs: ReadonlySet<string>, { from, to }: Pick<FactQuery, "from" | "to">): Promise<FactTypes[K][]> {
    const found: FactTypes[K][] = [];
    const query = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
    this.check(query);
    const min = from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from);
    const max = to === undefined ? Number.POSITIVE_INFINITY : Date.parse(to);
    try {
      for (const segment of await this.segments.list()) {
        if (await this.outside(segment, query)) continue;
        const index = await this.segments.indexOf(segment);
        const rows = index.rowsOfBetween(runs, min, max);
        if (rows.length === 0) continue;
        const handle = await this.segments.openForReading(segment.name);
        if (handle === undefined) continue;
        try {
          for await (const lines of fetchLines(index, rows, handle))
            for (const { line } of lines) {
              const parsed = parseLine(this.kind, line);
              if (parsed.state === "fact" && runs.has(parsed.keys.workflowId)) found.push(parsed.fact);
            }
        } finally {
          await handle.close();
        }
      }
    } catch (cause) {
      throw codedIo("reading from", this.segments.folder, cause);
    }
    this.check(query);
    return found;
  }

  private async *coded(batches: AsyncIterable<FactBatch<FactTypes[K]>>): AsyncIterable<FactBatch<FactTypes[K]>> {
    try {
      yield* batches;
    } catch (cause) {
      throw codedIo("reading from", this.segments.folder, cause);
    }
  }

  private async *forward(query: FactQuery): AsyncIterable<FactBatch<FactTypes[K]>> {
    this.check(query);
    const position = parsePosition(query.after);
    const segments = await this.segments.list();
    const size = query.batchSize ?? DEFAULT_BATCH_SIZE;
    let left = query.limit ?? Number.POSITIVE_INFINITY;
    let facts: FactTypes[K][] = [];
    for (const segment of segments) {
      if (left <= 0) break;
      if (segment.name <= position.floor) continue;
      const end = await this.endOf(segment);
      if (await this.outside(segment, query)) {
        position.read[segment.name] = end;
        continue;
      }
      for await (const found of this.scan(segment, query, position.read[segment.name] ?? 0)) {
        position.read[segment.name] = found.end;
        if (found.fact === undefined) continue;
        facts.push(found.fact);
        left -= 1;
        if (facts.length < size && left > 0) continue;
        this.check(query);
        yield { facts, cursor: cursorOf(position, segments) };
        facts = [];
        if (left <= 0) break;
      }
    }
    if (facts.length > 0) yield { facts, cursor: cursorOf(position, segments) };
  }

  /** The matching facts of one segment from a byte on, each with the byte behind it; at last the segment's end. */
  private async *scan(
    segment: StoredSegment,
    query: FactQuery,
    from: number,
  ): AsyncIterable<{ fact?: FactTypes[K]; end: number }> {
    let index = await this.segments.indexOf(segment);
    const endOf = (at: number, bytes: number) => (segment.state === "sealed" ? segment.size : Math.max(at, bytes));
    let wanted = index.candidates(query, from);
    if (wanted.length === 0) {
      yield { end: endOf(from, index.bytes) };
      return;
    }
    const handle = await this.segments.openForReading(segment.name);
    if (handle === undefined) return;
    try {
      // What is appended while reading stays for the next reading: a fixed end keeps the cursor true.
      const bytes = index.bytes;
      let at = from;
      again: for (;;) {
        for await (const lines of fetchLines(index, wanted, handle)) {
          for (const { row, line } of lines) {
            const parsed = parseLine(this.kind, line);
            if (parsed.state === "damaged") {
              const anew = await this.segments.rebuild(segment);
              if (anew !== undefined) {
                index = anew;
                wanted = index.candidates(query, at);
                continue again;
              }
              continue;
            }
            at = index.offset(row) + index.length(row) + 1;
            if (parsed.state === "fact" && matches(parsed.keys, query)) yield { fact: parsed.fact, end: at };
          }
        }
        break;
      }
      yield { end: endOf(at, bytes) };
    } finally {
      await handle.close();
    }
  }

  private async *latest(query: FactQuery): AsyncIterable<FactBatch<FactTypes[K]>> {
    this.check(query);
    const all = await this.segments.list();
    const head: Position = { floor: "", read: {} };
    const timed: { segment: StoredSegment; maxTime: number }[] = [];
    for (const segment of all) {
      head.read[segment.name] = await this.endOf(segment);
      if (await this.outside(segment, query)) continue;
      const { maxTime } = await this.segments.timesOf(segment);
      if (!Number.isNaN(maxTime)) timed.push({ segment, maxTime });
    }
    const cursor = cursorOf(head, all);
    timed.sort((a, b) => b.maxTime - a.maxTime || (a.segment.name < b.segment.name ? 1 : -1));
    const size = query.batchSize ?? DEFAULT_BATCH_SIZE;
    let left = query.limit ?? Number.POSITIVE_INFINITY;
    const open: Newest[] = [];
    let ready: FactTypes[K][] = [];
    for (let s = 0; s < timed.length && left > 0; s++) {
      const { segment } = timed[s];
      open.push(newestOf(segment, await this.segments.indexOf(segment), query));
      // Only what is newer than anything in the segments still to come may be given out.
      const next = timed[s + 1]?.maxTime ?? Number.NEGATIVE_INFINITY;
      while (left > 0) {
        const part = take(open, Math.min(size - ready.length, left), next);
        if (part.length === 0) break;
        for (const fact of await this.fetch(part, query)) {
          ready.push(fact);
          left -= 1;
        }
        // Who looks for a text is told how far that has come, found or not.
        const looked = query.text !== undefined && lookedAt(part);
        if (ready.length < size && left > 0 && !looked) continue;
        this.check(query);
        yield { facts: ready, cursor, ...(looked && { looked }) };
        ready = [];
      }
    }
    if (ready.length > 0) yield { facts: ready, cursor };
  }

  /** The facts behind pointers, in the pointers' order; those gone or not matching are left out. */
  private async fetch(pointers: Pointer[], query: FactQuery): Promise<FactTypes[K][]> {
    const facts: (FactTypes[K] | undefined)[] = new Array(pointers.length);
    const bySegment = new Map<string, number[]>();
    pointers.forEach((p, i) => {
      const list = bySegment.get(p.segment.name);
      if (list) list.push(i);
      else bySegment.set(p.segment.name, [i]);
    });
    const text = query.text && textToFind(query.text);
    for (const [name, places] of bySegment) {
      const handle: FileHandle | undefined = await this.segments.openForReading(name);
      if (handle === undefined) continue;
      try {
        const placeOf = new Map(places.map((i) => [pointers[i].row, i]));
        const rows = Uint32Array.from(placeOf.keys()).sort();
        for await (const lines of fetchLines(pointers[places[0]].index, rows, handle))
          for (const { row, line } of lines) {
            if (text && !mayHold(line, text)) continue;
            const parsed = parseLine(this.kind, line);
            if (parsed.state === "fact" && matches(parsed.keys, query)) facts[placeOf.get(row) as number] = parsed.fact;
          }
      } finally {
        await handle.close();
      }
    }
    return facts.filter((fact) => fact !== undefined);
  }

  /** The position behind a segment: a sealed one is done with, whatever its last bytes are. */
  private async endOf(segment: StoredSegment): Promise<number> {
    return segment.state === "sealed" ? segment.size : (await this.segments.indexOf(segment)).bytes;
  }

  /** Whether a segment holds nothing of the times asked for. */
  private async outside(segment: StoredSegment, query: FactQuery): Promise<boolean> {
    if (query.from === undefined && query.to === undefined) return false;
    const { minTime, maxTime } = await this.segments.timesOf(segment);
    if (Number.isNaN(minTime)) return true;
    if (query.from !== undefined && maxTime < Date.parse(query.from)) return true;
    return query.to !== undefined && minTime >= Date.parse(query.to);
  }

  private check(query: FactQuery): void {
    const closed = this.isClosed();
    if (closed) throw closed;
    checkQuery(query);
  }
}

interface Pointer {
  segment: StoredSegment;
  index: SegmentIndex;
  row: number;
  time: number;
}

function lookedAt(pointers: readonly Pointer[]): FactBatch<unknown>["looked"] {
  const oldest = pointers.at(-1)?.time;
  return oldest === undefined || Number.isNaN(oldest) ? undefined : { facts: pointers.length, until: isoTime(oldest) };
}

/** Whether a line holds a text of plain lower-case letters, letter case aside. */
function mayHold(line: Buffer, text: string): boolean {
  return line.toString("latin1").toLowerCase().includes(text);
}

/** The matching rows of one segment, the newest at the end, and how many were not given out yet. */
interface Newest {
  segment: StoredSegment;
  index: SegmentIndex;
  rows: Uint32Array;
  left: number;
}

function newestOf(segment: StoredSegment, index: SegmentIndex, query: FactQuery): Newest {
  const rows = index.candidates(query);
  // Facts come nearly always in the order of their time: then nothing needs to be sorted.
  if (!isOrdered(index, rows)) rows.sort((a, b) => index.time(a) - index.time(b) || a - b);
  return { segment, index, rows, left: rows.length };
}

function isOrdered(index: SegmentIndex, rows: Uint32Array): boolean {
  let last = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    const time = index.time(row);
    if (time < last) return false;
    last = time;
  }
  return true;
}

/** Takes up to `most` pointers, the newest first, as long as they are newer than `limit`. */
function take(open: Newest[], most: number, limit: number): Pointer[] {
  const taken: Pointer[] = [];
  while (taken.length < most) {
    let best: Pointer | undefined;
    let from: Newest | undefined;
    for (const source of open) {
      if (source.left === 0) continue;
      const row = source.rows[source.left - 1]!;
      const { segment, index } = source;
      const pointer = { segment, index, row, time: index.time(row) };
      if (best && newestFirst(best, pointer) <= 0) continue;
      best = pointer;
      from = source;
    }
    // Without a limit to come (-Infinity) everything is given out, rows without a time included.
    if (!best || !from || !(best.time > limit || limit === Number.NEGATIVE_INFINITY)) break;
    from.left--;
    taken.push(best);
  }
  return taken;
}

/** By time; of one moment, what was appended last comes first. */
function newestFirst(a: Pointer, b: Pointer): number {
  if (a.time !== b.time) return b.time - a.time;
  if (a.segment.name !== b.segment.name) return a.segment.name < b.segment.name ? 1 : -1;
  return b.row - a.row;
}
