import { checkArgument } from "../core/arguments.js";
import type { Rng } from "../math/rng.js";
import { PATTERN_DEFAULTS } from "./defaults.js";
import { type GroupedReward, meanErrors } from "./mean-errors.js";
import { shrinkMeans } from "./shrinkage.js";

/** What is read of arguments. */
const RNG = { next: "function" } as const;

/** A run as far as its team matters. */
export interface TeamRun {
  taskType: string;
  /** Agents that took part, in any order, repeats allowed. */
  agents: readonly string[];
  /** In [0,1]. */
  reward: number;
  /** Whose run it is, where several runs of one person or thread resemble each other; default nobody's. */
  group?: string;
}

interface Team {
  set: number;
  agents: string[];
  runs: number;
  sum: number;
  square: number;
}

/** A set of agents that worked together on a type of task, and how that went. */
export interface AgentCombination {
  taskType: string;
  /** Sorted by name. */
  agents: string[];
  runs: number;
  /** Mean reward as observed. */
  observed: number;
  /** Mean reward after shrinking towards the task type's other combinations, and its 95 % interval. */
  reward: number;
  lower: number;
  upper: number;
  /** Probability that no other combination of this task type is better. */
  bestProbability: number;
  /** Probability that it is better than the combinations of this task type are on average. */
  betterProbability: number;
}

/**
 * Combinations of agents per task type with shrunken mean rewards, the best first within each type.
 * @example
 * ```ts
 * const runs = [
 *   { taskType: "report", agents: ["writer", "critic"], reward: 0.9 },
 *   { taskType: "report", agents: ["writer"], reward: 0.4 },
 * ];
 * const [best] = agentCombinations(runs, createRng(1));
 * ```
 */
export function agentCombinations(runs: Iterable<TeamRun>, rng: Rng, onStep?: () => void): AgentCombination[] {
  checkArgument(runs, "runs", "iterable", "PATTERN_INVALID");
  checkArgument(rng, "rng", RNG, "PATTERN_INVALID");
  const types = new Map<string, { teams: Map<string, Team>; rows: GroupedReward[] }>();
  for (const run of runs) {
    const agents = [...new Set(run.agents)].sort();
    if (agents.length === 0) continue;
    const type = types.get(run.taskType) ?? { teams: new Map<string, Team>(), rows: [] };
    types.set(run.taskType, type);
    const key = JSON.stringify(agents);
    const team = type.teams.get(key) ?? { set: type.teams.size, agents, runs: 0, sum: 0, square: 0 };
    type.teams.set(key, team);
    team.runs++;
    team.sum += run.reward;
    team.square += run.reward * run.reward;
    type.rows.push({ reward: run.reward, set: team.set, group: run.group ?? `\n${type.rows.length}` });
  }
  return [...types].flatMap(([taskType, { teams, rows }]) => {
    const errors = meanErrors(rows, teams.size);
    const groups = [...teams.values()].map((team) => ({ ...team, ...(errors && { error: errors[team.set] }) }));
    const shrunk = shrinkMeans(groups, rng.fork(taskType), onStep);
    return groups
      .map((g, k): AgentCombination => {
        const s = shrunk[k];
        return {
          taskType,
          agents: g.agents,
          runs: g.runs,
          observed: g.sum / g.runs,
          reward: s.mean,
          lower: Math.max(0, s.mean - 1.959963985 * s.sd),
          upper: Math.min(1, s.mean + 1.959963985 * s.sd),
          bestProbability: s.bestProbability,
          betterProbability: s.betterProbability,
        };
      })
      .sort((a, b) => b.reward - a.reward || b.runs - a.runs);
  });
}

/** What to look for in the best combination. */
export interface BestCombinationOptions {
  maxAgents?: number;
  /** Fewest runs it must rest on; default 5. */
  minRuns?: number;
  /** Least probability of being better than average; default 0.95. */
  certainty?: number;
}

/**
 * The best combination of a task type, or undefined when no combination is surely better than average.
 * @example const team = bestCombination(agentCombinations(teamRuns, createRng(1)), "report", { maxAgents: 3 });
 */
export function bestCombination(
  combinations: readonly AgentCombination[],
  taskType: string,
  options: BestCombinationOptions = {},
): AgentCombination | undefined {
  checkArgument(combinations, "combinations", "objects", "PATTERN_INVALID");
  checkArgument(taskType, "taskType", "text", "PATTERN_INVALID");
  checkArgument(options, "options", "object", "PATTERN_INVALID");
  const {
    maxAgents = Number.POSITIVE_INFINITY,
    minRuns = PATTERN_DEFAULTS.minRuns,
    certainty = PATTERN_DEFAULTS.certainty,
  } = options;
  return combinations
    .filter((c) => c.taskType === taskType && c.agents.length <= maxAgents)
    .filter((c) => c.runs >= minRuns && c.betterProbability >= certainty)
    .sort((a, b) => b.reward - a.reward)[0];
}
