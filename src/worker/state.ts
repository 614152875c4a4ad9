// Runs in the learning thread.
import type { Decision, FeedbackRecord, Trace, TraceSegment } from "../core/index.js";
import { joinSegments } from "../dataset/index.js";
import { Backlog, type Facts, type WorkerLimits } from "./backlog.js";
import { StatisticsBook } from "./statistics.js";

/** What the worker thread holds between jobs: the facts collected so far, and what jobs leave for each other. */
export interface WorkerState {
  /** The decision of each `decisionId`, the last one written. */
  readonly decisions: ReadonlyMap<string, Decision>;
  /** All feedback facts of a run, in order of arrival. */
  readonly feedback: ReadonlyMap<string, readonly FeedbackRecord[]>;
  /** Trace segments of a run, in order of arrival. */
  readonly traces: ReadonlyMap<string, readonly TraceSegment[]>;
  /** The joined trace of a run; undefined where none of its segments is held. */
  traceOf(workflowId: string): Trace | undefined;
  /** Grows with every addition of something new: views computed for another revision are stale. */
  readonly revision: number;
  /** Things one job leaves for another (trained members, mined counts), by name. */
  readonly shared: Map<string, unknown>;
  /** What decisions taught that are held no more. */
  readonly statistics: StatisticsBook;
}

const DEFAULT_LIMITS: WorkerLimits = { decisions: 200_000, runs: 100_000, traceChars: 256 * 2 ** 20 };

/** The worker's own, changeable side of {@link WorkerState}: a bounded window over the newest facts. */
export class CollectedFacts implements WorkerState {
  readonly decisions = new Map<string, Decision>();
  readonly feedback = new Map<string, FeedbackRecord[]>();
  readonly traces = new Map<string, TraceSegment[]>();
  readonly shared = new Map<string, unknown>();
  readonly statistics = new StatisticsBook();
  private readonly joined = new Map<string, Trace>();
  private readonly traceChars = new Map<string, number>();
  private charsHeld = 0;
  private readonly oldestTraces = new OldestFirst(this.traces);
  private readonly oldestFeedback = new OldestFirst(this.feedback);

  revision = 0;
  /** What is being read at a start. */
  backlog: Backlog;

  constructor(readonly limits: WorkerLimits = DEFAULT_LIMITS) {
    this.backlog = new Backlog(limits);
  }

  /** An empty backlog, in the place of one that was not finished. */
  beginBacklog(): Backlog {
    this.backlog = new Backlog(this.limits);
    return this.backlog;
  }

  /** Takes what the backlog holds, in its order. */
  takeBacklog(): void {
    this.add(this.backlog.inOrder(), this.backlog.charsOf);
    this.beginBacklog();
  }

  traceOf(workflowId: string): Trace | undefined {
    const known = this.joined.get(workflowId);
    if (known) return known;
    const trace = joinSegments(this.traces.get(workflowId) ?? []);
    if (trace) this.joined.set(workflowId, trace);
    return trace;
  }

  /**
   * Adds facts in the order of their append; a fact seen before does not count twice, nor a decision that the statistics
   * hold. What is too much is forgotten.
   */
  add(facts: Facts, charsOf?: ReadonlyMap<TraceSegment, number>): void {
    this.take(facts, charsOf);
    this.trim();
  }

  /** As `add`, and decisions and feedback are not forgotten before `trim` is called. */
  take(facts: Facts, charsOf?: ReadonlyMap<TraceSegment, number>): void {
    let fresh = facts.decision?.length ?? 0;
    for (const d of facts.decision ?? []) if (!this.statistics.holds(d)) this.decisions.set(d.decisionId, d);
    for (const f of facts.feedback ?? [])
      if (addTo(this.feedback, f.workflowId, f, (a) => a.feedbackId === f.feedbackId)) fresh++;
    for (const t of facts.trace ?? []) {
      if (!addTo(this.traces, t.workflowId, t, (a) => a.segmentId === t.segmentId)) continue;
      this.joined.delete(t.workflowId);
      this.weigh(t, charsOf?.get(t) ?? JSON.stringify(t).length);
      fresh++;
    }
    if (fresh > 0) this.revision++;
    while (this.traces.size > this.limits.runs || this.charsHeld > this.limits.traceChars) {
      const workflowId = this.oldestTraces.next();
      if (workflowId === undefined) break;
      this.traces.delete(workflowId);
      this.joined.delete(workflowId);
      this.charsHeld -= this.traceChars.get(workflowId) ?? 0;
      this.traceChars.delete(workflowId);
    }
  }

  /** Forgets the oldest decisions and the oldest feedback beyond the limits. */
  trim(): void {
    forgetOldest(this.decisions, this.limits.decisions);
    while (this.feedback.size > this.limits.runs) {
      const oldest = this.oldestFeedback.next();
      if (oldest === undefined) break;
      this.feedback.delete(oldest);
    }
  }

  private weigh(segment: TraceSegment, chars: number): void {
    this.charsHeld += chars;
    this.traceChars.set(segment.workflowId, (this.traceChars.get(segment.workflowId) ?? 0) + chars);
  }
}

/** Whether the fact was new. */
function addTo<T>(map: Map<string, T[]>, key: string, fact: T, same: (other: T) => boolean): boolean {
  const list = map.get(key);
  if (list?.some(same)) return false;
  if (list) list.push(fact);
  else map.set(key, [fact]);
  return true;
}

/**
 * Keys of a map, oldest first, for whoever takes each out that it is given. A look from the beginning passes all places
 * of those taken out before, which are a hundred thousand.
 */
class OldestFirst {
  private keys: Iterator<string> | undefined;

  constructor(private readonly map: ReadonlyMap<string, unknown>) {}

  next(): string | undefined {
    // An iterator that has ended gives nothing more, whatever is added.
    for (let again = false; ; again = true) {
      this.keys ??= this.map.keys();
      const { done, value } = this.keys.next();
      if (!done) return value;
      this.keys = undefined;
      if (again) return undefined;
    }
  }
}

function forgetOldest<T>(map: Map<string, T>, limit: number): void {
  for (const key of map.keys()) {
    if (map.size <= limit) return;
    map.delete(key);
  }
}
