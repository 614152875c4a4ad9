import { Int32List } from "./growable.js";

/**
 * Distinct sequences of integers, each stored once: the variants of a log. Sequences lie one behind
 * the other in `items`; sequence `v` is `items[offsets[v] .. offsets[v + 1])`. `weights[v]` counts how
 * many runs share it, so that everything counted over variants is exact for the runs.
 * @example
 * ```ts
 * const set = new SequenceSet();
 * set.addWeight(set.intern(Int32Array.of(0, 1, 2), 0, 3), 5); // five runs went 0, 1, 2
 * set.size; // 1
 * ```
 */
export class SequenceSet {
  readonly items = new Int32List(1024);
  readonly offsets = new Int32List(256);
  readonly weights = new Int32List(256);
  private table = new Int32Array(1024).fill(-1);

  constructor() {
    this.offsets.push(0);
  }

  get size(): number {
    return this.weights.length;
  }

  start(v: number): number {
    return this.offsets.at(v);
  }

  end(v: number): number {
    return this.offsets.at(v + 1);
  }

  sequence(v: number): Int32Array {
    return this.items.view(this.start(v), this.end(v));
  }

  /** The number of the sequence, made with weight 0 if it is new. */
  intern(source: Int32Array, from: number, to: number): number {
    let slot = hashOf(source, from, to) & (this.table.length - 1);
    for (;;) {
      const v = this.table[slot];
      if (v < 0) break;
      if (this.equals(v, source, from, to)) return v;
      slot = (slot + 1) & (this.table.length - 1);
    }
    const v = this.size;
    this.table[slot] = v;
    for (let i = from; i < to; i++) this.items.push(source[i]);
    this.offsets.push(this.items.length);
    this.weights.push(0);
    if (this.size * 2 > this.table.length) this.rehash();
    return v;
  }

  addWeight(v: number, change: number): void {
    this.weights.data[v] = this.weights.at(v) + change;
  }

  private equals(v: number, source: Int32Array, from: number, to: number): boolean {
    const start = this.start(v);
    if (this.end(v) - start !== to - from) return false;
    for (let i = from; i < to; i++) if (this.items.data[start + i - from] !== source[i]) return false;
    return true;
  }

  private rehash(): void {
    this.table = new Int32Array(this.table.length * 2).fill(-1);
    for (let v = 0; v < this.size; v++) {
      let slot = hashOf(this.items.data, this.start(v), this.end(v)) & (this.table.length - 1);
      while (this.table[slot] >= 0) slot = (slot + 1) & (this.table.length - 1);
      this.table[slot] = v;
    }
  }
}

function hashOf(source: Int32Array, from: number, to: number): number {
  let h = to - from;
  for (let i = from; i < to; i++) {
    h = Math.imul(h ^ source[i], 0x9e3779b1);
    h ^= h >>> 15;
  }
  h = Math.imul(h, 0x85ebca6b);
  return (h ^ (h >>> 13)) >>> 0;
}
