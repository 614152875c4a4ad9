import { checkArgument } from "../../core/arguments.js";
import { LearningError, show } from "../../core/index.js";
import type { FeedbackCollector } from "./collector.js";
import type { FeedbackInput } from "./user-feedback.js";

/** What an evaluator in the manner of LangSmith and openevals gets. */
export interface EvaluatorInput {
  inputs?: unknown;
  outputs?: unknown;
  referenceOutputs?: unknown;
}

/** What it returns: a named score in [0,1], true or false. */
export interface EvaluatorResult {
  key: string;
  score?: number | boolean | null;
  comment?: string | null;
}

/** What an evaluator may answer: one score, several, or LangSmith's list of results. */
export type EvaluatorAnswer = EvaluatorResult | readonly EvaluatorResult[] | { results: readonly EvaluatorResult[] };

/** A function of inputs and outputs that returns one or several scores; openevals' are taken as they are. */
export type Evaluator<I = EvaluatorInput> = (input: I) => EvaluatorAnswer | Promise<EvaluatorAnswer>;

/**
 * An evaluator's results as feedback: one judgement per key, rated by `evaluator:KEY` with the source
 * `evaluator`, so that it never passes for a person's. Results without a score are left out.
 * @throws FEEDBACK_INVALID for a score that is neither a boolean nor in [0,1]
 * @example
 * ```ts
 * const [judgement] = evaluatorFeedback("run-7", { key: "correct", score: true });
 * if (judgement) await collector.submitFeedback(judgement);
 * ```
 */
export function evaluatorFeedback(workflowId: string, answer: EvaluatorAnswer): FeedbackInput[] {
  checkArgument(workflowId, "workflowId", "text", "FEEDBACK_INVALID");
  checkArgument(answer, "the evaluator's answer", Array.isArray(answer) ? "objects" : "object", "FEEDBACK_INVALID");
  const results = "results" in answer ? answer.results : [answer].flat();
  return results.flatMap(({ key, score, comment }) => {
    if (score === undefined || score === null) return [];
    const value = typeof score === "boolean" ? Number(score) : score;
    if (typeof value !== "number" || !(value >= 0 && value <= 1))
      throw new LearningError("FEEDBACK_INVALID", {
        received: `the score ${show(score)} of the evaluator ${show(key)}`,
        expected: "a number in [0,1] or a boolean",
        remedy: "Scale the evaluator's score before returning it.",
      });
    const input: FeedbackInput = {
      workflowId,
      userId: `evaluator:${key}`,
      source: "evaluator",
      ratings: { [key]: value },
    };
    return [comment ? { ...input, comment: comment.slice(0, 20_000) } : input];
  });
}

/**
 * Runs an evaluator on a finished run and submits its scores.
 * @throws what the evaluator throws; FEEDBACK_INVALID, with nothing stored, for a score out of range
 * @example
 * ```ts
 * const isShort: Evaluator = ({ outputs }) => ({ key: "short", score: String(outputs).length < 500 });
 * await submitEvaluation(collector, "run-7", isShort, { outputs: "a long answer" });
 * ```
 */
export async function submitEvaluation<I = EvaluatorInput>(
  collector: FeedbackCollector,
  workflowId: string,
  evaluator: Evaluator<NoInfer<I>>,
  input: I,
): Promise<void> {
  checkArgument(collector, "collector", { submitFeedback: "function" }, "FEEDBACK_INVALID");
  checkArgument(workflowId, "workflowId", "text", "FEEDBACK_INVALID");
  checkArgument(evaluator, "evaluator", "function", "FEEDBACK_INVALID");
  for (const feedback of evaluatorFeedback(workflowId, await evaluator(input)))
    await collector.submitFeedback(feedback);
}
