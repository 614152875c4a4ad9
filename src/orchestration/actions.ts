/** What the orchestrator can do at a step, in the order of every mask, vector and policy output. */
export const ORCHESTRATOR_ACTIONS = [
  "scanTerritories",
  "dispatchSingleAgent",
  "dispatchMultipleAgents",
  "coordinateWorkflow",
  "monitorSystem",
  "optimizeResources",
  "requestInspiration",
  "completeTask",
] as const;

/** One of the eight actions. */
export type OrchestratorAction = (typeof ORCHESTRATOR_ACTIONS)[number];

/** True for the name of an action. */
export function isOrchestratorAction(value: unknown): value is OrchestratorAction {
  return ORCHESTRATOR_ACTIONS.includes(value as OrchestratorAction);
}
