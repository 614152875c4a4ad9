import { LearningError, show } from "../core/index.js";
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

/** A function of inputs and outputs that returns one or several scores. */
export type Evaluator = (
  input: EvaluatorInput,
) => EvaluatorResult | EvaluatorResult[] | Promise<EvaluatorResult | EvaluatorResult[]>;

/**
 * An evaluator's results as feedback: one judgement per key, rated by `evaluator:KEY` with the source
 * `evaluator`, so that it never passes for a person's. Results without a score are left out.
 * @throws FEEDBACK_INVALID for a score that is neither a boolean nor in [0,1]
 */
export function evaluatorFeedback(
  workflowId: string,
  results: EvaluatorResult | readonly EvaluatorResult[],
): FeedbackInput[] {
  return [results].flat().flatMap(({ key, score, comment }) => {
    if (score === undefined || score === null) return [];
    const value = Number(score);
    if (!(value >= 0 && value <= 1))
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

/** Runs an evaluator on a finished run and submits its scores. */
export async function submitEvaluation(
  collector: FeedbackCollector,
  workflowId: string,
  evaluator: Evaluator,
  input: EvaluatorInput,
): Promise<void> {
  for (const feedback of evaluatorFeedback(workflowId, await evaluator(input)))
    await collector.submitFeedback(feedback);
}
