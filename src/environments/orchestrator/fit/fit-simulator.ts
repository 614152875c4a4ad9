import { checkArgument } from "../../../core/arguments.js";
import type { Trace } from "../../../core/index.js";
import { LearningError, refuseUnknownKeys } from "../../../core/index.js";
import type { AgentDeclaration, Budget, OrchestrationRules } from "../../../orchestration/index.js";
import { AGENT_DEFAULTS, completeBudget, completeRules } from "../../../orchestration/index.js";
import { constant, type Distribution } from "../distribution.js";
import type { AgentModel, OrchestratorWorld } from "../world.js";
import { type RunFact, type SimulatorFacts, type StepFact, simulatorFacts } from "./facts.js";
import { fitFailures } from "./failures.js";
import { type FitGoodness, kolmogorov } from "./goodness.js";
import { fitQuality } from "./quality.js";
import { fitAmount, fitBeta, fitLognormal, mean } from "./shapes.js";
import { fitTerritories } from "./territories.js";

/** What traces do not say. */
export interface FitOptions {
  /** The agents as they are declared to the orchestrator. */
  agents: readonly AgentDeclaration[];
  /** Budget of the simulated runs, default 60 steps. */
  budget?: Partial<Budget>;
  /** Rules of the simulated runs; `inspiration: false` where the Sentinel has no source of it (default true). */
  rules?: Partial<OrchestrationRules>;
}

/** A simulator made from traces, and how well it describes them. */
export interface FittedSimulator {
  world: OrchestratorWorld;
  goodness: FitGoodness[];
  traces: number;
  runs: number;
  /** What the traces were silent about, and what was assumed instead. */
  assumed: string[];
}

/** Runs of an agent from which its own distributions are fitted; with fewer all agents' runs are used. */
const OWN_RUNS = 8;

/**
 * A simulated world from traces of a Sentinel: agents' durations, tokens, qualities and failures, what scans
 * find, and what coordination and inspiration take. Runs are read from the updates that the tracer keeps by
 * default; from traces without them durations and failures of nodes are all there is, and the rest is
 * assumed, which the result says. Text plays no part.
 * Fails with ENV_INVALID when no trace has a run of a declared agent, or on limits and rules that cannot be.
 * @example
 * ```ts
 * const { world, goodness, assumed } = fitSimulator(traces, { agents: declared });
 * const env = new OrchestratorEnv({ world });
 * ```
 */
export function fitSimulator(traces: readonly Trace[], options: FitOptions): FittedSimulator {
  checkArgument(traces, "traces", "objects", "ENV_INVALID");
  checkArgument(options, "options", { agents: "objects" }, "ENV_INVALID");
  refuseUnknownKeys(options, ["agents", "budget", "rules"], "options of fitSimulator");
  const rules = completeRules(options.rules ?? {}, "ENV_INVALID");
  const budget = completeBudget(options.budget ?? {}, "ENV_INVALID");
  const facts = simulatorFacts(
    traces,
    options.agents.map((a) => a.name),
  );
  if (facts.runs.length === 0)
    throw new LearningError("ENV_INVALID", {
      received: `${traces.length} traces without a run of ${options.agents.map((a) => a.name).join(", ") || "any agent"}`,
      expected: "traces of a Sentinel with these agents",
      remedy: "Capture the Sentinel's runs, and declare its agents under the same names.",
    });
  const goodness: FitGoodness[] = [];
  const assumed: string[] = [];
  const agents = fitAgents(facts, options.agents, goodness, assumed);
  const { own: _own, ...effects } = fitQuality(facts.runs);
  const scans = facts.steps.filter((s) => s.action === "scanTerritories");
  const inspirations = facts.steps.filter((s) => s.action === "requestInspiration");
  const world: OrchestratorWorld = {
    agents,
    ...fitTerritories(scans, assumed),
    scan: durationAndTokens("scan", scans, 1_000, goodness, assumed),
    inspiration: durationAndTokens("inspiration", inspirations, 1_000, goodness, assumed),
    coordination: fitCoordination(facts.steps, goodness, assumed),
    monitorMs: meanDuration(facts.steps, "monitorSystem"),
    optimizeMs: meanDuration(facts.steps, "optimizeResources"),
    ...effects,
    budget,
    rules,
  };
  return { world, goodness, traces: facts.traces, runs: facts.runs.length, assumed };
}

