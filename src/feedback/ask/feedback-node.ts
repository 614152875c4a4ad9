import { interrupt } from "@langchain/langgraph";
import { defaultLogger, type Logger, messageOf, type RunConfigLike } from "../../core/index.js";
import type { FeedbackCollector } from "../collect/collector.js";
import type { FeedbackInput } from "../collect/user-feedback.js";

/** What the feedback node's interrupt carries to whoever resumes the graph. */
export interface FeedbackInterrupt {
  type: "feedback-request";
  workflowId: string;
  question: string;
}

/** What the graph is resumed with: the judgement's fields, or false for no answer. */
export type FeedbackAnswer = (Omit<FeedbackInput, "workflowId" | "userId"> & { userId?: string }) | false;

/** Options of {@link createFeedbackNode}. */
export interface FeedbackNodeOptions<S> {
  collector: FeedbackCollector;
  /** What to ask (default "How good was this result?"). */
  question?: string | ((state: S) => string);
  /** Whether to ask at this state (default always). It must answer the same when the node is resumed. */
  when?: (state: S) => boolean;
  /** The rater where the answer names none (default "user"). */
  userId?: string | ((state: S) => string);
  /**
   * The run's id (default: as the collector's `identify` says; `loop.feedback` knows every run of
   * wrapped graphs).
   */
  identify?: (config: RunConfigLike) => { workflowId: string };
  logger?: Logger;
}

/**
 * A graph node that interrupts the run to ask a person, and stores what the graph is resumed with
 * (`new Command({ resume: { cat: { score: 8 } } })`). A wrong or missing answer is logged and the
 * run goes on: feedback never fails a graph. Needs a checkpointer, as every interrupt does.
 */
export function createFeedbackNode<S>(options: FeedbackNodeOptions<S>) {
  const logger = options.logger ?? defaultLogger();
  return async (state: S, config: RunConfigLike): Promise<Record<string, never>> => {
    if (options.when && !options.when(state)) return {};
    const workflowId = options.identify?.(config).workflowId ?? options.collector.identify(config);
    const { question = "How good was this result?", userId = "user" } = options;
    const answer = interrupt<FeedbackInterrupt, FeedbackAnswer>({
      type: "feedback-request",
      workflowId,
      question: typeof question === "function" ? question(state) : question,
    });
    if (!answer) return {};
    try {
      const rater = typeof userId === "function" ? userId(state) : userId;
      await options.collector.submitFeedback({ ...answer, userId: answer.userId ?? rater, workflowId });
    } catch (error) {
      logger.warn("feedback from the graph was not stored", { workflowId, message: messageOf(error) });
    }
    return {};
  };
}
