/** Why records were lost. */
export type DropReason = "buffer-full" | "store-failed" | "closed" | "invalid";

/** What became of the records, in counts. */
export interface TracerCounters {
  /** Waiting to be written, or being written. */
  queued: number;
  /** Acknowledged by the store. */
  written: number;
  /** Lost, in all and by reason. */
  dropped: number;
  droppedBy: Record<DropReason, number>;
  /** Runs whose trace was left out by sampling; not counted as dropped. */
  sampledOut: number;
  /** Failed writes, repeated ones included. */
  storeErrors: number;
}
