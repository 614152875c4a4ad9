import { LearningError, messageOf } from "../core/index.js";
import type { LangSmithRun } from "./langsmith-runs.js";

/** A judgement as LangSmith's API gives it, as far as it is read here. */
export interface LangSmithFeedback {
  id: string;
  run_id?: string | null;
  key: string;
  score?: number | boolean | null;
  /** A category, where the score is none. */
  value?: unknown;
  comment?: string | null;
  created_at?: string;
  feedback_source?: { type?: string; metadata?: Record<string, unknown> | null; user_id?: string | null } | null;
}

/** The part of LangSmith's `Client` that is used; pass your own client. */
export interface LangSmithClient {
  runs: { query(params: object): AsyncIterable<LangSmithRun> | PromiseLike<AsyncIterable<LangSmithRun>> };
  createFeedback(params: {
    runId: string;
    sessionId: string;
    key: string;
    score?: number;
    comment?: string;
    feedbackId: string;
    sourceInfo: object;
    extendTraceRetention: false;
  }): Promise<unknown>;
  listFeedback(params: { runIds: string[] }): AsyncIterable<LangSmithFeedback>;
}

/**
 * Runs a call to LangSmith.
 * @param what names it in the error
 * @throws INTEGRATION_FAILED with LangSmith's own words
 */
export async function reading<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new LearningError("INTEGRATION_FAILED", {
      received: `a failure of LangSmith on ${what} (${messageOf(cause).slice(0, 200)})`,
      expected: "an answer",
      remedy: "Check the key, the project id and the limits of the plan, then call again: nothing is taken twice.",
      cause,
    });
  }
}
