import { checkArgument } from "../core/arguments.js";
import { LearningError } from "../core/index.js";
import { Float64List, Int32List } from "./growable.js";
import { SequenceSet } from "./sequence-set.js";

/** One run as process mining sees it: an id, a type, and its activities in order. */
export interface LogCase {
  id: string;
  /** The kind of work (`workflowType`); comparisons are made within it. */
  type: string;
  activities: readonly string[];
  /** Start of each activity in epoch milliseconds, where known; NaN for single ones that are not. */
  startMs?: readonly number[];
  /** How long each activity took, where known (NaN: not); without, waits run from start to start. */
  durationMs?: readonly number[];
}

/** What is read of a case. */
const CASE = { id: "text", type: "text", activities: "list" } as const;

/** Told of every case that enters or leaves a log; how counts stay current without a recount. */
export interface LogCounter {
  add(log: EventLog, row: number): void;
  remove(log: EventLog, row: number): void;
}

/**
 * The runs of one unit (nodes, tools or agents) in typed arrays: activities interned, sequences
 * interned as variants, times beside them. A case of a known id replaces the earlier one.
 * @example
 * ```ts
 * const log = EventLog.from([
 *   { id: "1", type: "support", activities: ["triage", "billing"] },
 *   { id: "2", type: "support", activities: ["triage", "billing"] },
 * ]);
 * log.size; // 2
 * log.variants.size; // 1
 * ```
 */
export class EventLog {
  readonly activities: string[] = [];
  readonly types: string[] = [];
  readonly ids: string[] = [];
  readonly variants = new SequenceSet();
  /** Per row: variant, type, and whether it still counts. */
  readonly variantOf = new Int32List();
  readonly typeOf = new Int32List();
  readonly alive = new Int32List();
  /** Per row: where its times start in `startMs` and `durationMs`, or -1 when it has none. */
  readonly timesAt = new Int32List();
  readonly startMs = new Float64List();
  /** NaN where unknown. */
  readonly durationMs = new Float64List();
  private readonly activityIndex = new Map<string, number>();
  private readonly typeIndex = new Map<string, number>();
  private readonly rowOf = new Map<string, number>();
  private readonly scratch = new Int32List();
  private readonly counters: LogCounter[] = [];
  private count = 0;

  static from(cases: Iterable<LogCase>): EventLog {
    const log = new EventLog();
    log.add(cases);
    return log;
  }

  /** Runs that count. */
  get size(): number {
    return this.count;
  }

  /** Rows ever added, replaced ones included. */
  get rows(): number {
    return this.ids.length;
  }

  /** Keeps a counter current from now on; it is told of what is already there. */
  attach(counter: LogCounter): void {
    this.counters.push(counter);
    for (let row = 0; row < this.rows; row++) if (this.alive.at(row)) counter.add(this, row);
  }

  add(cases: Iterable<LogCase>): void {
    checkArgument(cases, "cases", "iterable", "PATTERN_INVALID");
    for (const c of cases) {
      checkArgument(c, "a case", CASE, "PATTERN_INVALID");
      this.addCase(c);
    }
  }

  rowOfCase(id: string): number | undefined {
    return this.rowOf.get(id);
  }

  /** The number of an activity's name, or undefined when it never occurred. */
  activity(name: string): number | undefined {
    return this.activityIndex.get(name);
  }

  names(items: ArrayLike<number>): string[] {
    checkArgument(items, "items", "iterable", "PATTERN_INVALID");
    return Array.from(items, (i) => this.activities[i]);
  }

  /** Takes a run out again; unknown ids change nothing. */
  remove(id: string): void {
    const row = this.rowOf.get(id);
    if (row === undefined) return;
    this.rowOf.delete(id);
    this.alive.data[row] = 0;
    this.count--;
    this.variants.addWeight(this.variantOf.at(row), -1);
    for (const counter of this.counters) counter.remove(this, row);
  }

  private addCase(c: LogCase): void {
    const n = c.activities.length;
    if ((c.startMs && c.startMs.length !== n) || (c.durationMs && c.durationMs.length !== n))
      throw new LearningError("PATTERN_INVALID", {
        received: `case ${c.id} with ${n} activities, ${c.startMs?.length ?? 0} starts and ${c.durationMs?.length ?? 0} durations`,
        expected: "as many times as activities, or none",
        remedy: "Align startMs and durationMs with activities.",
      });
    this.remove(c.id);
    this.scratch.length = 0;
    for (const name of c.activities) this.scratch.push(intern(this.activityIndex, this.activities, name));
    const variant = this.variants.intern(this.scratch.data, 0, n);
    const row = this.ids.push(c.id) - 1;
    this.rowOf.set(c.id, row);
    this.variantOf.push(variant);
    this.typeOf.push(intern(this.typeIndex, this.types, c.type));
    this.alive.push(1);
    this.timesAt.push(c.startMs ? this.startMs.length : -1);
    if (c.startMs)
      for (let i = 0; i < n; i++) {
        this.startMs.push(c.startMs[i]);
        this.durationMs.push(c.durationMs?.[i] ?? Number.NaN);
      }
    this.variants.addWeight(variant, 1);
    this.count++;
    for (const counter of this.counters) counter.add(this, row);
  }
}

function intern(index: Map<string, number>, names: string[], name: string): number {
  let i = index.get(name);
  if (i === undefined) {
    i = names.push(name) - 1;
    index.set(name, i);
  }
  return i;
}
