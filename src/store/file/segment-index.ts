import { crc32 } from "node:zlib";
import { hash32 } from "../../core/index.js";
import { EXACT_FIELDS, type FactKeys } from "../facts.js";
import type { FactQuery } from "../learning-store.js";

const MAGIC = "LCLIDX03";
/** Bytes of one row: position and time as doubles, length and eight hashes as 32-bit integers. */
const ROW_BYTES = 8 + 8 + 4 + 4 * EXACT_FIELDS.length;

/** What an index knows before its rows are loaded. */
export interface IndexHeader {
  /** Bytes of the segment that the index covers; the rest must be scanned. */
  bytes: number;
  count: number;
  /** Earliest and latest time of the facts, milliseconds; NaN in an empty one. */
  minTime: number;
  maxTime: number;
  /** Lines that could not be read. */
  damaged: number;
}

/** Remainders of hashes that are told apart before a set of hashes is asked. */
const SIEVE = 1 << 16;

const timeOf = (text: string | undefined, otherwise: number) => (text === undefined ? otherwise : Date.parse(text));

/** The rows from `first` on, `end` excluded. */
function rowsBetween(first: number, end: number): Uint32Array {
  const rows = new Uint32Array(Math.max(0, end - first));
  for (let i = 0; i < rows.length; i++) rows[i] = first + i;
  return rows;
}

/** Of those, the rows whose column holds a hash. */
function rowsWith(column: Uint32Array, hash: number, first: number, end: number): Uint32Array {
  const found: number[] = [];
  for (let i = first; i < end; i++) if (column[i] === hash) found.push(i);
  return Uint32Array.from(found);
}

/** The hash that stands for a field's value; 0 for a missing one. */
function keyHash(value: string | undefined): number {
  return value === undefined ? 0 : hash32(value) || 1;
}

/**
 * Where each fact of a segment lies and what it is about, in columns of numbers: about 52 bytes per
 * fact. Values are kept as 32-bit hashes, so a match must be checked on the fact itself.
 */
export class SegmentIndex {
  bytes = 0;
  count = 0;
  damaged = 0;
  minTime = Number.NaN;
  maxTime = Number.NaN;
  private offsets = new Float64Array(0);
  private times = new Float64Array(0);
  private lengths = new Uint32Array(0);
  private hashes: Uint32Array[] = EXACT_FIELDS.map(() => new Uint32Array(0));

  /** Adds the fact whose line begins at `offset` and is `length` bytes long, line feed excluded. */
  add(offset: number, length: number, keys: FactKeys): void {
    if (this.count === this.offsets.length) this.grow(Math.max(64, this.count * 2));
    const i = this.count++;
    const time = Date.parse(keys.at);
    this.offsets[i] = offset;
    this.lengths[i] = length;
    this.times[i] = time;
    for (let f = 0; f < EXACT_FIELDS.length; f++) this.hashes[f][i] = keyHash(keys[EXACT_FIELDS[f]]);
    if (!(time >= this.minTime)) this.minTime = time;
    if (!(time <= this.maxTime)) this.maxTime = time;
  }

  offset(i: number): number {
    return this.offsets[i];
  }

  length(i: number): number {
    return this.lengths[i];
  }

  time(i: number): number {
    return this.times[i];
  }

  /** Rows from position `from` on that may satisfy the query, in order. */
  candidates(query: FactQuery, from = 0): Uint32Array {
    const wanted: [Uint32Array, number][] = [];
    EXACT_FIELDS.forEach((field, f) => {
      if (query[field] !== undefined) wanted.push([this.hashes[f], keyHash(query[field])]);
    });
    const first = this.firstFrom(from);
    // The first field is the one that leaves fewest rows; one column at a time is read as fast as memory allows.
    const [narrow, ...others] = wanted;
    let rows = narrow ? rowsWith(...narrow, first, this.count) : rowsBetween(first, this.count);
    for (const [column, hash] of others) rows = rows.filter((i) => column[i] === hash);
    return this.between(rows, timeOf(query.from, Number.NEGATIVE_INFINITY), timeOf(query.to, Number.POSITIVE_INFINITY));
  }

  /** Rows that may belong to any of these runs, in order. */
  rowsOf(runs: ReadonlySet<string>): Uint32Array {
    const hashes = this.hashes[EXACT_FIELDS.indexOf("workflowId")];
    const wanted = new Set(Array.from(runs, keyHash));
    // Nearly all rows are of other runs: the low bits of their hashes say so without a look into the set.
    const maybe = new Uint8Array(SIEVE);
    for (const hash of wanted) maybe[hash % SIEVE] = 1;
    const found: number[] = [];
    for (let i = 0; i < this.count; i++) if (maybe[hashes[i] % SIEVE] === 1 && wanted.has(hashes[i])) found.push(i);
    return Uint32Array.from(found);
  }

