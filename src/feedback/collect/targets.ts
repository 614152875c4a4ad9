import { type FeedbackRecord, LearningError, show } from "../../core/index.js";
import type { LearningStore } from "../../store/index.js";
import type { KnownRun } from "./known-runs.js";
import type { ValidFeedback } from "./validate.js";

/** A revision or withdrawal must name an earlier judgement of the same run by the same rater. @throws FEEDBACK_INVALID */
export function checkTargets(valid: ValidFeedback, history: readonly FeedbackRecord[]): void {
  const target = valid.revises ?? valid.withdraws;
  if (target === undefined || history.some((r) => r.feedbackId === target && r.userId === valid.userId)) return;
  throw new LearningError("FEEDBACK_INVALID", {
    received: `${valid.revises === undefined ? "withdraws" : "revises"} = ${show(target)}`,
    expected: "the feedbackId of an earlier judgement of the same run by the same rater",
    remedy: "Use the feedbackId that submitFeedback returned.",
  });
}

/**
 * What comes by a link may name nothing but its run: another's decision is refused like one that never was.
 * @throws FEEDBACK_INVALID
 */
export async function checkLinked(
  valid: ValidFeedback,
  run: KnownRun | undefined,
  { store, nowMs }: { store: LearningStore; nowMs: number },
): Promise<void> {
  const { workflowId, decisionId } = valid;
  if (decisionId !== undefined) {
    let isOwn = false;
    for await (const { facts } of store.read("decision", { workflowId }))
      isOwn ||= facts.some((decision) => decision.decisionId === decisionId);
    if (!isOwn) throw notOfRun(`decisionId = ${show(decisionId)}`, "the decisionId of a decision of the same run");
  }
  const at = Date.parse(valid.at);
  if (at > nowMs || (run && at < Date.parse(run.at)))
    throw notOfRun(`at = ${show(valid.at)}`, "a time between the beginning of the run and now");
}

/** A link or key that is good for one submission was used before. */
export function alreadyUsed(): LearningError {
  return new LearningError("FEEDBACK_REFUSED", {
    received: "a link that was already used",
    expected: "one submission per link",
    remedy: "Ask for a new link to change the judgement.",
  });
}

function notOfRun(received: string, expected: string): LearningError {
  return new LearningError("FEEDBACK_INVALID", { received, expected, remedy: "Leave the field out." });
}
