import { DEFAULT_RULES } from "../../orchestration/index.js";
import { beta, constant, type Distribution, lognormal } from "./distribution.js";
import type { AgentModel, OrchestratorWorld, TaskTemplate } from "./world.js";

const MINUTE = 60_000;

/**
 * A world small enough to be solved exactly: two agents, two territories with one small workflow each,
 * constant durations, and the weaver's failures (more of them when it has no rest) the only chance. Time is
 * short: the best plan decides when to scan, inspire, fan out and merge, and when to stop.
 * @example const env = new OrchestratorEnv({ world: smallWorld() });
 */
export function smallWorld(): OrchestratorWorld {
  const agent = (name: string, capabilities: string[], failure: number, overload: number): AgentModel => ({
    declared: { name, capabilities, durationMs: 2 * MINUTE, quality: 0.8, reliability: 0.9 },
    duration: constant(2 * MINUTE),
    quality: constant(0.8),
    tokens: constant(1_000),
    costUsd: constant(0),
    failure,
    overloadFailure: overload,
    comfortLoad: 0.5,
    broken: 0,
    brokenFailure: 1,
  });
  const task = (capability: string, dependsOn: number[], priority: number): TaskTemplate => ({
    capabilities: [capability],
    dependsOn,
    priority: constant(priority),
    creative: capability === "lore",
  });
  return {
    agents: [agent("analyst", ["analysis"], 0, 0), agent("weaver", ["lore", "analysis"], 0.15, 0.25)],
    templates: [
      { tasks: [task("analysis", [], 0.5), task("lore", [], 0.7)] },
      { tasks: [task("analysis", [], 0.6), task("lore", [0], 0.9)] },
    ],
    territories: [
      { id: "myths", title: "Myths", scans: 1, templates: [1, 0] },
      { id: "songs", title: "Songs", scans: 1, templates: [0, 1] },
    ],
    scan: { duration: constant(MINUTE), tokens: constant(500) },
    inspiration: { duration: constant(MINUTE), tokens: constant(1_000) },
    coordination: { baseMs: MINUTE, pairMs: MINUTE },
    monitorMs: MINUTE,
    optimizeMs: MINUTE,
    withoutInsight: 0.6,
    interference: 0,
    mismatchFloor: 0.5,
    budget: { steps: 40, timeMs: 12 * MINUTE },
    rules: {
      ...DEFAULT_RULES,
      parallelism: 2,
      maxAttempts: 2,
      insightUses: 2,
      insightLifetimeSteps: 4,
      maxInspirations: 1,
      loadWindowMs: 0,
    },
  };
}

/**
 * The standard world: the mission's seven roles, five territories of four scans with workflows of
 * different shapes and priorities, uncertain durations, qualities and failures. What makes it need
 * foresight is what makes real orchestration need it: there is more work than time and tokens, so that
 * it matters what is left undone; agents that are kept busy run into rate limits and fail, one may be
 * broken without saying so; results produced side by side disagree and take longer to merge; insights
 * are costly, serve several tasks, and go stale; what is not merged when time is up is lost.
 * @example
 * ```ts
 * const env = new OrchestratorEnv({ world: standardWorld() });
 * const { info } = env.reset({ seed: 1 });
 * ```
 */
export function standardWorld(): OrchestratorWorld {
  const agent = (
    name: string,
    capabilities: string[],
    minutes: number,
    quality: number,
    tokens: number,
    concurrency = 2,
  ): AgentModel => ({
    declared: {
      name,
      capabilities,
      concurrency,
      durationMs: minutes * MINUTE,
      tokens,
      costUsd: tokens * 5e-6,
      quality: 0.7,
      reliability: 0.9,
    },
    duration: lognormal(minutes * MINUTE, 0.35),
    quality: beta(quality, 30),
    tokens: lognormal(tokens, 0.3),
    costUsd: constant(tokens * 5e-6),
    failure: 0.06,
    overloadFailure: 0.8,
    comfortLoad: 0.2,
    broken: 0.08,
    brokenFailure: 0.8,
  });
  const priority: Distribution = { kind: "discrete", values: [0.2, 0.5, 1], probabilities: [0.4, 0.4, 0.2] };
  const task = (capabilities: string[], dependsOn: number[] = [], creative = false): TaskTemplate => ({
    capabilities,
    dependsOn,
    priority,
    creative,
  });
  const even = [0.25, 0.25, 0.25, 0.25];
  const territory = (id: string, title: string, templates = even) => ({ id, title, scans: 4, templates });
  return {
    agents: [
      agent("relationalAnalyst", ["relations", "research"], 2, 0.8, 3_000),
      agent("comparativeMythologist", ["myth", "research"], 3, 0.85, 4_000),
      agent("linguist", ["language", "research"], 2, 0.8, 3_000),
      agent("inspirationEngine", ["ideation", "narrative"], 2, 0.75, 3_000),
      agent("loreWeaver", ["narrative", "myth"], 4, 0.85, 5_000),
      agent("aestheticCognition", ["aesthetics"], 2, 0.8, 3_000),
      agent("toolSmith", ["tools"], 3, 0.75, 4_000),
    ],
    templates: [
      { tasks: [task(["research", "myth"]), task(["narrative"], [0], true)] },
      {
        tasks: [
          task(["research", "language"]),
          task(["ideation"], [], true),
          task(["narrative"], [0, 1], true),
          task(["aesthetics"], [2]),
        ],
      },
      { tasks: [task(["tools"]), task(["relations"]), task(["aesthetics"], [0, 1])] },
      { tasks: [task(["ideation"], [], true), task(["narrative", "myth"], [], true), task(["language"])] },
    ],
    territories: [
      territory("myths", "Comparative myths", [0.5, 0.2, 0.1, 0.2]),
      territory("languages", "Lost languages", [0.2, 0.5, 0.1, 0.2]),
      territory("instruments", "Instruments of making", [0.1, 0.1, 0.7, 0.1]),
      territory("dreams", "Collective dreams", [0.1, 0.2, 0.1, 0.6]),
      territory("margins", "Margins and marginalia"),
    ],
    scan: { duration: lognormal(MINUTE, 0.3), tokens: constant(1_500) },
    inspiration: { duration: lognormal(2.5 * MINUTE, 0.3), tokens: constant(3_000) },
    coordination: { baseMs: 0.75 * MINUTE, pairMs: 0.5 * MINUTE },
    monitorMs: 0.1 * MINUTE,
    optimizeMs: 0.1 * MINUTE,
    withoutInsight: 0.55,
    interference: 0.1,
    mismatchFloor: 0.5,
    budget: { steps: 60, timeMs: 60 * MINUTE, tokens: 70_000 },
    rules: { ...DEFAULT_RULES, loadWindowMs: 4 * MINUTE, insightLifetimeSteps: 6, insightUses: 4, maxInspirations: 6 },
  };
}
