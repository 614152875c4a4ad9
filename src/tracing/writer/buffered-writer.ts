import type { Clock, Decision, Logger, TraceSegment } from "../../core/index.js";
import { isLearningError, messageOf } from "../../core/index.js";
import type { EncodedFact, LearningStore } from "../../store/index.js";
import type { BufferOptions, BufferSettings } from "../options.js";
import { bufferSettings } from "../settings.js";
import type { DropReason, TracerCounters } from "./counters.js";
import { Crowd } from "./crowd.js";
import { flushError } from "./flush-error.js";
import { keepHostAwake } from "./keep-host-awake.js";
import { isUnmade, makeTrace, type WaitingRecord } from "./waiting-record.js";

/** So many traces are made at once: the first of them costs several times as much as each of the others. */
const MADE_AT_ONCE = 16;

/**
 * Holds records until they are written in batches, bounded in number and bytes. Nothing here makes the
 * host wait: adding never blocks, a store that fails is tried again with growing pauses, one that hangs
 * only fills the buffer. When it is full, waiting traces make room for decisions, never the reverse.
 */
export class BufferedWriter {
  private readonly items: WaitingRecord[] = [];
  private bytes = 0;
  private writing: Promise<void> | undefined;
  /** Being written: older than all that wait. */
  private inFlight: readonly WaitingRecord[] = [];
  private cancelTimer: (() => void) | undefined;
  private failures = 0;
  private closed = false;
  private added = 0;
  /** Traces among those that wait which are not made yet. */
  private unmade: WaitingRecord[] = [];
  /** Calls of `flush`, each with the last record it waits for. */
  private waiters: { target: number; resolve: () => void; reject: (error: unknown) => void }[] = [];
  private lastError: unknown;
  private readonly counts = { written: 0, sampledOut: 0, storeErrors: 0 };
  private readonly droppedBy: Record<DropReason, number> = {
    "buffer-full": 0,
    "store-failed": 0,
    closed: 0,
    invalid: 0,
  };
  private readonly limits: BufferSettings;
  private readonly crowd = new Crowd();

  constructor(
    private readonly store: LearningStore,
    private readonly clock: Clock,
    private readonly logger: Logger,
    options: BufferOptions = {},
  ) {
    this.limits = bufferSettings(options);
  }

  /** Queues a trace that is made later: what it is made of must not change. */
  addTrace(make: () => TraceSegment, bytes: number): void {
    this.add({ kind: "trace", fact: make, bytes, seq: this.added + 1 });
    if (this.unmade.length >= MADE_AT_ONCE) this.makeAll();
  }

  addDecision(fact: Decision, bytes: number): void {
    this.add({ kind: "decision", fact, bytes, seq: this.added + 1 });
  }

  private add(item: WaitingRecord): void {
    if (this.closed || !this.makeRoom(item)) {
      this.drop(1, this.closed ? "closed" : "buffer-full");
      return;
    }
    if (isUnmade(item)) this.unmade.push(item);
    this.items.push(item);
    this.bytes += item.bytes;
    this.added += 1;
    if (this.items.length >= this.limits.batchRecords && this.failures === 0) this.pump();
    else this.schedule(this.limits.flushIntervalMs);
    this.crowd.note(2 * this.items.length >= this.limits.maxRecords || 2 * this.bytes >= this.limits.maxBytes);
    const { waitUntil } = this.limits;
    if (waitUntil) keepHostAwake(waitUntil, this.flush(), this.logger);
  }

  /** Makes the traces that wait. */
  private makeAll(): void {
    const refused = this.unmade.splice(0).filter((item) => !this.make(item));
    if (refused.length === 0) return;
    this.items.splice(0, this.items.length, ...this.items.filter((item) => !refused.includes(item)));
    for (const { bytes } of refused) this.bytes -= bytes;
    this.settle();
  }

  /** False when the store refuses the trace. */
  private make(item: WaitingRecord): boolean {
    const { bytes } = item;
    try {
      makeTrace(item, this.store);
      this.bytes += item.bytes - bytes;
      return true;
    } catch (error) {
      this.dropInvalid(error);
      return false;
    }
  }

  countSampledOut(): void {
    this.counts.sampledOut += 1;
  }

