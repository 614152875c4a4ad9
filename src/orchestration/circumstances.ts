import type { Assignment } from "./survey.js";
import type { ActionPlan } from "./transition.js";
import type { OrchestrationState, RunCircumstances } from "./types.js";

/** Under what circumstances a plan's assignment is run; what a simulator needs to know of a real run. */
export function circumstancesOf(state: OrchestrationState, plan: ActionPlan, assignment: Assignment): RunCircumstances {
  const workflowOf = (id: string) => state.tasks.find((t) => t.id === id)?.workflow;
  const workflow = workflowOf(assignment.taskId);
  let peers = 0;
  for (const a of plan.assignments) if (a !== assignment && workflowOf(a.taskId) === workflow) peers++;
  for (const t of state.tasks) if (t.status === "produced" && t.workflow === workflow) peers++;
  return {
    load: state.agents.find((a) => a.name === assignment.agent)?.load ?? 0,
    match: assignment.match,
    creative: state.tasks.find((t) => t.id === assignment.taskId)?.creative ?? false,
    inspired: assignment.insightId !== undefined,
    peers,
  };
}