function fitAgents(
  { runs }: SimulatorFacts,
  declarations: readonly AgentDeclaration[],
  goodness: FitGoodness[],
  assumed: string[],
): AgentModel[] {
  const failures = fitFailures(runs);
  const { own } = fitQuality(runs);
  goodness.push(failures.goodness);
  const everyQuality = [...own.values()].flat();
  if (everyQuality.length === 0) assumed.push("quality: as declared, since no update of an agent's run was kept");
  if (!runs.some((r) => r.under)) assumed.push("load, fit and insight: without effect, since no update was kept");
  const everyBase = mean([...failures.base.values()]);
  return declarations.map((declared) => {
    const { name } = declared;
    const mine = runs.filter((r) => r.agent === name);
    const enough = mine.length >= OWN_RUNS;
    if (!enough) assumed.push(`${name}: as the other agents, since it has ${mine.length} runs`);
    const sample = enough ? mine : runs;
    const qualities = (own.get(name)?.length ?? 0) >= OWN_RUNS ? (own.get(name) as number[]) : everyQuality;
    const duration = tested(
      `${name}.duration`,
      sample.map((r) => r.durationMs),
      fitLognormal,
      goodness,
    );
    const quality =
      qualities.length > 0
        ? tested(`${name}.quality`, qualities, fitBeta, goodness)
        : constant(declared.quality ?? AGENT_DEFAULTS.quality);
    return {
      declared,
      duration,
      quality,
      tokens: amounts(`${name}.tokens`, sample, (r) => r.tokens, declared.tokens, goodness),
      costUsd: amounts(`${name}.costUsd`, sample, (r) => r.costUsd, declared.costUsd, goodness),
      failure: failures.base.get(name) ?? everyBase,
      overloadFailure: failures.overload,
      comfortLoad: failures.comfort,
      broken: failures.broken,
      brokenFailure: failures.brokenFailure,
    };
  });
}

function tested(
  what: string,
  sample: readonly number[],
  shape: (sample: readonly number[]) => Distribution,
  goodness: FitGoodness[],
): Distribution {
  const distribution = shape(sample);
  if (distribution.kind !== "constant") goodness.push(kolmogorov(what, sample, distribution));
  return distribution;
}

function amounts(
  what: string,
  runs: readonly RunFact[],
  of: (run: RunFact) => number | undefined,
  declared: number | undefined,
  goodness: FitGoodness[],
): Distribution {
  const sample = runs.map(of).filter((v) => v !== undefined);
  return sample.length > 0 ? tested(what, sample, fitAmount, goodness) : constant(declared ?? 0);
}

function durationAndTokens(
  what: string,
  steps: readonly StepFact[],
  otherwiseMs: number,
  goodness: FitGoodness[],
  assumed: string[],
): { duration: Distribution; tokens: Distribution } {
  if (steps.length === 0) {
    assumed.push(`${what}: ${otherwiseMs} ms without tokens, since there was none`);
    return { duration: constant(otherwiseMs), tokens: constant(0) };
  }
  return {
    duration: tested(
      `${what}.duration`,
      steps.map((s) => s.durationMs),
      fitLognormal,
      goodness,
    ),
    tokens: fitAmount(steps.map((s) => s.tokens ?? 0)),
  };
}

/** Least squares of a coordination's duration on the pairs it had to reconcile. */
function fitCoordination(
  steps: readonly StepFact[],
  goodness: FitGoodness[],
  assumed: string[],
): OrchestratorWorld["coordination"] {
  const rows = steps.filter((s) => s.action === "coordinateWorkflow" && s.pairs !== undefined);
  if (rows.length === 0) {
    assumed.push("coordination: without duration, since there was none");
    return { baseMs: 0, pairMs: 0 };
  }
  const x = mean(rows.map((r) => r.pairs as number));
  const y = mean(rows.map((r) => r.durationMs));
  const xx = rows.reduce((s, r) => s + ((r.pairs as number) - x) ** 2, 0);
  const xy = rows.reduce((s, r) => s + ((r.pairs as number) - x) * (r.durationMs - y), 0);
  const pairMs = xx > 0 ? Math.max(0, xy / xx) : 0;
  const baseMs = Math.max(0, y - pairMs * x);
  const missed = Math.sqrt(mean(rows.map((r) => (r.durationMs - baseMs - pairMs * (r.pairs as number)) ** 2)));
  goodness.push({ what: "coordination", n: rows.length, distance: y > 0 ? Math.min(1, missed / y) : 0 });
  return { baseMs, pairMs };
}

function meanDuration(steps: readonly StepFact[], action: StepFact["action"]): number {
  const rows = steps.filter((s) => s.action === action);
  return rows.length === 0 ? 0 : mean(rows.map((r) => r.durationMs));
}
