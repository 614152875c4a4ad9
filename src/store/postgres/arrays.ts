const INT8 = 20;
const TEXT = 25;
/** Dimensions, whether there are nulls, type; then length and first index of the only dimension. */
const HEADER = 20;
/** Larger memory is not kept for the next statement. */
const LARGEST_KEPT = 16 * 1024 * 1024;

/**
 * Arrays in PostgreSQL's binary form, which `pg` sends as they are. As text every value would be quoted here and parsed
 * there, which took two fifths of the server's time for writing. They stand in memory that is used again: megabytes made
 * anew for each statement took a fifth of the client's time, for the system clears them and V8 collects its heap for them.
 */
export class ArrayWriter {
  private memory = Buffer.alloc(0);
  private used = 0;

  /** A `bigint[]` of whole numbers. */
  bigints(values: readonly number[]): Buffer {
    const array = this.begun(12 * values.length, INT8, values.length, false);
    let at = HEADER;
    for (const value of values) {
      array.writeInt32BE(8, at);
      // Numbers are exact up to 2^53: two halves are quicker than a bigint.
      array.writeInt32BE(Math.floor(value / 2 ** 32), at + 4);
      array.writeUInt32BE(((value % 2 ** 32) + 2 ** 32) % 2 ** 32, at + 8);
      at += 12;
    }
    return this.ended(array, at);
  }

  /** A `text[]`. */
  texts(values: readonly (string | null)[]): Buffer {
    let bytes = 0;
    // As UTF-8 a unit of a string takes three bytes at most; what is left over goes to the next array.
    for (const value of values) bytes += 4 + 3 * (value?.length ?? 0);
    const array = this.begun(bytes, TEXT, values.length, values.includes(null));
    let at = HEADER;
    for (const value of values) {
      const length = value === null ? -1 : array.write(value, at + 4, "utf8");
      array.writeInt32BE(length, at);
      at += 4 + Math.max(0, length);
    }
    return this.ended(array, at);
  }

  /** Nobody reads any more what was written. */
  clear(): void {
    this.used = 0;
    if (this.memory.length > LARGEST_KEPT) this.memory = Buffer.alloc(0);
  }

  private begun(bytes: number, type: number, length: number, hasNulls: boolean): Buffer {
    const needed = HEADER + bytes;
    if (this.memory.length - this.used < needed) {
      // Arrays that were written before keep the memory that they stand in.
      this.memory = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.memory.length));
      this.used = 0;
    }
    const array = this.memory.subarray(this.used, this.used + needed);
    array.writeInt32BE(1, 0);
    array.writeInt32BE(hasNulls ? 1 : 0, 4);
    array.writeInt32BE(type, 8);
    array.writeInt32BE(length, 12);
    array.writeInt32BE(1, 16);
    return array;
  }

  private ended(array: Buffer, end: number): Buffer {
    this.used += end;
    return array.subarray(0, end);
  }
}
