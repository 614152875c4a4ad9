import type { EventLog, LogCounter } from "./event-log.js";
import { Float64List, Int32List } from "./growable.js";

/**
 * Counts of the process map that come and go with single runs: how often one activity directly
 * follows another, the time between, the work inside, and where runs start and end.
 * @example
 * ```ts
 * const log = EventLog.from([{ id: "1", type: "support", activities: ["a", "b", "a", "b"] }]);
 * const dfg = new DirectlyFollows();
 * log.attach(dfg);
 * const edge = dfg.edge(0, 1);
 * ```
 */
export class DirectlyFollows implements LogCounter {
  private readonly edges = new Map<number, number>();
  readonly from = new Int32List();
  readonly to = new Int32List();
  readonly count = new Int32List();
  /** Timed events of the edge, and the sum of their waits: next start minus this end, or this start where no end is known. */
  readonly timed = new Int32List();
  readonly waitMs = new Float64List();
  /** Per activity. */
  readonly events = new Int32List();
  readonly workMs = new Float64List();
  readonly timedEvents = new Int32List();
  readonly starts = new Int32List();
  readonly ends = new Int32List();

  add(log: EventLog, row: number): void {
    this.change(log, row, 1);
  }

  remove(log: EventLog, row: number): void {
    this.change(log, row, -1);
  }

  /** The number of an edge, or undefined when it never occurred. */
  edge(from: number, to: number): number | undefined {
    return this.edges.get(from * 0x100000 + to);
  }

  private change(log: EventLog, row: number, by: number): void {
    while (this.events.length < log.activities.length)
      for (const list of [this.events, this.workMs, this.timedEvents, this.starts, this.ends]) list.push(0);
    const variant = log.variantOf.at(row);
    const items = log.variants.items.data;
    const start = log.variants.start(variant);
    const n = log.variants.end(variant) - start;
    if (n === 0) return;
    const times = log.timesAt.at(row);
    const began = log.startMs.data;
    const took = log.durationMs.data;
    bump(this.starts.data, items[start], by);
    bump(this.ends.data, items[start + n - 1], by);
    for (let i = 0; i < n; i++) {
      const a = items[start + i];
      bump(this.events.data, a, by);
      const work = times < 0 ? Number.NaN : took[times + i];
      if (Number.isFinite(work)) {
        bump(this.timedEvents.data, a, by);
        bump(this.workMs.data, a, by * work);
      }
      if (i + 1 === n) break;
      const e = this.edgeOf(a, items[start + i + 1]);
      bump(this.count.data, e, by);
      const wait = times < 0 ? Number.NaN : began[times + i + 1] - began[times + i] - (work || 0);
      if (!Number.isFinite(wait)) continue;
      bump(this.timed.data, e, by);
      bump(this.waitMs.data, e, by * wait);
    }
  }

  private edgeOf(from: number, to: number): number {
    const key = from * 0x100000 + to;
    let e = this.edges.get(key);
    if (e === undefined) {
      e = this.from.push(from);
      this.edges.set(key, e);
      this.to.push(to);
      for (const list of [this.count, this.timed, this.waitMs]) list.push(0);
    }
    return e;
  }
}

function bump(data: Int32Array | Float64Array, at: number, by: number): void {
  data[at] = data[at] + by;
}
