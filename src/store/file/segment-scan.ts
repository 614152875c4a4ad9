import type { FileHandle } from "node:fs/promises";
import { factFrom, messageOf } from "../../core/index.js";
import { type FactKeys, keysOf } from "../facts.js";
import type { FactKind, FactTypes } from "../learning-store.js";
import { factOf, openLine } from "./fact-line.js";
import type { SegmentIndex } from "./segment-index.js";

const LINE_FEED = 10;
const CHUNK = 4 * 1024 * 1024;
/** Rows nearer to each other than this are fetched together. */
const GAP = 64 * 1024;
const RANGE = 1024 * 1024;

/** A line's fact, or why there is none: blanked by an erasure, or damaged. */
export type Line<K extends FactKind> =
  | { state: "fact"; fact: FactTypes[K]; keys: FactKeys }
  | { state: "blank" }
  | { state: "damaged"; flaw: string };

/** Reads one line, which is changed by it. A line that is no fact of this kind counts as damaged. */
export function parseLine<K extends FactKind>(kind: K, bytes: Buffer): Line<K> {
  const text = openLine(bytes);
  if (text === undefined)
    return { state: "damaged", flaw: "its checksum is wrong; remove the crc field of a line edited by hand" };
  if (text.trim() === "") return { state: "blank" };
  let value: unknown;
  try {
    value = factOf(text);
  } catch (error) {
    return { state: "damaged", flaw: messageOf(error) };
  }
  const found = factFrom(kind, value);
  if (found.flaw !== undefined) return { state: "damaged", flaw: found.flaw };
  return { state: "fact", fact: found.fact, keys: keysOf(kind, found.fact) };
}

/**
 * Visits the lines of a segment from a position on, each without its line feed. What stands behind the last line feed is
 * no line: it is torn, or still being written; it is given back.
 */
export async function visitLines(
  handle: FileHandle,
  from: number,
  size: number,
  visit: (offset: number, line: Buffer) => void,
): Promise<Buffer> {
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(1, size - from)));
  let rest: Buffer[] = [];
  let offset = from;
  for (let at = from; at < size; ) {
    const { bytesRead } = await handle.read(chunk, 0, Math.min(chunk.length, size - at), at);
    if (bytesRead === 0) break;
    at += bytesRead;
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, start);
      if (end < 0 || end >= bytesRead) break;
      const piece = chunk.subarray(start, end);
      const line = rest.length > 0 ? Buffer.concat([...rest, piece]) : piece;
      rest = [];
      visit(offset, line);
      offset += line.length + 1;
      start = end + 1;
    }
    if (start < bytesRead) rest.push(Buffer.from(chunk.subarray(start, bytesRead)));
  }
  return Buffer.concat(rest);
}

/** Brings an index up to date with its segment, from where it ends to `size`, whole lines only. */
export async function extendIndex(
  index: SegmentIndex,
  kind: FactKind,
  handle: FileHandle,
  size: number,
): Promise<void> {
  await visitLines(handle, index.bytes, size, (offset, line) => {
    const parsed = parseLine(kind, line);
    if (parsed.state === "fact") index.add(offset, line.length, parsed.keys);
    else if (parsed.state === "damaged") index.damaged += 1;
    index.bytes = offset + line.length + 1;
  });
}

/**
 * Whether a line ends at a position. If not, an index up to there is of what stood there before: the file was edited by
 * hand, or its writer took back a part (a full disk) and wrote something else.
 */
export async function endsLine(handle: FileHandle, position: number): Promise<boolean> {
  if (position === 0) return true;
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, position - 1);
  return bytesRead === 1 && buffer[0] === LINE_FEED;
}

/** Fetches the lines of rows (ascending), near ones in one read; in the order of the rows. */
export async function* fetchLines(
  index: SegmentIndex,
  rows: Uint32Array,
  handle: FileHandle,
): AsyncIterable<{ row: number; line: Buffer }[]> {
  for (let first = 0; first < rows.length; ) {
    const start = index.offset(rows[first]);
    let end = start + index.length(rows[first]);
    let next = first + 1;
    while (next < rows.length) {
      const offset = index.offset(rows[next]);
      const stop = offset + index.length(rows[next]);
      if (offset - end > GAP || stop - start > RANGE) break;
      end = stop;
      next += 1;
    }
    const buffer = Buffer.allocUnsafe(end - start);
    let got = 0;
    while (got < buffer.length) {
      const { bytesRead } = await handle.read(buffer, got, buffer.length - got, start + got);
      if (bytesRead === 0) break;
      got += bytesRead;
    }
    const lines: { row: number; line: Buffer }[] = [];
    for (let i = first; i < next; i++) {
      const row = rows[i];
      const from = index.offset(row) - start;
      lines.push({ row, line: buffer.subarray(Math.min(from, got), Math.min(from + index.length(row), got)) });
    }
    yield lines;
    first = next;
  }
}
