import { interrupt } from "@langchain/langgraph";
import { checkArgument } from "../../core/arguments.js";
import {
  defaultLogger,
  harmlessLogger,
  type LearningError,
  type Logger,
  messageOf,
  type RunConfigLike,
  refuseUnknownKeys,
} from "../../core/index.js";
import type { FeedbackCollector } from "../collect/collector.js";
import type { FeedbackInput } from "../collect/user-feedback.js";

/** What the feedback node's interrupt carries to whoever resumes the graph. */
export interface FeedbackInterrupt {
  type: "feedback-request";
  workflowId: string;
  question: string;
  /** Why the answer before this one was refused; absent at the first asking. */
  problem?: string;
}

/** What the graph is resumed with: the judgement's fields, a text as a comment, or false for no answer. */
export type FeedbackAnswer = (Omit<FeedbackInput, "workflowId" | "userId"> & { userId?: string }) | string | false;

/** What its options may hold. */
const OPTIONS: readonly (keyof FeedbackNodeOptions<unknown>)[] = [
  "collector",
  "question",
  "when",
  "userId",
  "identify",
  "maxAsks",
  "logger",
];

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
  /** How often to ask before a wrong answer is let go (default 3). */
  maxAsks?: number;
  logger?: Logger;
}

/**
 * A graph node that interrupts the run to ask a person, and stores what the graph is resumed with
 * (`new Command({ resume: { cat: { score: 8 } } })`). A wrong answer is told by another interrupt, whose `problem` says
 * what is wrong; after `maxAsks` of them, or where the store fails, the run goes on and the loss is logged: feedback
 * never fails a graph. What was refused is counted (`collector.counters()`). Needs a checkpointer, as every interrupt
 * does.
 * @example
 * ```ts
 * builder.addNode("review", createFeedbackNode({ collector, question: "Was it of use?", userId: "alice" }));
 * // later: graph.invoke(new Command({ resume: { cat: { score: 8 } } }), config)
 * ```
 */
export function createFeedbackNode<S>(options: FeedbackNodeOptions<S>) {
  checkArgument(options, "options", { collector: { submitFeedback: "function" } }, "FEEDBACK_INVALID");
  refuseUnknownKeys(options, OPTIONS, "options of createFeedbackNode");
  const logger = options.logger ? harmlessLogger(options.logger) : defaultLogger();
  return async (state: S, config: RunConfigLike): Promise<Record<string, never>> => {
    if (options.when && !options.when(state)) return {};
    const workflowId = options.identify?.(config).workflowId ?? options.collector.identify(config);
    const { collector, question = "How good was this result?", userId = "user", maxAsks = 3 } = options;
    const request: FeedbackInterrupt = {
      type: "feedback-request",
      workflowId,
      question: typeof question === "function" ? question(state) : question,
    };
    let problem: LearningError | undefined;
    for (let asked = 0; asked < maxAsks; asked++) {
      const answer = ask(request, problem, collector);
      if (!answer) return {};
      try {
        const rater = typeof userId === "function" ? userId(state) : userId;
        const fields = fieldsOf(answer);
        const input = { ...fields, userId: fields.userId ?? rater, workflowId };
        problem = collector.problemOf(input);
        if (problem) continue;
        await collector.submitFeedback(input);
      } catch (error) {
        logger.warn("feedback from the graph was not stored", { workflowId, message: messageOf(error) });
      }
      return {};
    }
    if (problem) collector.countRefusal(problem);
    logger.warn("feedback from the graph was refused each time", { workflowId, message: messageOf(problem) });
    return {};
  };
}

/** Answers given before come back by themselves when the node is run again; the newest is refused where it asks anew. */
function ask(request: FeedbackInterrupt, problem: LearningError | undefined, collector: FeedbackCollector) {
  try {
    return interrupt<FeedbackInterrupt, FeedbackAnswer>({ ...request, ...(problem && { problem: problem.message }) });
  } catch (signal) {
    if (problem) collector.countRefusal(problem);
    throw signal;
  }
}

/** What is no judgement at all is left to the collector to refuse. */
function fieldsOf(answer: Exclude<FeedbackAnswer, false>): Partial<FeedbackInput> {
  if (typeof answer === "string") return { comment: answer };
  return typeof answer === "object" && !Array.isArray(answer) ? answer : ({ answer } as Partial<FeedbackInput>);
}
