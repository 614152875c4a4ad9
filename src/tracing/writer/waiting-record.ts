import type { Decision, TraceSegment } from "../../core/index.js";
import type { EncodedFact, LearningStore } from "../../store/index.js";

/** A record that waits to be written; `seq` counts all that were ever handed over. */
export interface WaitingRecord {
  seq: number;
  kind: "trace" | "decision";
  bytes: number;
  /** A trace is made when several wait, or when it is written. */
  fact: TraceSegment | EncodedFact | Decision | (() => TraceSegment);
}

/** Whether it is still to be made. */
export function isUnmade(record: WaitingRecord): boolean {
  return typeof record.fact === "function";
}

/**
 * Makes the trace of a record. It waits as one text where the store can write that: the collector has hundreds of
 * objects less to carry along. Fails where the store refuses it.
 */
export function makeTrace(record: WaitingRecord, store: LearningStore): void {
  if (typeof record.fact !== "function") return;
  const trace = record.fact();
  const encoded = store.encode?.("trace", trace);
  record.fact = encoded ?? trace;
  if (encoded) record.bytes = encoded.bytes;
}
