import { checkArgument } from "../../core/arguments.js";
import type {
  ActionOutcome,
  ActionPlan,
  OrchestrationState,
  RunCircumstances,
  TaskSpec,
} from "../../orchestration/index.js";
import { circumstancesOf, unmergedPairs } from "../../orchestration/index.js";
import { worldArgument } from "./check-world.js";
import type { Chance } from "./distribution.js";
import type { AgentModel, OrchestratorWorld } from "./world.js";

/** What is read of arguments. */
const FACTORS = { mismatchFloor: "number", withoutInsight: "number" } as const;
const FAILURES = {
  failure: "number",
  overloadFailure: "number",
  comfortLoad: "number",
  brokenFailure: "number",
} as const;
const SIMULATE_PLAN = { assignments: "list", territories: "list" } as const;

/** What an episode holds that the orchestrator is not told: the agents that are broken in it. */
export type HiddenConditions = ReadonlySet<string>;

/**
 * Draws the hidden conditions of an episode.
 * @example const hidden = drawConditions(standardWorld(), sampledChance(createRng(1)));
 */
export function drawConditions(world: OrchestratorWorld, chance: Chance): HiddenConditions {
  worldArgument(world);
  checkArgument(chance, "chance", "object", "ENV_INVALID");
  return new Set(world.agents.filter((a) => yes(chance, a.broken)).map((a) => a.declared.name));
}

/**
 * What the simulated world answers to a plan.
 * @example const outcome = simulate(world, drawConditions(world, chance), worldStart(world), actionPlan, chance);
 */
export function simulate(
  world: OrchestratorWorld,
  hidden: HiddenConditions,
  state: OrchestrationState,
  plan: ActionPlan,
  chance: Chance,
): ActionOutcome {
  worldArgument(world);
  checkArgument(hidden, "hidden", "object", "ENV_INVALID");
  checkArgument(state, "state", "object", "ENV_INVALID");
  checkArgument(plan, "plan", SIMULATE_PLAN, "ENV_INVALID");
  checkArgument(chance, "chance", "object", "ENV_INVALID");
  switch (plan.action) {
    case "scanTerritories":
      return scan(world, state, plan, chance);
    case "dispatchSingleAgent":
    case "dispatchMultipleAgents":
      return { runs: runAgents(world, hidden, state, plan, chance) };
    case "coordinateWorkflow":
      return {
        durationMs:
          world.coordination.baseMs +
          world.coordination.pairMs * unmergedPairs(state.tasks.filter((t) => t.status === "produced")),
      };
    case "monitorSystem":
      return { durationMs: world.monitorMs };
    case "optimizeResources":
      return { durationMs: world.optimizeMs };
    case "requestInspiration":
      return {
        durationMs: chance.value(world.inspiration.duration),
        tokens: chance.value(world.inspiration.tokens),
        insights: [{ id: `insight-${state.inspirationRequests}`, text: "" }],
      };
    case "completeTask":
      return {};
  }
}

function scan(world: OrchestratorWorld, state: OrchestrationState, plan: ActionPlan, chance: Chance): ActionOutcome {
  let durationMs = 0;
  let tokens = 0;
  const tasks: TaskSpec[] = [];
  const exhausted: string[] = [];
  for (const id of plan.territories) {
    const model = world.territories.find((t) => t.id === id) as OrchestratorWorld["territories"][number];
    const scans = state.territories.find((t) => t.id === id)?.scans ?? 0;
    durationMs += chance.value(world.scan.duration);
    tokens += chance.value(world.scan.tokens);
    const template = world.templates[chance.pick(model.templates)];
    const workflow = `${id}.${scans}`;
    template.tasks.forEach((t, i) => {
      tasks.push({
        id: `${workflow}.${i}`,
        title: `${workflow}.${i}`,
        workflow: t.workflow ? `${workflow}/${t.workflow}` : workflow,
        territory: id,
        capabilities: [...t.capabilities],
        dependsOn: t.dependsOn.map((d) => `${workflow}.${d}`),
        priority: chance.value(t.priority),
        creative: t.creative,
      });
    });
    if (scans + 1 >= model.scans) exhausted.push(id);
  }
  return { durationMs, tokens, found: { tasks, exhausted } };
}

function runAgents(
  world: OrchestratorWorld,
  hidden: HiddenConditions,
  state: OrchestrationState,
  plan: ActionPlan,
  chance: Chance,
): NonNullable<ActionOutcome["runs"]> {
  return plan.assignments.map((assignment) => {
    const { taskId, agent } = assignment;
    const model = world.agents.find((a) => a.declared.name === agent) as AgentModel;
    const under = circumstancesOf(state, plan, assignment);
    const durationMs = chance.value(model.duration);
    const tokens = chance.value(model.tokens);
    const costUsd = chance.value(model.costUsd);
    if (yes(chance, failureRate(model, under.load, hidden.has(agent))))
      return { taskId, agent, ok: false, durationMs, tokens, costUsd, under, error: "simulated failure" };
    const factor = qualityFactor(world, under);
    const quality = Math.min(1, Math.max(0, chance.value(model.quality) * factor - world.interference * under.peers));
    return { taskId, agent, ok: true, quality, durationMs, tokens, costUsd, under };
  });
}

/**
 * What fit and inspiration leave of an agent's quality.
 * @example const factor = qualityFactor(standardWorld(), circumstances);
 */
export function qualityFactor(
  world: Pick<OrchestratorWorld, "mismatchFloor" | "withoutInsight">,
  under: RunCircumstances,
): number {
  checkArgument(world, "world", FACTORS, "ENV_INVALID");
  checkArgument(under, "under", "object", "ENV_INVALID");
  const fit = world.mismatchFloor + (1 - world.mismatchFloor) * under.match;
  return under.creative && !under.inspired ? fit * world.withoutInsight : fit;
}

/**
 * Probability that a run fails, given the agent's load and whether it is broken.
 * @example
 * ```ts
 * const [agent] = standardWorld().agents;
 * if (agent) console.log(failureRate(agent, 0.9, false));
 * ```
 */
export function failureRate(model: AgentModel, load: number, broken: boolean): number {
  checkArgument(model, "model", FAILURES, "ENV_INVALID");
  checkArgument(load, "load", "number", "ENV_INVALID");
  const base = broken ? model.brokenFailure : model.failure;
  return Math.min(1, base + model.overloadFailure * Math.max(0, load - model.comfortLoad));
}

function yes(chance: Chance, probability: number): boolean {
  if (probability <= 0) return false;
  return probability >= 1 || chance.pick([1 - probability, probability]) === 1;
}