  private makeRoom(item: WaitingRecord): boolean {
    // What never fits drives nobody out.
    if (item.bytes > this.limits.maxBytes) return false;
    const full = () =>
      this.items.length + this.inFlight.length >= this.limits.maxRecords ||
      this.bytes + item.bytes > this.limits.maxBytes;
    // No write can end in a program that never lets the event loop turn, however healthy the disk.
    if (full() && this.crowd.isTight && this.failures === 0) this.writeNow();
    while (full()) {
      const victim = item.kind === "decision" ? this.items.findIndex((i) => i.kind === "trace") : -1;
      if (victim < 0) return false;
      const [gone] = this.items.splice(victim, 1);
      this.bytes -= gone.bytes;
      this.unmade = this.unmade.filter((waiting) => waiting !== gone);
      this.drop(1, "buffer-full");
      this.settle();
    }
    return true;
  }

  private drop(n: number, reason: DropReason): void {
    if (this.droppedBy[reason] === 0) this.logger.warn("records are dropped", { reason });
    this.droppedBy[reason] += n;
  }

  private dropInvalid(error: unknown): void {
    const { invalid } = this.droppedBy;
    if (invalid === 0) this.logger.warn("a record that the store refuses is dropped", { reason: messageOf(error) });
    this.droppedBy.invalid += 1;
  }

  /** Appends records of one kind; of those that the store refuses each is dropped by itself. */
  private async appendAll(kind: WaitingRecord["kind"], items: readonly WaitingRecord[]): Promise<void> {
    const facts = items.map((item) => item.fact);
    try {
      if (kind === "decision") await this.store.append(kind, facts as Decision[]);
      else await this.store.append(kind, facts as (TraceSegment | EncodedFact)[]);
      this.counts.written += items.length;
      this.release(items);
    } catch (error) {
      if (!isLearningError(error, "FACT_INVALID")) throw error;
      if (items.length === 1) {
        this.dropInvalid(error);
        return this.release(items);
      }
      // Nothing of the call was stored: the one that is refused is found by halving.
      const middle = items.length >> 1;
      await this.appendAll(kind, items.slice(0, middle));
      await this.appendAll(kind, items.slice(middle));
    }
  }

  /** Records that were in flight have been written or dropped. */
  private release(items: readonly WaitingRecord[]): void {
    const done = new Set(items);
    for (const item of items) this.bytes -= item.bytes;
    this.inFlight = this.inFlight.filter((item) => !done.has(item));
    this.settle();
  }

  private schedule(delayMs: number): void {
    if (this.cancelTimer || this.writing) return;
    this.cancelTimer = this.clock.schedule(() => {
      this.cancelTimer = undefined;
      this.pump();
    }, delayMs);
  }

  private pump(): void {
    if (this.writing || this.items.length === 0) return;
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    this.writing = this.writeBatch().finally(() => {
      this.writing = undefined;
      if (this.items.length === 0) return;
      if (this.failures > 0) this.schedule(this.limits.flushIntervalMs * 2 ** Math.min(this.failures, 6));
      else if (this.items.length >= this.limits.batchRecords || this.waiters.length > 0) this.pump();
      else this.schedule(this.limits.flushIntervalMs);
    });
  }

  /** Writes the oldest records; puts them back in front when the store fails. */
  private async writeBatch(): Promise<void> {
    this.makeAll();
    const batch = this.items.splice(0, this.limits.batchRecords);
    this.inFlight = batch;
    try {
      // Decisions first: they are the rarer and the dearer.
      for (const kind of ["decision", "trace"] as const) {
        const items = batch.filter((item) => item.kind === kind);
        if (items.length > 0) await this.appendAll(kind, items);
      }
      if (this.failures > 0) this.logger.info("the store accepts records again");
      this.failures = 0;
    } catch (error) {
      this.counts.storeErrors += 1;
      this.failures += 1;
      this.lastError = error;
      this.logger.warn("records could not be written", { attempt: this.failures, reason: messageOf(error) });
      const isLast = this.closed || this.failures >= this.limits.maxAttempts || isLearningError(error, "STORE_CLOSED");
      this.failWaiters(error);
      if (isLast) {
        this.drop(this.inFlight.length, this.closed ? "closed" : "store-failed");
        this.failures = 1;
        this.release(this.inFlight);
      } else {
        this.items.unshift(...this.inFlight);
        this.inFlight = [];
      }
    }
  }