  /** The same, within times in milliseconds, `to` excluded. */
  rowsOfBetween(runs: ReadonlySet<string>, from: number, to: number): Uint32Array {
    return this.between(this.rowsOf(runs), from, to);
  }

  private between(rows: Uint32Array, from: number, to: number): Uint32Array {
    if (this.minTime >= from && this.maxTime < to) return rows;
    return rows.filter((i) => !(this.times[i] < from || this.times[i] >= to));
  }

  /** The first row whose line begins at or behind a byte position. */
  private firstFrom(position: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.offsets[middle] < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The same index without some rows. */
  without(gone: ReadonlySet<number>): SegmentIndex {
    const next = new SegmentIndex();
    next.bytes = this.bytes;
    next.damaged = this.damaged;
    next.grow(this.count - gone.size);
    for (let i = 0; i < this.count; i++) {
      if (gone.has(i)) continue;
      const at = next.count++;
      next.offsets[at] = this.offsets[i];
      next.lengths[at] = this.lengths[i];
      const time = this.times[i];
      next.times[at] = time;
      for (let f = 0; f < EXACT_FIELDS.length; f++) next.hashes[f][at] = this.hashes[f][i];
      if (!(time >= next.minTime)) next.minTime = time;
      if (!(time <= next.maxTime)) next.maxTime = time;
    }
    return next;
  }

  private grow(capacity: number): void {
    const offsets = new Float64Array(capacity);
    offsets.set(this.offsets.subarray(0, this.count));
    this.offsets = offsets;
    const times = new Float64Array(capacity);
    times.set(this.times.subarray(0, this.count));
    this.times = times;
    const widen = (column: Uint32Array) => {
      const wider = new Uint32Array(capacity);
      wider.set(column.subarray(0, this.count));
      return wider;
    };
    this.lengths = widen(this.lengths);
    this.hashes = this.hashes.map(widen);
  }

  /** The index as a file: a fixed header with checksum, then the columns. */
  encode(): Buffer {
    const body = Buffer.alloc(this.count * ROW_BYTES);
    let at = 0;
    const put = (column: Float64Array | Uint32Array) => {
      const used = column.subarray(0, this.count);
      body.set(new Uint8Array(used.buffer, used.byteOffset, used.byteLength), at);
      at += used.byteLength;
    };
    put(this.offsets);
    put(this.times);
    put(this.lengths);
    for (const column of this.hashes) put(column);
    const header = Buffer.alloc(HEADER_BYTES);
    header.write(MAGIC, 0, "latin1");
    [this.bytes, this.count, this.minTime, this.maxTime, this.damaged].forEach((value, i) => {
      header.writeDoubleLE(value, 8 + 8 * i);
    });
    header.writeUInt32LE(crc32(body), HEADER_BYTES - 8);
    header.writeUInt32LE(crc32(header.subarray(0, HEADER_BYTES - 4)), HEADER_BYTES - 4);
    return Buffer.concat([header, body]);
  }

  /** Reads what {@link encode} wrote; undefined when it is not intact. */
  static decode(file: Buffer): SegmentIndex | undefined {
    const header = decodeHeader(file);
    if (header === undefined || file.length !== HEADER_BYTES + header.count * ROW_BYTES) return undefined;
    const body = file.subarray(HEADER_BYTES);
    if (crc32(body) !== file.readUInt32LE(HEADER_BYTES - 8)) return undefined;
    const index = new SegmentIndex();
    Object.assign(index, header);
    // Copied out, so that the columns are aligned and the file's buffer can go.
    const raw = new Uint8Array(body).buffer;
    const n = header.count;
    index.offsets = new Float64Array(raw, 0, n);
    index.times = new Float64Array(raw, 8 * n, n);
    index.lengths = new Uint32Array(raw, 16 * n, n);
    index.hashes = EXACT_FIELDS.map((_, f) => new Uint32Array(raw, 20 * n + 4 * n * f, n));
    return index;
  }
}

/** Bytes of an index file's header. */
export const HEADER_BYTES = 8 + 5 * 8 + 8;

/** The header alone; undefined when it is not intact. Columns are in the machine's (little-endian) order. */
export function decodeHeader(file: Buffer): IndexHeader | undefined {
  if (file.length < HEADER_BYTES || file.toString("latin1", 0, 8) !== MAGIC) return undefined;
  if (crc32(file.subarray(0, HEADER_BYTES - 4)) !== file.readUInt32LE(HEADER_BYTES - 4)) return undefined;
  const [bytes, count, minTime, maxTime, damaged] = [0, 1, 2, 3, 4].map((i) => file.readDoubleLE(8 + 8 * i));
  return { bytes, count, minTime, maxTime, damaged } as IndexHeader;
}
