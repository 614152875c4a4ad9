import type { AgentHealth, AgentRecord, RunWindow } from "./agent-types.js";
import type { OrchestrationRules } from "./settings.js";
import { canDo, suitability } from "./survey.js";
import { isOpen } from "./tasks.js";
import type { AgentResponse, OrchestrationState } from "./types.js";

/** Runs that a measurement remembers at most, so that an agent that changed is seen to have changed. */
const MEMORY_RUNS = 12;
const EMPTY: RunWindow = { runs: 0, failures: 0, durationMs: 0, quality: 0 };

/** Adds what came back to the agents' unmeasured windows and moves every agent's load. */
export function recordRuns(
  agents: readonly AgentRecord[],
  runs: readonly AgentResponse[],
  stepMs: number,
  rules: OrchestrationRules,
): AgentRecord[] {
  if (stepMs <= 0 && runs.length === 0) return agents as AgentRecord[];
  const keep = rules.loadWindowMs > 0 ? Math.exp(-stepMs / rules.loadWindowMs) : stepMs > 0 ? 0 : 1;
  return agents.map((agent) => {
    let busy = 0;
    let window = agent.window;
    for (const run of runs) {
      if (run.agent !== agent.name) continue;
      busy += run.durationMs;
      window = {
        runs: window.runs + 1,
        failures: window.failures + (run.ok ? 0 : 1),
        durationMs: window.durationMs + run.durationMs,
        quality: window.quality + (run.ok ? (run.quality ?? agent.quality) : 0),
      };
    }
    const share = busy > 0 && stepMs > 0 ? Math.min(1, busy / (stepMs * Math.max(1, agent.slots))) : 0;
    return { ...agent, window, load: agent.load * keep + share * (1 - keep) };
  });
}

/**
 * `monitorSystem`: folds the runs since the last measurement into every agent's health. Reliability,
 * quality and duration are posterior means: the declaration counts as `rules.priorRuns` runs.
 */
export function measure(state: OrchestrationState, rules: OrchestrationRules): OrchestrationState {
  return {
    ...state,
    optimizationDue: true,
    agents: state.agents.map((a) => (a.window.runs === 0 ? a : { ...a, health: fold(a, rules), window: EMPTY })),
  };
}

function fold({ health, window }: AgentRecord, rules: OrchestrationRules): AgentHealth {
  const before = rules.priorRuns + health.runs;
  const good = window.runs - window.failures;
  return {
    reliability: (health.reliability * before + good) / (before + window.runs),
    quality: before + good > 0 ? (health.quality * before + window.quality) / (before + good) : health.quality,
    durationMs: (health.durationMs * before + window.durationMs) / (before + window.runs),
    runs: Math.min(MEMORY_RUNS, health.runs + window.runs),
  };
}

/**
 * `optimizeResources`: retires agents whose measured reliability is below `rules.retireBelow` where
 * another active agent can do all their open work, then gives every active agent one slot and the
 * rest of the `agents + parallelism - 1` slots to those with the most open work per slot, up to their
 * declared concurrency. A scan that finds work for retired agents alone brings them back, see `recall`.
 */
export function allocateSlots(state: OrchestrationState, rules: OrchestrationRules): OrchestrationState {
  const open = state.tasks.filter(isOpen);
  let agents = state.agents.slice();
  for (const agent of [...agents].sort((a, b) => a.health.reliability - b.health.reliability)) {
    if (agent.status !== "active" || agent.health.runs === 0 || agent.health.reliability >= rules.retireBelow) continue;
    const others = agents.filter((a) => a.name !== agent.name && a.status === "active");
    if (others.length === 0) continue;
    if (open.every((t) => !canDo(agent, t) || others.some((o) => canDo(o, t))))
      agents = agents.map((a) => (a.name === agent.name ? { ...a, status: "retired", slots: 0, load: 0 } : a));
  }
  const active = agents.filter((a) => a.status === "active");
  const demand = new Map(active.map((a) => [a.name, 0]));
  for (const task of open) {
    const best = active.filter((a) => canDo(a, task)).sort((a, b) => suitability(b, task) - suitability(a, task))[0];
    if (best) demand.set(best.name, (demand.get(best.name) as number) + 1);
  }
  const slots = new Map(active.map((a) => [a.name, 1]));
  for (let extra = agents.length + rules.parallelism - 1 - active.length; extra > 0; extra--) {
    let next: AgentRecord | undefined;
    let most = 0;
    for (const agent of active) {
      const has = slots.get(agent.name) as number;
      const need = (demand.get(agent.name) as number) / has;
      if (has < agent.concurrency && need > most) [next, most] = [agent, need];
    }
    if (!next) break;
    slots.set(next.name, (slots.get(next.name) as number) + 1);
  }
  return {
    ...state,
    optimizationDue: false,
    agents: agents.map((a) => (a.status === "active" ? { ...a, slots: slots.get(a.name) as number } : a)),
  };
}

/** Brings retired agents back for open work that no active agent can do: a weak agent is better than none. */
export function recall(state: OrchestrationState): OrchestrationState {
  const stranded = state.tasks.filter((t) => isOpen(t) && !state.agents.some((a) => canDo(a, t)));
  const back = (agent: AgentRecord): AgentRecord => {
    const again: AgentRecord = { ...agent, status: "active", slots: 1 };
    return agent.status === "retired" && stranded.some((t) => canDo(again, t)) ? again : agent;
  };
  return stranded.length === 0 ? state : { ...state, agents: state.agents.map(back) };
}
