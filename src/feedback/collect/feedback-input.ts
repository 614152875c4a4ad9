import type { FeedbackRecord, FeedbackSource } from "../../core/index.js";

/** What a rater hands in: a feedback record without the fields that the collector adds. */
export interface FeedbackInput
  extends Omit<FeedbackRecord, "schemaVersion" | "feedbackId" | "at" | "source" | "cat" | "askedProbability"> {
  /** Default `human`. */
  source?: FeedbackSource;
  /** When the judgement was made, ISO 8601 UTC; default now. */
  at?: string;
  cat?: { score: number; dimensions?: Record<string, number> };
}
