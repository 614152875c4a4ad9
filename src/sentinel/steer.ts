import type { FallbackReason } from "../core/index.js";
import { isOrchestratorAction } from "../orchestration/index.js";
import { legalOf } from "./control.js";
import type { SentinelStateType, StepRecord } from "./state.js";

/** Reasons for which a decision point that was meant to follow a policy fell back. */
const DOUBTS: ReadonlySet<string> = new Set<FallbackReason>([
  "no-policy",
  "context-error",
  "policy-error",
  "unknown-destination",
  "time-budget",
  "reward-floor",
]);

/** What will be done, who says so, and the reason to count when the baseline had to step in. */
export interface Course extends Omit<StepRecord, "step"> {
  fallback?: string;
}

/**
 * The course of a step from what the state holds: the only legal action; a person's; the advice; or
 * the rule-based baseline where the advice is missing, unknown, illegal or built on values that are no
 * numbers. A pure function, asked by the edges and by the action that follows them.
 */
export function courseOf(s: Pick<SentinelStateType, "outlook" | "advice" | "override">): Course {
  const { outlook, advice, override } = s;
  const { baseline } = outlook;
  const legal = legalOf(outlook);
  // A person may end the run at any time.
  if (override && (outlook.legal[override.action] || override.action === "completeTask"))
    return { action: override.action, source: "human", why: override.why, baseline };
  if (legal.length === 1) return { action: legal[0], source: "only", why: "nothing else is legal", baseline };
  const instead = (fallback: string, why: string): Course => ({
    action: baseline,
    source: "fallback",
    why,
    baseline,
    fallback,
  });
  if (!advice) return instead("no-advice", "no advice was given");
  const { destination, source, why } = advice;
  if (!isOrchestratorAction(destination))
    return instead("unknown-action", `the advisor named ${String(destination)}, which is no action`);
  if (!outlook.legal[destination]) return instead("illegal-action", `${destination} is not legal now`);
  if (source === "policy") return { action: destination, source, why, baseline };
  if (why === "exploration") return { action: destination, source: "exploration", why, baseline };
  const course: Course = { action: destination, source: "fallback", why, baseline };
  return DOUBTS.has(why) ? { ...course, fallback: why } : course;
}
