import { checkArgument } from "../core/arguments.js";
import type { EventLog, LogCounter } from "./event-log.js";
import { Int32List } from "./growable.js";

/** What is read of a log. */
const LOG = { variantOf: "object", variants: "object" } as const;

/** A contiguous pattern: in how many runs, and how often in all. */
export interface Ngram {
  items: number[];
  support: number;
  occurrences: number;
}

/**
 * Counts of all contiguous n-grams up to `maxN`, kept current run by run. They live in one trie in
 * typed arrays; each n-gram is a node. Each variant's nodes are found once and reused for every further
 * run of it.
 * @example
 * ```ts
 * const log = EventLog.from([{ id: "1", type: "support", activities: ["a", "b"] }]);
 * const counts = new NgramCounts(2);
 * log.attach(counts);
 * counts.frequent(1).length; // 3
 * ```
 */
export class NgramCounts implements LogCounter {
  private readonly parent = new Int32List(1024);
  private readonly item = new Int32List(1024);
  private readonly support = new Int32List(1024);
  private readonly occurrences = new Int32List(1024);
  private table = new Int32Array(4096).fill(-1);
  /** Per variant: where its (node, occurrences) pairs lie in `pairs`; -1 while unseen. */
  private readonly pairsAt = new Int32List(256);
  private readonly pairsEnd = new Int32List(256);
  private readonly pairs = new Int32List(4096);
  private slotOf = new Int32Array(1024);
  private stampOf = new Int32Array(1024);

  constructor(readonly maxN = 6) {
    this.parent.push(-1);
    this.item.push(-1);
    this.support.push(0);
    this.occurrences.push(0);
  }

  add(log: EventLog, row: number): void {
    checkArgument(log, "log", LOG, "PATTERN_INVALID");
    this.change(log, log.variantOf.at(row), 1);
  }

  remove(log: EventLog, row: number): void {
    checkArgument(log, "log", LOG, "PATTERN_INVALID");
    this.change(log, log.variantOf.at(row), -1);
  }

  /** N-grams with at least `minSupport` runs, shorter and smaller items first. */
  frequent(minSupport: number): Ngram[] {
    const found: Ngram[] = [];
    for (let node = 1; node < this.parent.length; node++)
      if (this.support.at(node) >= minSupport && this.support.at(node) > 0) found.push(this.ngram(node));
    return found.sort((a, b) => a.items.length - b.items.length || compare(a.items, b.items));
  }

  /** The frequent n-grams as by `frequent`, each with the variants that have it, ascending. */
  frequentWithVariants(log: EventLog, minSupport: number): (Ngram & { variants: Int32Array })[] {
    const lists = new Map<number, number[]>();
    for (let v = 0; v < this.pairsAt.length; v++) {
      if (this.pairsAt.at(v) < 0 || log.variants.weights.at(v) === 0) continue;
      for (let k = this.pairsAt.at(v); k < this.pairsEnd.at(v); k += 2) {
        const node = this.pairs.at(k);
        if (this.support.at(node) < minSupport) continue;
        const list = lists.get(node);
        if (list) list.push(v);
        else lists.set(node, [v]);
      }
    }
    return [...lists]
      .map(([node, variants]) => ({ ...this.ngram(node), variants: Int32Array.from(variants) }))
      .sort((a, b) => a.items.length - b.items.length || compare(a.items, b.items));
  }

  private ngram(node: number): Ngram {
    return { items: this.itemsOf(node), support: this.support.at(node), occurrences: this.occurrences.at(node) };
  }

  private itemsOf(node: number): number[] {
    const items: number[] = [];
    for (let at = node; at > 0; at = this.parent.at(at)) items.push(this.item.at(at));
    return items.reverse();
  }

  private change(log: EventLog, variant: number, by: number): void {
    while (this.pairsAt.length <= variant) {
      this.pairsAt.push(-1);
      this.pairsEnd.push(-1);
    }
    if (this.pairsAt.at(variant) < 0) this.index(log, variant);
    const { data } = this.pairs;
    const support = this.support.data;
    const occurrences = this.occurrences.data;
    for (let k = this.pairsAt.at(variant); k < this.pairsEnd.at(variant); k += 2) {
      const node = data[k];
      support[node] = support[node] + by;
      occurrences[node] = occurrences[node] + by * data[k + 1];
    }
  }

  private index(log: EventLog, variant: number): void {
    const set = log.variants;
    const items = set.items.data;
    const end = set.end(variant);
    const first = this.pairs.length;
    this.pairsAt.data[variant] = first;
    for (let i = set.start(variant); i < end; i++) {
      let node = 0;
      for (let j = i; j < Math.min(end, i + this.maxN); j++) {
        node = this.child(node, items[j]);
        if (node >= this.slotOf.length) this.growStamps();
        const slot = this.slotOf[node];
        if (this.stampOf[node] === variant + 1 && slot >= first) {
          this.pairs.data[slot + 1] = this.pairs.at(slot + 1) + 1;
          continue;
        }
        this.stampOf[node] = variant + 1;
        this.slotOf[node] = this.pairs.push(node);
        this.pairs.push(1);
      }
    }
    this.pairsEnd.data[variant] = this.pairs.length;
  }

  private growStamps(): void {
    const slots = new Int32Array(this.slotOf.length * 2);
    const stamps = new Int32Array(this.slotOf.length * 2);
    slots.set(this.slotOf);
    stamps.set(this.stampOf);
    this.slotOf = slots;
    this.stampOf = stamps;
  }

  private child(parent: number, item: number): number {
    const mask = this.table.length - 1;
    let slot = hash(parent, item) & mask;
    for (;;) {
      const node = this.table[slot];
      if (node < 0) break;
      if (this.parent.at(node) === parent && this.item.at(node) === item) return node;
      slot = (slot + 1) & mask;
    }
    const node = this.parent.push(parent);
    this.item.push(item);
    this.support.push(0);
    this.occurrences.push(0);
    this.table[slot] = node;
    if (node * 2 > this.table.length) this.rehash();
    return node;
  }

  private rehash(): void {
    this.table = new Int32Array(this.table.length * 2).fill(-1);
    const mask = this.table.length - 1;
    for (let node = 1; node < this.parent.length; node++) {
      let slot = hash(this.parent.at(node), this.item.at(node)) & mask;
      while (this.table[slot] >= 0) slot = (slot + 1) & mask;
      this.table[slot] = node;
    }
  }
}

function hash(parent: number, item: number): number {
  const h = Math.imul(Math.imul(parent, 0x9e3779b1) ^ (item + 0x7f4a7c15), 0x85ebca6b);
  return (h ^ (h >>> 15)) >>> 0;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return 0;
}
