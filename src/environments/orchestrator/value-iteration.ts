import { checkArgument } from "../../core/arguments.js";
import { LearningError } from "../../core/index.js";
import type { OrchestrationState, StepRewardWeights } from "../../orchestration/index.js";
import {
  advance,
  completeWeights,
  legalActions,
  ORCHESTRATOR_ACTIONS,
  planAction,
  stepReward,
  survey,
} from "../../orchestration/index.js";
import { worldArgument } from "./check-world.js";
import { type Distribution, enumerateChances } from "./distribution.js";
import { worldStart } from "./orchestrator-env.js";
import { drawConditions, simulate } from "./simulate.js";
import type { OrchestratorWorld } from "./world.js";

/** A solved world. */
export interface SolvedWorld {
  /** Expected undiscounted return of the best policy from the start. */
  optimum: number;
  states: number;
  /** Sweeps over all states until no value moved any more. */
  sweeps: number;
  /** The best action (an index) in a state of the world; fails with ENV_INVALID for a state that cannot be reached. */
  bestAction(state: OrchestrationState): number;
}

interface Node {
  actions: { action: number; reward: number; next: Int32Array; probabilities: Float64Array }[];
}

/**
 * Value iteration (Bellman, 1957) over all states that can be reached, without discount. Possible for
 * worlds with finite chances and no hidden conditions. Steps or time grow with every action, so that no
 * state returns and sweeping backwards settles after a few sweeps.
 * Fails with ENV_INVALID on worlds it cannot solve, or with more than `maxStates` (default 400,000) states.
 * @example
 * ```ts
 * const { optimum, bestAction } = solveWorld(smallWorld());
 * const { actions } = specifiedEnvironment({ kind: "orchestrator", world: smallWorld() });
 * const first = actions[bestAction(worldStart(smallWorld()))];
 * ```
 */
export function solveWorld(
  world: OrchestratorWorld,
  reward: Partial<StepRewardWeights> = {},
  maxStates = 400_000,
): SolvedWorld {
  worldArgument(world);
  checkArgument(reward, "reward", "object", "ENV_INVALID");
  checkArgument(maxStates, "maxStates", "number", "ENV_INVALID");
  if (enumerateChances((chance) => drawConditions(world, chance)).length > 1)
    throw unsolvable("hidden conditions", "agents that are never or always broken");
  const weights = completeWeights(reward, "ENV_INVALID");
  const hidden = drawConditions(world, { pick: (p) => p.findIndex((x) => x > 0), value: () => 0 });
  const keyOf = stateKey(world);
  const index = new Map<string, number>();
  const queue: OrchestrationState[] = [];
  const nodes: Node[] = [];
  const idOf = (state: OrchestrationState): number => {
    if (state.report) return -1;
    const key = keyOf(state);
    const known = index.get(key);
    if (known !== undefined) return known;
    if (queue.length >= maxStates) throw unsolvable(`over ${maxStates} states`, "a smaller world");
    index.set(key, queue.length);
    queue.push(state);
    return queue.length - 1;
  };
  idOf(worldStart(world));
  for (let at = 0; at < queue.length; at++) {
    const state = queue[at];
    const view = survey(state, world.rules);
    const mask = legalActions(view);
    const actions = ORCHESTRATOR_ACTIONS.flatMap((name, action) => {
      if (!mask[action]) return [];
      const plan = planAction(view, name);
      const branches = enumerateChances((chance) => {
        const after = advance(state, plan, simulate(world, hidden, state, plan, chance), world.rules);
        return { after, reward: stepReward(state, after, weights) };
      });
      return [
        {
          action,
          reward: branches.reduce((r, b) => r + b.probability * b.value.reward, 0),
          next: Int32Array.from(branches, (b) => idOf(b.value.after)),
          probabilities: Float64Array.from(branches, (b) => b.probability),
        },
      ];
    });
    nodes.push({ actions });
    queue[at] = undefined as unknown as OrchestrationState;
  }
  return { ...iterate(nodes), states: nodes.length };

  function iterate(all: readonly Node[]): Omit<SolvedWorld, "states"> {
    const values = new Float64Array(all.length);
    const best = new Int8Array(all.length);
    let sweeps = 0;
    for (let change = 1; change > 1e-12; sweeps++) {
      change = 0;
      for (let s = all.length - 1; s >= 0; s--) {
        let top = Number.NEGATIVE_INFINITY;
        for (const { action, reward: r, next, probabilities } of all[s].actions) {
          let q = r;
          for (let k = 0; k < next.length; k++) if (next[k] >= 0) q += probabilities[k] * values[next[k]];
          if (q > top) {
            top = q;
            best[s] = action;
          }
        }
        change = Math.max(change, Math.abs(top - values[s]));
        values[s] = top;
      }
    }
    const bestAction = (state: OrchestrationState): number => {
      const at = index.get(keyOf(state));
      if (at === undefined) throw unsolvable("a state of another world", "a state reached in the solved world");
      return best[at];
    };
    return { optimum: values[0], sweeps, bestAction };
  }
}

/** Everything of a state that the future depends on; steps count only where their budget can bind before time does. */
function stateKey(world: OrchestratorWorld): (s: OrchestrationState) => string {
  const stepsBind = world.budget.steps - 1 <= (world.budget.timeMs ?? Number.POSITIVE_INFINITY) / shortestAction(world);
  const { insightLifetimeSteps } = world.rules;
  return (s) => {
    const tasks = s.tasks.map(
      (t) => `${t.id}:${t.status}:${t.attempts}:${t.failedBy.join("+")}:${t.quality?.toFixed(9) ?? ""}`,
    );
    const agents = s.agents.map(
      ({ health: h, window: w, ...a }) =>
        `${a.status}${a.slots}:${a.load.toFixed(6)}:${h.reliability.toFixed(9)}:${h.quality.toFixed(9)}:${h.runs}:${w.runs}/${w.failures}/${w.quality.toFixed(9)}`,
    );
    const insights = s.insights.map((i) => {
      const age = s.spent.steps - i.bornAt;
      return i.usesLeft > 0 && age < insightLifetimeSteps ? `${i.usesLeft}@${age}` : "";
    });
    const { steps, timeMs, tokens, costUsd } = s.spent;
    const spent = [
      stepsBind ? steps : 0,
      s.budget.timeMs === undefined ? 0 : Math.round(timeMs),
      s.budget.tokens === undefined ? 0 : Math.round(tokens),
      s.budget.costUsd === undefined ? 0 : costUsd,
    ];
    const scans = s.territories.map((t) => `${t.scans}${t.exhausted ? "x" : ""}`);
    return `${spent}|${scans}|${tasks}|${agents}|${insights}|${s.inspirationRequests}${s.optimizationDue ? "o" : ""}`;
  };
}

/** The shortest time that any action but the last can take, in ms. */
function shortestAction(world: OrchestratorWorld): number {
  const least = (d: Distribution) =>
    d.kind === "constant" ? d.value : d.kind === "discrete" ? Math.min(...d.values) : 0;
  return Math.min(
    least(world.scan.duration),
    least(world.inspiration.duration),
    world.coordination.baseMs,
    world.monitorMs,
    world.optimizeMs,
    ...world.agents.map((a) => least(a.duration)),
  );
}

function unsolvable(received: string, expected: string): LearningError {
  return new LearningError("ENV_INVALID", {
    received,
    expected,
    remedy: "Exact solution is for small, finite worlds; evaluate larger ones by simulation.",
  });
}