  /** Writes what waits before it returns, where the store can. */
  private writeNow(): void {
    if (!this.store.appendSync) return;
    this.makeAll();
    try {
      for (const kind of ["decision", "trace"] as const) {
        const items = this.items.filter((item) => item.kind === kind);
        if (items.length > 0) this.appendNow(kind, items);
        this.items.splice(0, this.items.length, ...this.items.filter((item) => item.kind !== kind));
      }
    } catch (error) {
      this.counts.storeErrors += 1;
      this.logger.warn("records could not be written", { reason: messageOf(error) });
    } finally {
      this.settle();
    }
  }

  /** As `appendAll`, before it returns. */
  private appendNow(kind: WaitingRecord["kind"], items: readonly WaitingRecord[]): void {
    const facts = items.map((item) => item.fact);
    try {
      if (kind === "decision") this.store.appendSync?.(kind, facts as Decision[]);
      else this.store.appendSync?.(kind, facts as (TraceSegment | EncodedFact)[]);
      this.counts.written += items.length;
    } catch (error) {
      if (!isLearningError(error, "FACT_INVALID")) throw error;
      if (items.length > 1) {
        const half = items.length >> 1;
        for (const part of [items.slice(0, half), items.slice(half)]) this.appendNow(kind, part);
        return;
      }
      this.dropInvalid(error);
    }
    for (const item of items) this.bytes -= item.bytes;
  }

  /** Whether `flushSync` is expected to write all that waits. */
  get writesAtOnce(): boolean {
    return this.store.appendSync !== undefined && this.failures === 0;
  }

  /**
   * For the end of the process: writes all that is not acknowledged before it returns. What a store without
   * `appendSync` had not taken is dropped.
   */
  flushSync(): void {
    if (this.items.length > 0) this.writeNow();
    this.unmade = [];
    if (this.items.length > 0) this.drop(this.items.splice(0).length, "closed");
    try {
      this.store.rescue?.();
    } catch (error) {
      this.logger.error("records were lost at the end of the process", { reason: messageOf(error) });
    }
  }

  /** Whether every record up to this one was written or dropped. */
  private isDone(seq: number): boolean {
    const oldest = this.inFlight[0] ?? this.items[0];
    return oldest === undefined || oldest.seq > seq;
  }

  private settle(): void {
    if (this.waiters.length === 0) return;
    const ready = this.waiters.filter((w) => this.isDone(w.target));
    this.waiters = this.waiters.filter((w) => !ready.includes(w));
    for (const { resolve } of ready) resolve();
  }

  private failWaiters(cause: unknown): void {
    for (const { reject } of this.waiters.splice(0)) reject(flushError(messageOf(cause), cause));
  }

  /**
   * Resolves when everything added before is acknowledged by the store. Fails with STORE_IO when the
   * store refuses it or does not answer in time; the records then stay in the buffer.
   */
  async flush(timeoutMs = this.limits.flushTimeoutMs): Promise<void> {
    const target = this.added;
    const lost = this.droppedBy["store-failed"];
    if (!this.isDone(target)) {
      let cancel = () => {};
      try {
        await new Promise<void>((resolve, reject) => {
          const waiter = { target, resolve, reject };
          this.waiters.push(waiter);
          cancel = this.clock.schedule(() => {
            this.waiters = this.waiters.filter((w) => w !== waiter);
            reject(flushError(`no answer within ${timeoutMs} ms`));
          }, timeoutMs);
          this.pump();
        });
      } finally {
        cancel();
      }
    }
    if (this.droppedBy["store-failed"] > lost) throw flushError(messageOf(this.lastError), this.lastError);
  }

  /** Flushes and accepts nothing more. What could not be written is counted as dropped. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      this.closed = true;
      this.cancelTimer?.();
      const left = this.items.splice(0);
      this.unmade = [];
      if (left.length > 0) this.drop(left.length, "closed");
      this.bytes = 0;
      this.settle();
    }
  }

  counters(): TracerCounters {
    const dropped = Object.values(this.droppedBy).reduce((a, b) => a + b, 0);
    return {
      queued: this.items.length + this.inFlight.length,
      ...this.counts,
      dropped,
      droppedBy: { ...this.droppedBy },
    };
  }
}
