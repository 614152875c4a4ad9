import type { z } from "zod";
import { LearningError, show } from "../core/index.js";
import { AGENT_DEFAULTS, type AgentDeclaration, type AgentRecord } from "./agent-types.js";
import { type Budget, DEFAULT_BUDGET } from "./settings.js";
import { refreshWorkflows } from "./tasks.js";
import type { OrchestrationState } from "./types.js";
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
  refuseTwice("tasks", start.tasks);
  refuseTwice("territories", start.territories);
  const empty: OrchestrationState = {
    goal: start.goal,
    territories: admitTerritories([], start.territories ?? []),
    tasks: [],
    workflows: [],
    agents: start.agents.map(agentRecord),
    responses: [],
    insights: [],
    inspirationRequests: 0,
    budget: { ...start.budget, steps: start.budget?.steps ?? DEFAULT_BUDGET.steps },
    spent: { steps: 0, timeMs: 0, tokens: 0, costUsd: 0 },
    optimizationDue: false,
  };
  return admitTasks(empty, start.tasks ?? []);
}

/** Of two pieces of work with one id the second would be lost without a word. */
function refuseTwice(what: string, specs: readonly { id: string }[] | null | undefined): void {
  const seen = new Set<string>();
  for (const spec of specs ?? []) {
    if (seen.has(spec?.id)) throw invalid(`two ${what} with the id ${show(spec.id)}`, "unique ids", "Rename one.");
    seen.add(spec?.id);
  }
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

/** Work from a source that may be wrong: what can join the queue, and why the rest cannot. */
export interface SiftedWork {
  tasks: TaskSpec[];
  territories: TerritorySpec[];
  /** One sentence for each piece that was left out. */
  refused: string[];
}

/**
 * Keeps of found work what is sound, so that one bad task does not cost the others: without malformed
 * pieces, and without tasks that depend on what is neither known nor found, or on themselves in a circle
 * (nor what depends on those).
 */
export function siftWork(
  state: OrchestrationState,
  found: { tasks: readonly unknown[]; territories: readonly unknown[] },
): SiftedWork {
  const refused: string[] = [];
  const wellFormed = <T>(pieces: readonly unknown[], schema: z.ZodType<T>, what: string): T[] =>
    pieces.flatMap((piece) => {
      const parsed = schema.safeParse(piece);
      if (parsed.success) return [parsed.data];
      refused.push(`${show(piece)} is no ${what}`);
      return [];
    });
  const tasks = wellFormed(found.tasks, taskSpecSchema, "task");
  const sound = resolvable(
    state.tasks.map((t) => t.id),
    tasks,
  );
  return {
    tasks: tasks.filter((t) => {
      if (sound.has(t.id)) return true;
      refused.push(`${t.id} depends on what is unknown or on itself (${t.dependsOn.join(", ")})`);
      return false;
    }),
    territories: wellFormed(found.territories, territorySpecSchema, "territory"),
    refused,
  };
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
  const quality = a.quality ?? AGENT_DEFAULTS.quality;
  const reliability = a.reliability ?? AGENT_DEFAULTS.reliability;
  const durationMs = a.durationMs ?? AGENT_DEFAULTS.durationMs;
  return {
    name: a.name,
    capabilities: [...a.capabilities],
    concurrency: a.concurrency ?? AGENT_DEFAULTS.concurrency,
    durationMs,
    tokens: a.tokens ?? AGENT_DEFAULTS.tokens,
    costUsd: a.costUsd ?? AGENT_DEFAULTS.costUsd,
    quality,
    reliability,
    status: "active",
    slots: 1,
    load: 0,
    health: { reliability, quality, durationMs, runs: 0 },
    window: { runs: 0, failures: 0, durationMs: 0, quality: 0 },
  };
}

/** The ids among `known` and `tasks` whose dependencies all end in known ones (Kahn, 1962). */
function resolvable(known: readonly string[], tasks: readonly Pick<Task, "id" | "dependsOn">[]): Set<string> {
  const sound = new Set(known);
  const left = new Map<Pick<Task, "id">, number>();
  const waiting = new Map<string, Pick<Task, "id">[]>();
  const next: Pick<Task, "id">[] = [];
  for (const task of tasks) {
    const open = [...new Set(task.dependsOn)].filter((id) => !sound.has(id));
    left.set(task, open.length);
    if (open.length === 0) next.push(task);
    for (const id of open) waiting.set(id, [...(waiting.get(id) ?? []), task]);
  }
  for (let task = next.pop(); task; task = next.pop()) {
    if (sound.has(task.id)) continue;
    sound.add(task.id);
    for (const later of waiting.get(task.id) ?? []) {
      const open = (left.get(later) as number) - 1;
      left.set(later, open);
      if (open === 0) next.push(later);
    }
  }
  return sound;
}

/** Fails with SENTINEL_INVALID, naming one circle, where tasks wait for themselves. */
function refuseCycles(tasks: readonly Task[]): void {
  const sound = resolvable([], tasks);
  const stuck = new Map(tasks.filter((t) => !sound.has(t.id)).map((t) => [t.id, t]));
  const trail: string[] = [];
  for (let task: Task | undefined = [...stuck.values()][0]; task; ) {
    const from = trail.indexOf(task.id);
    trail.push(task.id);
    if (from >= 0) throw invalid(trail.slice(from).join(" -> "), "dependencies without a cycle", "Break the cycle.");
    task = stuck.get(task.dependsOn.find((id) => stuck.has(id)) as string);
  }
}

function invalid(received: string, expected: string, remedy: string): LearningError {
  return new LearningError("SENTINEL_INVALID", { received, expected, remedy });
}
