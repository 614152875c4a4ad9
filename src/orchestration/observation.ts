import type { AgentRecord } from "./agent-types.js";
import type { Survey } from "./survey.js";
import type { Task } from "./work-types.js";

/** What the policy sees, in the order of the vector. Every value lies in [0,1]. */
export const OBSERVATION_FIELDS = [
  /** Tasks neither accepted nor abandoned: n/(n+4). */
  "activeTasks",
  /** Ready tasks: n/(n+4). */
  "readyTasks",
  /** Summed priority of the tasks the next fan-out would start: v/(v+1). */
  "readyValue",
  /** Share of the next fan-out that is creative. */
  "creativeShare",
  /** Summed priority of tasks that wait for others: v/(v+1). */
  "blockedValue",
  /** Agents the next fan-out would start, as a share of the parallelism. */
  "fanOutWidth",
  /** Mean load of the active agents. */
  "agentUtilization",
  /** Mean load of the agents the next fan-out would start. */
  "assignedLoad",
  /** Load of the agent the next single dispatch would start. */
  "nextAgentLoad",
  /** Priority of the task the next single dispatch would start; 0 without one. */
  "nextPriority",
  /** Measured reliability of the agent the next single dispatch would start; 0 without one. */
  "nextReliability",
  /** Share of known tasks that are accepted. */
  "workflowProgress",
  /** Mean share accepted of the workflows begun; 1 before the first. */
  "begunProgress",
  /** Workflows begun and not finished: n/(n+2). */
  "openWorkflows",
  /** Mean measured reliability of the active agents. */
  "systemHealth",
  /** Lowest measured reliability of an active agent. */
  "weakestAgent",
  /** Share of the runs since the last measurement that failed. */
  "recentFailures",
  /** Runs since the last measurement: n/(n+4). */
  "unmeasuredRuns",
  /** 1 when a measurement has not been acted on. */
  "optimizationDue",
  /** Uses left of fresh insights: n/(n+3). */
  "pendingInspirations",
  /** Share of the freshest insight's lifetime that is left; 0 without one. */
  "inspirationFreshness",
  /** Share of the inspiration requests that are left. */
  "inspirationsLeft",
  /** Results that wait to be merged: n/(n+2). */
  "unmergedResults",
  /** Summed priority x quality of them: v/(v+1). */
  "unmergedValue",
  /** Failed runs that wait to be dealt with: n/(n+2). */
  "openFailures",
  /** Pairs of unmerged results of one workflow (paths of communication; Brooks, 1975), failures and open workflows: c/(c+5). */
  "coordinationComplexity",
  /** Share of the known territories that are not exhausted. */
  "openTerritories",
  /** Accepted priority x quality: v/(v+2). */
  "acceptedValue",
  /** Share of the time budget used; 0 without one. */
  "timePressure",
  /** Share of the step budget used. */
  "stepPressure",
  /** Share of the token budget used; 0 without one. */
  "tokenPressure",
  /** Share of the money budget used; 0 without one. */
  "moneyPressure",
  /** Measured duration of the next single dispatch as a share of the time left, at most 1; 0 without a limit. */
  "nextDuration",
  /** The same for the next fan-out. */
  "fanOutDuration",
] as const;

/** One field of the observation. */
export type ObservationField = (typeof OBSERVATION_FIELDS)[number];

/** Named plain values in [0,1]; also the context of the recorded decisions. */
export type Observation = Record<ObservationField, number>;

