import { hash32 } from "../../core/index.js";

/**
 * Remembers the newest ids, at least `capacity` of them and at most twice as many. Of each only 53 bits of
 * hash are kept, in place of a string that may hold on to all it was put together from: a foreign id passes for
 * a known one about once in 10^11 questions.
 */
export class RecentRuns {
  private young = new Set<number>();
  private old = new Set<number>();

  constructor(private readonly capacity = 50_000) {}

  add(id: string): void {
    this.young.add(keyOf(id));
    if (this.young.size < this.capacity) return;
    this.old = this.young;
    this.young = new Set();
  }

  has(id: string): boolean {
    const key = keyOf(id);
    return this.young.has(key) || this.old.has(key);
  }
}

function keyOf(id: string): number {
  return hash32(id) * 2 ** 21 + (hash32(id, 1) >>> 11);
}
