import type { Clock, FeedbackRecord, Logger, RunConfigLike } from "../../core/index.js";
import type { LearningStore } from "../../store/index.js";
import type { RequestOptions, RunToAsk } from "../ask/request-types.js";

/** Options of the `FeedbackCollector`. */
export interface FeedbackCollectorOptions extends RequestOptions {
  /** Where feedback facts go and runs are looked up. */
  store: LearningStore;
  /** Default the machine's clock. */
  clock?: Clock;
  /** Warnings and errors on stderr by default (see `defaultLogger`). */
  logger?: Logger;
  /**
   * Whether a run exists that has left nothing in the store yet (it may still run, or wait in the
   * tracer's buffer). Asked where the store does not know it.
   */
  knows?: (workflowId: string) => boolean | Promise<boolean>;
  /**
   * Which run a config belongs to that LangGraph gives a node (the tracer's `identify`); default
   * `metadata.workflowId`, then the thread's id. Used by `createFeedbackNode`.
   */
  identify?: (config: RunConfigLike) => { workflowId: string };
  /**
   * What is expected of a run that `considerRequest` is asked about: the
   * predicted reward and the standard error of that prediction.
   */
  expect?: (workflowId: string) => Promise<Pick<RunToAsk, "expectedReward" | "uncertainty"> | undefined>;
  /**
   * Least probability in [0,1] of asking about a run, whatever is expected of it: so that what is on trial there
   * is heard of. Asked by `considerRequest`.
   */
  leastProbability?: (workflowId: string) => Promise<number | undefined>;
  /**
   * A text that a person wrote (`field`: comment, correction or tags) as it is kept, where that differs: redacted (the
   * tracer's `keptText`).
   */
  keptText?: (text: string, field: string) => string;
  /** Is told of each judgement that was stored. */
  onStored?: (record: FeedbackRecord) => void;
  /** How far ahead of this clock a judgement's own time may lie (default five minutes). */
  maxClockSkewMs?: number;
}

/** What a measured outcome may come with. */
export interface OutcomeOptions {
  /** The system that measured it (default `outcome`); a later outcome of the same system replaces an earlier one. */
  measuredBy?: string;
  /** Outcomes with the same key count once. */
  idempotencyKey?: string;
  /** The one decision it is about, rather than the run. */
  decisionId?: string;
  at?: string;
}
