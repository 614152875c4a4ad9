import type { AgentRecord } from "./agent-types.js";
import type { OrchestrationRules } from "./settings.js";
import { isOpen, readyTasks } from "./tasks.js";
import type { Insight, OrchestrationState } from "./types.js";
import type { Task, Territory } from "./work-types.js";

/** A task given to an agent. */
export interface Assignment {
  taskId: string;
  agent: string;
  /** Share of the task's capabilities that the agent has, in (0,1]. */
  match: number;
  /** The insight the agent gets with it. */
  insightId?: string;
}

/** What the state means for the next step; computed once per step and shared by mask, observation and baseline. */
export interface Survey {
  state: OrchestrationState;
  rules: OrchestrationRules;
  /** Tasks that could start, the most important first. */
  ready: Task[];
  produced: Task[];
  failed: Task[];
  open: number;
  /** Territories not yet exhausted, the least scanned first. */
  territories: Territory[];
  insights: Insight[];
  /** What `dispatchMultipleAgents` would start; its first entry is what `dispatchSingleAgent` would. */
  assignments: Assignment[];
  /** True when a limit is reached and only `completeTask` is left. */
  budgetReached: boolean;
}

/** Looks at a state. */
export function survey(state: OrchestrationState, rules: OrchestrationRules): Survey {
  const ready = readyTasks(state);
  const insights = freshInsights(state, rules);
  return {
    state,
    rules,
    ready,
    produced: state.tasks.filter((t) => t.status === "produced"),
    failed: state.tasks.filter((t) => t.status === "failed"),
    open: state.tasks.filter(isOpen).length,
    territories: state.territories.filter((t) => !t.exhausted).sort((a, b) => a.scans - b.scans),
    insights,
    assignments: assign(ready, state.agents, insights, rules),
    budgetReached: budgetReached(state),
  };
}

/** Insights that are neither used up nor stale. */
function freshInsights(state: OrchestrationState, rules: OrchestrationRules): Insight[] {
  return state.insights.filter((i) => i.usesLeft > 0 && state.spent.steps - i.bornAt < rules.insightLifetimeSteps);
}

/** True when no step but the last may follow. */
function budgetReached({ budget, spent }: OrchestrationState): boolean {
  return (
    spent.steps >= budget.steps - 1 ||
    (budget.timeMs !== undefined && spent.timeMs >= budget.timeMs) ||
    (budget.tokens !== undefined && spent.tokens >= budget.tokens) ||
    (budget.costUsd !== undefined && spent.costUsd >= budget.costUsd)
  );
}

/** Share of the wanted capabilities that are offered; 1 when none is wanted. */
function capabilityMatch(wanted: readonly string[], offered: readonly string[]): number {
  if (wanted.length === 0) return 1;
  let hits = 0;
  for (const w of wanted) if (offered.includes(w)) hits++;
  return hits / wanted.length;
}

/** True when the agent can do the task at all. */
export function canDo(agent: AgentRecord, task: Task): boolean {
  return agent.status === "active" && capabilityMatch(task.capabilities, agent.capabilities) > 0;
}

/**
 * Greedy assignment: tasks by priority, each to the free agent with the best match x measured
 * reliability x measured quality, busy agents a little behind; agents that failed at the task only
 * when there is no other. At most `rules.parallelism` and each agent's slots.
 */
function assign(
  ready: readonly Task[],
  agents: readonly AgentRecord[],
  insights: readonly Insight[],
  rules: OrchestrationRules,
): Assignment[] {
  const used = new Map<string, number>();
  const uses = insights.map((i) => i.usesLeft);
  const out: Assignment[] = [];
  for (const task of ready) {
    if (out.length >= rules.parallelism) break;
    const able = agents.filter((a) => canDo(a, task));
    const untried = able.filter((a) => !task.failedBy.includes(a.name));
    let best: AgentRecord | undefined;
    let bestScore = -1;
    for (const agent of untried.length > 0 ? untried : able) {
      if ((used.get(agent.name) ?? 0) >= agent.slots) continue;
      const score = suitability(agent, task);
      if (score > bestScore) [best, bestScore] = [agent, score];
    }
    if (!best) continue;
    used.set(best.name, (used.get(best.name) ?? 0) + 1);
    const assignment: Assignment = {
      taskId: task.id,
      agent: best.name,
      match: capabilityMatch(task.capabilities, best.capabilities),
    };
    const at = task.creative ? uses.findIndex((u) => u > 0) : -1;
    if (at >= 0) {
      uses[at] = uses[at] - 1;
      assignment.insightId = insights[at].id;
    }
    out.push(assignment);
  }
  return out;
}

/** How well an agent suits a task, in [0,1]. */
export function suitability(agent: AgentRecord, task: Task): number {
  const match = capabilityMatch(task.capabilities, agent.capabilities);
  return match * agent.health.reliability * agent.health.quality * (1 - 0.3 * agent.load);
}
