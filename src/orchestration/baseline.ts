import type { OrchestratorAction } from "./actions.js";
import type { AgentRecord } from "./agent-types.js";
import { allocateSlots } from "./health.js";
import { isLegal, legalActions } from "./mask.js";
import type { Survey } from "./survey.js";

/**
 * The rule-based router: what the orchestrator does without a policy, and the baseline every policy
 * is measured against. The first rule that applies, among the legal actions, decides:
 *
 * 1. results or failures wait and nothing can start without them, or the time left is shorter than
 *    the next fan-out, or results fill a whole fan-out: `coordinateWorkflow`;
 * 2. a fifth or more of at least three unmeasured runs failed, or ready work waits for slots that agents
 *    are declared for and do not have yet: `monitorSystem`; a measurement shows an agent that ought to be
 *    retired, or there is more ready work than slots: `optimizeResources`;
 * 3. nothing is ready, or less than two fan-outs' worth while 40 % of the time is left: `scanTerritories`;
 * 4. half or more of the next fan-out is creative and no insight is fresh: `requestInspiration`;
 * 5. two or more tasks can start: `dispatchMultipleAgents`; one: `dispatchSingleAgent`.
 */
export function baselineAction(s: Survey): OrchestratorAction {
  const mask = legalActions(s);
  for (const action of preferences(s)) if (isLegal(mask, action)) return action;
  return "completeTask";
}

function* preferences(s: Survey): Generator<OrchestratorAction> {
  const { state, rules } = s;
  const waiting = s.produced.length + s.failed.length;
  const width = s.assignments.length;
  const durations = s.assignments.map((a) => state.agents.find((x) => x.name === a.agent)?.health.durationMs ?? 0);
  const left = (state.budget.timeMs ?? Number.POSITIVE_INFINITY) - state.spent.timeMs;
  const stepsLeft = state.budget.steps - 1 - state.spent.steps;
  const late = Math.max(0, ...durations) > left || stepsLeft <= 1;
  if (waiting > 0 && (width === 0 || late || s.produced.length >= rules.parallelism)) yield "coordinateWorkflow";
  if (late) yield "completeTask";
  const runs = state.agents.reduce((n, a) => n + a.window.runs, 0);
  const failures = state.agents.reduce((n, a) => n + a.window.failures, 0);
  if ((runs >= 3 && failures / runs >= 0.2) || lacksSlots(s)) yield "monitorSystem";
  const weak = state.agents.some((a) => a.status === "active" && a.health.reliability < rules.retireBelow);
  if (weak || s.ready.length > width) yield "optimizeResources";
  const hurried = state.budget.timeMs !== undefined && left < state.budget.timeMs * 0.4;
  if (width === 0 || (s.ready.length < 2 * rules.parallelism && !hurried)) yield "scanTerritories";
  const creative = s.assignments.filter((a) => state.tasks.find((t) => t.id === a.taskId)?.creative).length;
  if (width > 0 && creative * 2 >= width) yield "requestInspiration";
  if (width > 1) yield "dispatchMultipleAgents";
  if (width > 0) yield "dispatchSingleAgent";
  yield "coordinateWorkflow";
}

/** True when less than a whole fan-out can start although there is work for it, and reallocating would add slots. */
function lacksSlots({ state, rules, ready, assignments }: Survey): boolean {
  if (assignments.length >= Math.min(rules.parallelism, ready.length)) return false;
  if (state.agents.every((a) => a.status === "retired" || a.slots >= a.concurrency)) return false;
  const total = (agents: readonly AgentRecord[]) => agents.reduce((n, a) => n + a.slots, 0);
  return total(allocateSlots(state, rules).agents) > total(state.agents);
}
