import type { OrchestratorAction } from "./actions.js";
import { ORCHESTRATOR_ACTIONS } from "./actions.js";
import type { Survey } from "./survey.js";

/**
 * Which actions are legal, aligned with `ORCHESTRATOR_ACTIONS`; at least one always is.
 * - a reached budget leaves only `completeTask`, a finished run nothing else either;
 * - scanning needs a territory that is not exhausted, dispatching a ready task with a free agent
 *   (two of them for `dispatchMultipleAgents`), coordination a result or failure to deal with,
 *   monitoring a run not yet measured, optimisation a measurement not yet used, inspiration a source,
 *   a request left and no fresh insight;
 * - completion needs an accepted result, or nothing else that could bring one.
 */
export function legalActions(s: Survey): boolean[] {
  const { state, rules } = s;
  const legal: Record<OrchestratorAction, boolean> = {
    scanTerritories: s.territories.length > 0,
    dispatchSingleAgent: s.assignments.length > 0,
    dispatchMultipleAgents: s.assignments.length > 1,
    coordinateWorkflow: s.produced.length + s.failed.length > 0,
    monitorSystem: state.agents.some((a) => a.window.runs > 0),
    optimizeResources: state.optimizationDue,
    requestInspiration:
      rules.inspiration && s.insights.length === 0 && state.inspirationRequests < rules.maxInspirations,
    completeTask: true,
  };
  if (s.budgetReached || state.report) return ORCHESTRATOR_ACTIONS.map((a) => a === "completeTask");
  const productive = legal.scanTerritories || legal.dispatchSingleAgent || legal.coordinateWorkflow;
  legal.completeTask = !productive || state.tasks.some((t) => t.status === "accepted");
  return ORCHESTRATOR_ACTIONS.map((a) => legal[a]);
}

/** True when the action is legal under the mask. */
export function isLegal(mask: readonly boolean[], action: OrchestratorAction): boolean {
  return mask[ORCHESTRATOR_ACTIONS.indexOf(action)] === true;
}
