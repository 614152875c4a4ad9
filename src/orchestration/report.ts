import { isOpen } from "./tasks.js";
import type { FinalReport, OrchestrationState } from "./types.js";
import type { Task } from "./work-types.js";

/** Priority-weighted value of accepted work beyond which more of it adds little to satisfaction. */
const SATISFYING_VALUE = 2;

/** The final report of a state. */
export function makeReport(state: OrchestrationState, reason: FinalReport["reason"]): FinalReport {
  const accepted = state.tasks.filter((t) => t.status === "accepted");
  const open = state.tasks.filter(isOpen).length;
  const byStatus = (status: string) => state.workflows.filter((w) => w.status === status).length;
  let weight = 0;
  let value = 0;
  for (const t of accepted) {
    weight += t.priority;
    value += t.priority * (t.quality ?? 0);
  }
  return {
    goal: state.goal,
    results: accepted.map(resultOf),
    unmerged: state.tasks.filter((t) => t.status === "produced").map(resultOf),
    merged: state.workflows.flatMap((w) => (w.result === undefined ? [] : [{ workflow: w.id, content: w.result }])),
    insights: state.insights.map((i) => i.text),
    workflows: { complete: byStatus("complete"), open: byStatus("active"), abandoned: byStatus("abandoned") },
    tasks: { accepted: accepted.length, open, abandoned: state.tasks.length - accepted.length - open },
    meanQuality: weight > 0 ? value / weight : 0,
    satisfaction: predictedSatisfaction(state),
    spent: state.spent,
    retiredAgents: state.agents.filter((a) => a.status === "retired").map((a) => a.name),
    reason,
  };
}

function resultOf(t: Task): FinalReport["results"][number] {
  return { taskId: t.id, title: t.title, agent: t.agent ?? "", quality: t.quality ?? 0, content: t.content ?? "" };
}

/**
 * The satisfaction to expect when nobody was asked and no reward model exists, in [0,1]: the mean
 * quality of what was accepted, times how much of it there is (saturating), times a share between a
 * half and one for how many of the begun workflows were finished. Real feedback replaces it.
 */
function predictedSatisfaction(state: OrchestrationState): number {
  let weight = 0;
  let value = 0;
  const begun = new Set<string>();
  for (const t of state.tasks) {
    if (t.attempts > 0) begun.add(t.workflow);
    if (t.status !== "accepted") continue;
    weight += t.priority;
    value += t.priority * (t.quality ?? 0);
  }
  if (weight === 0) return 0;
  let complete = 0;
  for (const w of state.workflows) if (w.status === "complete") complete++;
  return (value / weight) * (1 - Math.exp(-weight / SATISFYING_VALUE)) * (0.5 + (0.5 * complete) / begun.size);
}
