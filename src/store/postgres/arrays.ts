/**
 * Arrays in PostgreSQL's binary form, which `pg` sends as they are. As text every value would be quoted here and parsed
 * there, which took two fifths of the server's time for writing.
 */

const INT8 = 20;
const TEXT = 25;
const LF = 0x0a;
/** Dimensions, whether there are nulls, type; then length and first index of the only dimension. */
const HEADER = 20;

function withHeader(bytes: number, type: number, length: number, hasNulls: boolean): Buffer {
  const array = Buffer.allocUnsafe(HEADER + bytes);
  array.writeInt32BE(1, 0);
  array.writeInt32BE(hasNulls ? 1 : 0, 4);
  array.writeInt32BE(type, 8);
  array.writeInt32BE(length, 12);
  array.writeInt32BE(1, 16);
  return array;
}

/** A `bigint[]` of whole numbers. */
export function bigintArray(values: readonly number[]): Buffer {
  const array = withHeader(12 * values.length, INT8, values.length, false);
  let at = HEADER;
  for (const value of values) {
    array.writeInt32BE(8, at);
    // Numbers are exact up to 2^53: two halves are quicker than a bigint.
    array.writeInt32BE(Math.floor(value / 2 ** 32), at + 4);
    array.writeUInt32BE(((value % 2 ** 32) + 2 ** 32) % 2 ** 32, at + 8);
    at += 12;
  }
  return array;
}

/** A `text[]`. */
export function textArray(values: readonly (string | null)[]): Buffer {
  let bytes = 0;
  // As UTF-8 a unit of a string takes three bytes at most; what is left over is cut off.
  for (const value of values) bytes += 4 + 3 * (value?.length ?? 0);
  const array = withHeader(bytes, TEXT, values.length, values.includes(null));
  let at = HEADER;
  for (const value of values) {
    const length = value === null ? -1 : array.write(value, at + 4, "utf8");
    array.writeInt32BE(length, at);
    at += 4 + Math.max(0, length);
  }
  return array.subarray(0, at);
}

/** A `text[]` of the lines of a text. */
export function linesArray(text: string, lines: number): Buffer {
  const source = Buffer.from(text, "utf8");
  // A line feed less than lines, and four bytes for the length of each.
  const array = withHeader(source.length + 1 + 3 * lines, TEXT, lines, false);
  let at = HEADER;
  for (let from = 0; from <= source.length; ) {
    const found = source.indexOf(LF, from);
    const end = found < 0 ? source.length : found;
    array.writeInt32BE(end - from, at);
    source.copy(array, at + 4, from, end);
    at += 4 + end - from;
    from = end + 1;
  }
  return array;
}
