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

async function holdsDecision(store: LearningStore, { workflowId, decisionId }: ValidFeedback): Promise<boolean> {
  for await (const { facts } of store.read("decision", { workflowId }))
    if (facts.some((decision) => decision.decisionId === decisionId)) return true;
  return false;
}

/**
 * A judgement of a decision must name one of its run: another's is refused like one that never was, for it would teach
 * nothing.
 * @param waiting asked where the store has no such decision: whether some of the run may wait to be stored, and how to
 * have it stored
 * @throws FEEDBACK_INVALID
 */
export async function checkDecision(
  valid: ValidFeedback,
  store: LearningStore,
  waiting: { knows?: (workflowId: string) => boolean | Promise<boolean>; flush?: () => Promise<void> },
): Promise<void> {
  if (valid.decisionId === undefined || (await holdsDecision(store, valid))) return;
  if (await waiting.knows?.(valid.workflowId)) {
    if (!waiting.flush) return;
    await waiting.flush();
    if (await holdsDecision(store, valid)) return;
  }
  throw notOfRun(`decisionId = ${show(valid.decisionId)}`, "the decisionId of a decision of the same run");
}

/**
 * What comes by a link was said between the beginning of its run and now.
 * @param linkedAt when the link was made, milliseconds since the epoch: what begins where nothing is stored of the run
 * @throws FEEDBACK_INVALID
 */
export function checkLinked(
  valid: ValidFeedback,
  run: KnownRun | undefined,
  linkedAt: number | undefined,
  nowMs: number,
): void {
  const at = Date.parse(valid.at);
  const earliest = run ? Date.parse(run.at) : linkedAt;
  if (at > nowMs || (earliest !== undefined && at < earliest))
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
