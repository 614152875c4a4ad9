import { LearningError, show } from "../core/index.js";
import type { AgentDeclaration, AgentRecord } from "./agent-types.js";
import { refreshWorkflows } from "./tasks.js";
import type { Budget, OrchestrationState } from "./types.js";
import type { Task, TaskSpec, Territory, TerritorySpec } from "./work-types.js";
import { taskSpecSchema, territorySpecSchema } from "./work-types.js";

/** What an orchestration starts from. */
export interface OrchestrationStart {
  goal: string;
  agents: readonly AgentDeclaration[];
  territories?: readonly TerritorySpec[];
  tasks?: readonly TaskSpec[];
  budget?: Partial<Budget>;
}

/** The first state. Fails with SENTINEL_INVALID on malformed or duplicate work or agents. */
export function initialState(start: OrchestrationStart): OrchestrationState {
  if (start.agents.length === 0) throw invalid("no agents", "at least one agent", "Declare an agent.");
  const names = start.agents.map((a) => a.name);
  if (new Set(names).size < names.length) throw invalid(show(names), "unique agent names", "Rename the duplicates.");
  const empty: OrchestrationState = {
    goal: start.goal,
    territories: admitTerritories([], start.territories ?? []),
    tasks: [],
    workflows: [],
    agents: start.agents.map(agentRecord),
    responses: [],
    insights: [],
    inspirationRequests: 0,
    budget: { steps: 60, ...start.budget },
    spent: { steps: 0, timeMs: 0, tokens: 0, costUsd: 0 },
    optimizationDue: false,
  };
  return admitTasks(empty, start.tasks ?? []);
}

/** Adds work to the queue; a task whose id is known is left as it is. Fails with SENTINEL_INVALID. */
export function admitTasks(state: OrchestrationState, specs: readonly TaskSpec[]): OrchestrationState {
  if (specs.length === 0) return state;
  const known = new Set(state.tasks.map((t) => t.id));
  const added: Task[] = [];
  for (const spec of specs) {
    const parsed = taskSpecSchema.safeParse(spec);
    if (!parsed.success)
      throw invalid(show(spec), "a task (id, title, capabilities, dependsOn, priority)", parsed.error.message);
    if (known.has(parsed.data.id)) continue;
    known.add(parsed.data.id);
    const { workflow, ...rest } = parsed.data;
    added.push({ ...rest, workflow: workflow ?? rest.id, status: "waiting", attempts: 0, failedBy: [] });
  }
  for (const task of added)
    for (const id of task.dependsOn)
      if (!known.has(id))
        throw invalid(`${task.id} depends on ${id}`, "dependencies that are in the queue", "Send both together.");
  const tasks = [...state.tasks, ...added];
  refuseCycles(tasks);
  return { ...state, tasks, workflows: refreshWorkflows(tasks, state.workflows) };
}

/** Adds territories; known ones stay as they are. Fails with SENTINEL_INVALID. */
export function admitTerritories(known: readonly Territory[], specs: readonly TerritorySpec[]): Territory[] {
  const out = [...known];
  for (const spec of specs) {
    const parsed = territorySpecSchema.safeParse(spec);
    if (!parsed.success) throw invalid(show(spec), "a territory (id, title)", parsed.error.message);
    if (!out.some((t) => t.id === parsed.data.id))
      out.push({ ...parsed.data, scans: 0, emptyScans: 0, exhausted: false });
  }
  return out;
}

function agentRecord(a: AgentDeclaration): AgentRecord {
  const quality = a.quality ?? 0.7;
  const reliability = a.reliability ?? 0.9;
  const durationMs = a.durationMs ?? 1_000;
  return {
    name: a.name,
    capabilities: [...a.capabilities],
    concurrency: a.concurrency ?? 1,
    durationMs,
    tokens: a.tokens ?? 0,
    costUsd: a.costUsd ?? 0,
    quality,
    reliability,
    status: "active",
    slots: 1,
    load: 0,
    health: { reliability, quality, durationMs, runs: 0 },
    window: { runs: 0, failures: 0, durationMs: 0, quality: 0 },
  };
}

function refuseCycles(tasks: readonly Task[]): void {
  const byId = new Map(tasks.map((t) => [t.id, t]));
  const done = new Set<string>();
  const visit = (task: Task, trail: string[]): void => {
    if (done.has(task.id)) return;
    if (trail.includes(task.id))
      throw invalid([...trail, task.id].join(" -> "), "dependencies without a cycle", "Break the cycle.");
    for (const id of task.dependsOn) visit(byId.get(id) as Task, [...trail, task.id]);
    done.add(task.id);
  };
  for (const task of tasks) visit(task, []);
}

function invalid(received: string, expected: string, remedy: string): LearningError {
  return new LearningError("SENTINEL_INVALID", { received, expected, remedy });
}