/** What a policy gets to see of a state. */
export function observationOf(s: Survey): Observation {
  const { state, rules } = s;
  const active = state.agents.filter((a) => a.status === "active");
  const byName = new Map(state.agents.map((a) => [a.name, a]));
  const assigned = s.assignments.map((a) => byName.get(a.agent) as AgentRecord);
  const first = assigned[0];
  const byId = new Map(state.tasks.map((t) => [t.id, t]));
  const next = s.assignments.map((a) => byId.get(a.taskId) as Task);
  const waiting = state.tasks.filter((t) => t.status === "waiting");
  const accepted = state.tasks.filter((t) => t.status === "accepted");
  const runs = sum(state.agents, (a) => a.window.runs);
  const begun = begunShares(state.tasks);
  const unfinished = begun.filter((share) => share < 1).length;
  const { budget, spent } = state;
  const timeLeft = budget.timeMs === undefined ? Number.POSITIVE_INFINITY : Math.max(1, budget.timeMs - spent.timeMs);
  const freshest = s.insights.at(-1);
  return {
    activeTasks: squash(s.open, 4),
    readyTasks: squash(s.ready.length, 4),
    readyValue: squash(
      sum(next, (t) => t.priority),
      1,
    ),
    creativeShare: mean(next, (t) => (t.creative ? 1 : 0), 0),
    blockedValue: squash(sum(waiting, (t) => t.priority) - sum(s.ready, (t) => t.priority), 1),
    fanOutWidth: s.assignments.length / rules.parallelism,
    agentUtilization: mean(active, (a) => a.load, 0),
    assignedLoad: mean(assigned, (a) => a.load, 0),
    nextAgentLoad: first?.load ?? 0,
    nextPriority: next[0]?.priority ?? 0,
    nextReliability: first?.health.reliability ?? 0,
    workflowProgress: state.tasks.length === 0 ? 0 : accepted.length / state.tasks.length,
    begunProgress: mean(begun, (x) => x, 1),
    openWorkflows: squash(unfinished, 2),
    systemHealth: mean(active, (a) => a.health.reliability, 0),
    weakestAgent: Math.min(1, ...active.map((a) => a.health.reliability)),
    recentFailures: runs === 0 ? 0 : sum(state.agents, (a) => a.window.failures) / runs,
    unmeasuredRuns: squash(runs, 4),
    optimizationDue: state.optimizationDue ? 1 : 0,
    pendingInspirations: squash(
      sum(s.insights, (i) => i.usesLeft),
      3,
    ),
    inspirationFreshness: freshest ? 1 - (spent.steps - freshest.bornAt) / rules.insightLifetimeSteps : 0,
    inspirationsLeft: rules.inspiration ? 1 - share(state.inspirationRequests, rules.maxInspirations) : 0,
    unmergedResults: squash(s.produced.length, 2),
    unmergedValue: squash(
      sum(s.produced, (t) => t.priority * (t.quality ?? 0)),
      1,
    ),
    openFailures: squash(s.failed.length, 2),
    coordinationComplexity: squash(unmergedPairs(s.produced) + s.failed.length + unfinished, 5),
    openTerritories: state.territories.length === 0 ? 0 : s.territories.length / state.territories.length,
    acceptedValue: squash(
      sum(accepted, (t) => t.priority * (t.quality ?? 0)),
      2,
    ),
    timePressure: share(spent.timeMs, budget.timeMs),
    stepPressure: share(spent.steps, budget.steps),
    tokenPressure: share(spent.tokens, budget.tokens),
    moneyPressure: share(spent.costUsd, budget.costUsd),
    nextDuration: Math.min(1, (first?.health.durationMs ?? 0) / timeLeft),
    fanOutDuration: Math.min(1, Math.max(0, ...assigned.map((a) => a.health.durationMs)) / timeLeft),
  };
}

/** The observation as a vector in the order of `OBSERVATION_FIELDS`. */
export function observationVector(observation: Observation): Float64Array {
  return Float64Array.from(OBSERVATION_FIELDS, (f) => observation[f]);
}

/** Pairs of unmerged results within one workflow. */
export function unmergedPairs(produced: readonly Task[]): number {
  const counts = new Map<string, number>();
  for (const t of produced) counts.set(t.workflow, (counts.get(t.workflow) ?? 0) + 1);
  let pairs = 0;
  for (const n of counts.values()) pairs += (n * (n - 1)) / 2;
  return pairs;
}

/** Share accepted of each workflow with at least one attempt. */
function begunShares(tasks: readonly Task[]): number[] {
  const flows = new Map<string, { all: number; accepted: number; attempts: number }>();
  for (const t of tasks) {
    const flow = flows.get(t.workflow) ?? { all: 0, accepted: 0, attempts: 0 };
    flow.all++;
    flow.attempts += t.attempts;
    if (t.status === "accepted") flow.accepted++;
    flows.set(t.workflow, flow);
  }
  return [...flows.values()].filter((f) => f.attempts > 0).map((f) => f.accepted / f.all);
}

/** What is used of a limit; all of it where nothing is granted, 0 where there is no limit. */
function share(used: number, limit: number | undefined): number {
  if (limit === undefined) return 0;
  return limit > 0 ? Math.min(1, used / limit) : 1;
}

const squash = (value: number, half: number): number => Math.max(0, value) / (Math.max(0, value) + half);

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
}

function mean<T>(items: readonly T[], of: (item: T) => number, empty: number): number {
  return items.length === 0 ? empty : sum(items, of) / items.length;
}
