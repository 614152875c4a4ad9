import { checkArgument } from "../../core/arguments.js";
import { clipped } from "../../core/clipped.js";
import { LearningError, show } from "../../core/index.js";
import { isRecord } from "../../core/is-object.js";
import type { FeedbackCollector } from "./collector.js";
import type { FeedbackInput } from "./user-feedback.js";
import { TEXT_LIMITS } from "./validate.js";

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
 * @throws FEEDBACK_INVALID for an answer of another form, a score that is neither a boolean nor in [0,1], a key that is no
 * name or comes twice
 * @example
 * ```ts
 * const [judgement] = evaluatorFeedback("run-7", { key: "correct", score: true });
 * if (judgement) await collector.submitFeedback(judgement);
 * ```
 */
export function evaluatorFeedback(workflowId: string, answer: EvaluatorAnswer): FeedbackInput[] {
  checkArgument(workflowId, "workflowId", "text", "FEEDBACK_INVALID");
  const given = isRecord(answer) && "results" in answer ? answer["results"] : [answer].flat();
  checkArgument(given, "the evaluator's answer", "objects", "FEEDBACK_INVALID");
  const scored = (given as readonly EvaluatorResult[]).filter(({ score }) => score !== undefined && score !== null);
  const keys = new Set<string>();
  return scored.map(({ key, score, comment }) => {
    if (typeof key !== "string" || key === "" || key === "__proto__" || key.length > TEXT_LIMITS.name || keys.has(key))
      throw refused(
        `the key ${show(key)}${keys.has(key) ? " a second time" : ""}`,
        `a name of 1 to ${TEXT_LIMITS.name} characters, each once`,
        "Name each score of the evaluator.",
      );
    keys.add(key);
    const value = typeof score === "boolean" ? Number(score) : score;
    if (typeof value !== "number" || !(value >= 0 && value <= 1))
      throw refused(
        `the score ${show(score)} of the evaluator ${show(key)}`,
        "a number in [0,1] or a boolean",
        "Scale the evaluator's score before returning it.",
      );
    const input: FeedbackInput = {
      workflowId,
      userId: `evaluator:${key}`,
      source: "evaluator",
      ratings: { [key]: value },
    };
    if (comment === undefined || comment === null || comment === "") return input;
    if (typeof comment === "string") return { ...input, comment: clipped(comment, TEXT_LIMITS.comment) };
    throw refused(`the comment ${show(comment)} of the evaluator ${show(key)}`, "a text", "Leave the comment out.");
  });
}

function refused(received: string, expected: string, remedy: string): LearningError {
  return new LearningError("FEEDBACK_INVALID", { received, expected, remedy });
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
