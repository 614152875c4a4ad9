import { LearningError } from "../core/index.js";
import type { OrchestratorAction } from "./actions.js";
import { allocateSlots, measure, recall, recordRuns } from "./health.js";
import { admitTasks, admitTerritories } from "./initial.js";
import { isLegal, legalActions } from "./mask.js";
import { makeReport } from "./report.js";
import type { OrchestrationRules } from "./settings.js";
import type { Assignment, Survey } from "./survey.js";
import { survey } from "./survey.js";
import { isOpen, moveTask, refreshWorkflows } from "./tasks.js";
import type { AgentResponse, Insight, OrchestrationState } from "./types.js";
import type { Task, TaskSpec, TerritorySpec } from "./work-types.js";

/** What an action asks of the world. */
export interface ActionPlan {
  action: OrchestratorAction;
  /** Agents to run, all at the same time. */
  assignments: Assignment[];
  /** Ids of the territories to scan. */
  territories: string[];
}

/** What the world answered. Everything is optional: an action that asked for nothing gets nothing. */
export interface ActionOutcome {
  /** How long the action took; at least the longest of `runs` is counted. */
  durationMs?: number;
  tokens?: number;
  costUsd?: number;
  runs?: readonly Omit<AgentResponse, "step">[];
  found?: { tasks?: readonly TaskSpec[]; territories?: readonly TerritorySpec[]; exhausted?: readonly string[] };
  insights?: readonly { id: string; text: string }[];
  /** Merged results, by workflow. */
  merged?: Readonly<Record<string, string>>;
}

/**
 * What an action would ask of the world. Fails with SENTINEL_INVALID when it is not legal; `completeTask`
 * can always be planned, since a person may end a run at any time (the mask keeps a policy from it).
 */
export function planAction(s: Survey, action: OrchestratorAction): ActionPlan {
  if (action !== "completeTask" && !isLegal(legalActions(s), action))
    throw new LearningError("SENTINEL_INVALID", {
      received: action,
      expected: "an action that is legal in this state",
      remedy: "Choose under the mask of legalActions.",
    });
  const single = action === "dispatchSingleAgent";
  return {
    action,
    assignments: single ? s.assignments.slice(0, 1) : action === "dispatchMultipleAgents" ? s.assignments : [],
    territories: action === "scanTerritories" ? s.territories.slice(0, s.rules.scanWidth).map((t) => t.id) : [],
  };
}

/**
 * The next state: the one transition function of graph and environment. Charges the step, its time,
 * tokens and money, then applies what the action means.
 */
export function advance(
  state: OrchestrationState,
  plan: ActionPlan,
  outcome: ActionOutcome,
  rules: OrchestrationRules,
): OrchestrationState {
  const step = state.spent.steps;
  const runs = (outcome.runs ?? []).map((r) => ({ ...r, step }));
  let durationMs = outcome.durationMs ?? 0;
  let tokens = outcome.tokens ?? 0;
  let costUsd = outcome.costUsd ?? 0;
  for (const r of runs) {
    durationMs = Math.max(durationMs, r.durationMs);
    tokens += r.tokens;
    costUsd += r.costUsd;
  }
  const { spent } = state;
  const charged: OrchestrationState = {
    ...state,
    spent: {
      steps: step + 1,
      timeMs: spent.timeMs + durationMs,
      tokens: spent.tokens + tokens,
      costUsd: spent.costUsd + costUsd,
    },
    agents: recordRuns(state.agents, runs, durationMs, rules),
  };
  return EFFECTS[plan.action](charged, plan, { ...outcome, runs }, rules);
}

type Effect = (
  state: OrchestrationState,
  plan: ActionPlan,
  outcome: ActionOutcome & { runs: AgentResponse[] },
  rules: OrchestrationRules,
) => OrchestrationState;

