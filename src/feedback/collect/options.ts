import { z } from "zod";
import { type Clock, type FeedbackRecord, type RunConfigLike, systemClock } from "../../core/index.js";
import { amount, hostLogger } from "../../core/option-fields.js";
import type { LearningStore } from "../../store/index.js";
import { requestOptionsSchema } from "../ask/request-options.js";
import type { RunToAsk } from "../ask/request-types.js";

/** How judgements are collected. */
export const collectorOptionsSchema = requestOptionsSchema.extend({
  /** Where feedback facts go and runs are looked up. */
  store: z.custom<LearningStore>(),
  /** Default the machine's clock. */
  clock: z.custom<Clock>().default(() => systemClock),
  /** Warnings and errors on stderr by default (see `defaultLogger`). */
  logger: hostLogger,
  /**
   * Whether a run exists that has left nothing in the store yet (it may still run, or wait in the
   * tracer's buffer). Asked where the store does not know it.
   */
  knows: z.custom<(workflowId: string) => boolean | Promise<boolean>>().optional(),
  /**
   * Stores what waits of such runs. Asked where a decision is judged that the store does not have: without it any
   * decision of a run that is known so is taken at its word.
   */
  flush: z.custom<() => Promise<void>>().optional(),
  /**
   * Which run a config belongs to that LangGraph gives a node (the tracer's `identify`); default
   * `metadata.workflowId`, then the thread's id. Used by `createFeedbackNode`.
   */
  identify: z.custom<(config: RunConfigLike) => { workflowId: string }>().optional(),
  /**
   * What is expected of a run that `considerRequest` is asked about: the
   * predicted reward and the standard error of that prediction.
   */
  expect: z
    .custom<(workflowId: string) => Promise<Pick<RunToAsk, "expectedReward" | "uncertainty"> | undefined>>()
    .optional(),
  /**
   * Least probability in [0,1] of asking about a run, whatever is expected of it: so that what is on trial there
   * is heard of. Asked by `considerRequest`.
   */
  leastProbability: z.custom<(workflowId: string) => Promise<number | undefined>>().optional(),
  /**
   * A text that a person wrote (`field`: comment, correction or tags) as it is kept, where that differs: redacted (the
   * tracer's `keptText`).
   */
  keptText: z.custom<(text: string, field: string) => string>().optional(),
  /** Is told of each judgement that was stored. */
  onStored: z.custom<(record: FeedbackRecord) => void>().optional(),
  /** How far ahead of this clock a judgement's own time may lie (default five minutes). */
  maxClockSkewMs: amount.default(300_000),
});
/** Options of the `FeedbackCollector`. */
export type FeedbackCollectorOptions = z.input<typeof collectorOptionsSchema>;

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