const EFFECTS: Record<OrchestratorAction, Effect> = {
  scanTerritories: (state, plan, { found }) => {
    const admitted = admitTasks(state, found?.tasks ?? []);
    const empty = admitted.tasks.length === state.tasks.length;
    const scanned = state.territories.map((t) => {
      if (!plan.territories.includes(t.id)) return t;
      const emptyScans = empty ? t.emptyScans + 1 : 0;
      const exhausted = emptyScans >= 2 || (found?.exhausted?.includes(t.id) ?? false);
      return { ...t, scans: t.scans + 1, emptyScans, exhausted };
    });
    const known = { ...admitted, territories: admitTerritories(scanned, found?.territories ?? []) };
    return empty ? known : recall(known);
  },
  dispatchSingleAgent: receive,
  dispatchMultipleAgents: receive,
  coordinateWorkflow: (state, _plan, { merged }, rules) => coordinate(state, rules, merged),
  monitorSystem: (state, _plan, _outcome, rules) => measure(state, rules),
  optimizeResources: (state, _plan, _outcome, rules) => allocateSlots(state, rules),
  requestInspiration: (state, _plan, { insights }, rules) => {
    const born = (insights ?? []).map((i) => ({ ...i, usesLeft: rules.insightUses, bornAt: state.spent.steps }));
    return {
      ...state,
      inspirationRequests: state.inspirationRequests + 1,
      insights: [...state.insights, ...born],
    };
  },
  completeTask: (state, _plan, _outcome, rules) => {
    const before = survey({ ...state, spent: { ...state.spent, steps: state.spent.steps - 1 } }, rules);
    const nothingLeft = before.open === 0 && before.territories.length === 0;
    // One step before the last, nothing that was begun could be merged any more.
    const late = before.budgetReached || state.budget.steps - state.spent.steps <= 1;
    const reason = nothingLeft ? "complete" : late ? "budget" : "chosen";
    return { ...state, report: makeReport(state, reason) };
  },
};

function receive(state: OrchestrationState, plan: ActionPlan, { runs }: { runs: AgentResponse[] }): OrchestrationState {
  const byTask = new Map(runs.map((r) => [r.taskId, r]));
  const used = plan.assignments.flatMap((a) => (a.insightId && byTask.has(a.taskId) ? [a.insightId] : []));
  return {
    ...state,
    tasks: state.tasks.map((task) => {
      const run = byTask.get(task.id);
      return run ? afterRun(task, run) : task;
    }),
    responses: [...state.responses, ...runs],
    insights: used.length === 0 ? state.insights : state.insights.map((i) => useInsight(i, used)),
  };
}

function afterRun(task: Task, run: AgentResponse): Task {
  const attempts = task.attempts + 1;
  if (!run.ok) return moveTask(task, "failed", { attempts, failedBy: [...task.failedBy, run.agent] });
  return moveTask(task, "produced", { attempts, agent: run.agent, quality: run.quality, content: run.content });
}

function useInsight(insight: Insight, used: readonly string[]): Insight {
  const times = used.filter((id) => id === insight.id).length;
  return times === 0 ? insight : { ...insight, usesLeft: insight.usesLeft - times };
}

/** Merges results, sends failures back for another agent or gives them up, and with them what builds on them. */
function coordinate(
  state: OrchestrationState,
  rules: OrchestrationRules,
  merged: ActionOutcome["merged"],
): OrchestrationState {
  let tasks = state.tasks.map((task) => {
    if (task.status === "produced") return moveTask(task, "accepted");
    if (task.status === "failed") return moveTask(task, task.attempts < rules.maxAttempts ? "waiting" : "abandoned");
    return task;
  });
  for (;;) {
    const gone = new Set(tasks.filter((t) => t.status === "abandoned").map((t) => t.id));
    const lost = tasks.filter((t) => isOpen(t) && t.dependsOn.some((id) => gone.has(id)));
    if (lost.length === 0) break;
    tasks = tasks.map((t) => (lost.includes(t) ? moveTask(t, "abandoned") : t));
  }
  return { ...state, tasks, workflows: refreshWorkflows(tasks, state.workflows, merged) };
}
