import { checkArgument } from "../core/arguments.js";
import { createRng, type Rng } from "../math/rng.js";
import { agentCombinations } from "./agent-combinations.js";
import { type AnalyzeOptions, type AnalyzeSettings, analyzeSettings } from "./analyze-options.js";
import { type Association, testAssociations } from "./association.js";
import { type Candidate, findCandidates } from "./candidates.js";
import { type Conformance, checkConformance, referenceOf } from "./conformance.js";
import { decisionRules } from "./decision-rules.js";
import type { EventLog } from "./event-log.js";
import { failurePrecursors } from "./failure-precursors.js";
import { groupNumbers, groupOfRuns } from "./grouped.js";
import { type GroupedReward, meanErrors } from "./mean-errors.js";
import { metricCorrelations } from "./metric-correlations.js";
import { testNextSteps } from "./next-steps.js";
import { echoesOutcome, stepEchoesOutcome } from "./outcome-echo.js";
import type { PatternEngine, TypeLogs } from "./pattern-engine.js";
import type { PatternFinding, PatternReport, VariantStanding } from "./pattern-report.js";
import { type ProcessMap, processMap } from "./process-map.js";
import { type RatedRows, type RatedRun, ratedRows } from "./rated-rows.js";
import { type AnalyzedRun, UNITS } from "./run-view.js";
import { shrinkMeans } from "./shrinkage.js";

/** What is read of arguments. */
const ENGINE = { runs: "object", types: "object", update: "function" } as const;

/**
 * Analyses what the engine remembers; the same data, options and seed give the same report.
 * @param onStep called between steps of long work; what it throws ends the analysis
 * @throws PATTERN_INVALID for options outside their range, CONFIG_UNKNOWN_KEY for unknown ones
 * @example
 * ```ts
 * const engine = new PatternEngine();
 * engine.update([viewRun(trace)]);
 * engine.rate(trace.workflowId, 0.9);
 * const report = analyzeRuns(engine, { minSupport: 0.1 });
 * ```
 */
export function analyzeRuns(engine: PatternEngine, given: AnalyzeOptions = {}, onStep?: () => void): PatternReport {
  checkArgument(engine, "engine", ENGINE, "PATTERN_INVALID");
  const options = analyzeSettings(given);
  const { fdr, permutations, minRated } = options;
  const rng = createRng(options.seed);
  const wanted = (type: string) => options.workflowType === undefined || type === options.workflowType;
  const runs = [...engine.runs.values()].filter((r) => wanted(r.workflowType));
  const judged = runs.filter((r) => engine.rewards.has(r.id)).length;
  const basis = judged >= minRated ? "judged" : "success";
  const rewardOf = (run: AnalyzedRun): number | undefined =>
    basis === "judged" ? engine.rewards.get(run.id) : run.succeeded === undefined ? undefined : run.succeeded ? 1 : 0;
  // What is made of duration and cost cannot be asked how it goes with them.
  const apartOf = (run: AnalyzedRun, reward: number) =>
    basis === "judged" ? (engine.rewardsApart.get(run.id) ?? reward) : reward;
  const stepping = onStep && { onStep };
  const rated = runs.flatMap((run) => {
    const reward = rewardOf(run);
    return reward === undefined ? [] : [{ run, reward }];
  });
  const groupOf = groupOfRuns(runs, options.group);
  // Where no two runs belong together, every run is its own group.
  const grouping = groupNumbers(runs.map(groupOf)) && { groupOf };
  const types = [...engine.types]
    .filter(([name, t]) => wanted(name) && t.logs.nodes.size > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const rowsOf = ratedRows(rated);
  const { findings, tested, supports } = testPatterns(
    types,
    rated,
    rowsOf,
    { ...options, ...stepping, groupOf },
    rng.fork("patterns"),
  );
  onStep?.();
  const logs = new Map(types);
  const nextSteps = testNextSteps(findings, logs, rowsOf, {
    ...{ fdr, permutations, rng: rng.fork("steps") },
    ...grouping,
    ...stepping,
  }).map((s) => (stepEchoesOutcome(s, logs, rowsOf) ? { ...s, echoesOutcome: true as const } : s));
  onStep?.();
  const maps = types.map(([name, t]) => [name, mapOf(t, engine, rewardOf)] as const);
  const times = runs.map((r) => r.at).sort();
  const blame = engine.blameModel();
  return {
    schemaVersion: 1,
    runs: runs.length,
    ratedRuns: rated.length,
    rewardBasis: basis,
    ...(times.length > 0 && { dataFrom: times[0], dataTo: times.at(-1) as string }),
    fdr,
    minSupport: supports,
    patterns: findings,
    patternsTested: tested,
    nextSteps,
    maps: Object.fromEntries(maps),
    conformance: Object.fromEntries(
      maps.map(([name, map]) => [name, conformanceOf((engine.types.get(name) as TypeLogs).logs.nodes, map)]),
    ),
    variants: types.flatMap(([name, t]) =>
      standings(name, t, engine, { rewardOf, groupOf, rng: rng.fork(`variants/${name}`), onStep }),
    ),
    agentCombinations: agentCombinations(
      rated.map(({ run, reward }) => ({
        taskType: run.workflowType,
        agents: run.cases.agents.activities,
        reward,
        group: groupOf(run),
      })),
      rng.fork("agents"),
      onStep,
    ),
    decisionRules: decisionRules(
      engine.decisions.filter((d) => {
        const run = engine.runs.get(d.workflowId);
        return options.workflowType === undefined || run?.workflowType === options.workflowType;
      }),
      { fdr, ...stepping, rng: rng.fork("rules"), groupOf: (id) => nameOf(engine.runs.get(id), groupOf) ?? id },
    ),
    failurePrecursors: failurePrecursors(runs, {
      ...{ fdr, permutations, rewardOf, rng: rng.fork("failures") },
      ...grouping,
      ...stepping,
    }),
    blames: runs
      .filter((r) => r.succeeded === false)
      .flatMap((r): PatternReport["blames"] => {
        if (r.failedAt) return [{ workflowId: r.id, basis: "error", ...r.failedAt, probability: 1, basedOn: 1 }];
        const [first] = blame.attribute({ workflowType: r.workflowType, steps: r.cases.agents.activities });
        return first ? [{ workflowId: r.id, basis: "labels", ...first }] : [];
      }),
    correlations: metricCorrelations(
      rated.map(({ run, reward }) => ({
        workflowType: run.workflowType,
        metrics: run.metrics,
        reward: apartOf(run, reward),
        group: groupOf(run),
        finished: run.succeeded === true,
      })),
      { fdr, permutations, ...stepping, rng: rng.fork("metrics") },
    ),
  };
}

const nameOf = (run: AnalyzedRun | undefined, groupOf: (run: AnalyzedRun) => string) => run && groupOf(run);

const LISTED_RUNS = 100;
const LISTED_DEVIATIONS = 20;

/** Which runs left the part of the map that at least one run in twenty uses. */
function conformanceOf(log: EventLog, map: ProcessMap): Conformance {
  const full = checkConformance(log, referenceOf(map));
  const deviating = full.deviating
    .slice(0, LISTED_RUNS)
    .map(({ id, deviations }) => ({ id, deviations: deviations.slice(0, LISTED_DEVIATIONS) }));
  return { ...full, deviating, places: full.places.slice(0, LISTED_RUNS) };
}

/** Finds the candidate patterns of all types and units and tests all of them together. */
function testPatterns(
  types: [string, TypeLogs][],
  rated: RatedRun[],
  ratedIn: RatedRows,
  options: AnalyzeSettings & { onStep?: () => void; groupOf: (run: AnalyzedRun) => string },
  rng: Rng,
) {
  const supports: PatternReport["minSupport"] = [];
  const found: (Candidate & { workflowType: string })[] = [];
  const members: Int32Array[] = [];
  const scope: number[] = [];
  for (const [stratum, [workflowType, type]] of types.entries()) {
    for (const unit of UNITS) {
      const log = type.logs[unit];
      if (log.activities.length === 0 || (unit === "agents" && repeatsNodes(type))) continue;
      const { candidates, minSupport, sequencesLeftOut } = findCandidates(type, unit, options, options.maxCandidates);
      supports.push({ workflowType, unit, runs: minSupport, ...(sequencesLeftOut && { sequencesLeftOut }) });
      const rowsOf: number[][] = Array.from({ length: log.variants.size }, () => []);
      for (const { at, variant } of ratedIn(log, workflowType)) rowsOf[variant].push(at);
      for (const c of candidates) {
        found.push({ ...c, workflowType });
        members.push(Int32Array.from([...c.variants].flatMap((v) => rowsOf[v])));
        scope.push(stratum);
      }
    }
  }
  const stratumOf = new Map(types.map(([name], i) => [name, i]));
  const tested = testAssociations(
    {
      rewards: Float64Array.from(rated, (r) => r.reward),
      strata: Int32Array.from(rated, (r) => stratumOf.get(r.run.workflowType) as number),
      classOf: Int32Array.from(rated.keys()),
      classes: rated.length,
      members,
      scope,
      groupOf: groupNumbers(rated.map((r) => options.groupOf(r.run))),
    },
    {
      ...{ fdr: options.fdr, permutations: options.permutations },
      ...(options.onStep && { onStep: options.onStep }),
      rng,
    },
  );
  const logs = new Map(types);
  const surprising = (a: Association & Pick<PatternFinding, "echoesOutcome">) =>
    (a.verdict === "better" || a.verdict === "worse") && !a.echoesOutcome ? 1 : 0;
  const findings = found
    .map(({ variants: _, ...c }, k): PatternFinding => ({ ...c, ...tested[k] }))
    .map((f) => (echoesOutcome(f, logs, ratedIn) ? { ...f, echoesOutcome: true as const } : f))
    .sort((a, b) => surprising(b) - surprising(a) || (surprising(a) ? a.pValue - b.pValue : 0) || b.share - a.share)
    .slice(0, options.maxFindings);
  const count = tested.filter((t) => t.verdict !== "untested").length;
  return { findings, tested: count, supports };
}

/** Whether every node is its own agent, because none calls a model: what holds of one then holds of the other. */
function repeatsNodes({ logs: { nodes, agents } }: TypeLogs): boolean {
  const same = new Set<string>();
  return nodes.ids.every((id, row) => {
    if (!nodes.alive.at(row)) return true;
    const other = agents.rowOfCase(id);
    if (other === undefined) return false;
    const pair = `${nodes.variantOf.at(row)}/${agents.variantOf.at(other)}`;
    if (same.has(pair)) return true;
    same.add(pair);
    const once = nodes.names(nodes.variants.sequence(nodes.variantOf.at(row))).filter((n, i, all) => n !== all[i - 1]);
    const theirs = agents.names(agents.variants.sequence(agents.variantOf.at(other)));
    return once.length === theirs.length && once.every((name, i) => name === theirs[i]);
  });
}

type RewardOf = (run: AnalyzedRun) => number | undefined;

function rowRewards(type: TypeLogs, engine: PatternEngine, rewardOf: RewardOf): Float64Array {
  return Float64Array.from(type.logs.nodes.ids, (id) => {
    const run = engine.runs.get(id);
    return (run && rewardOf(run)) ?? Number.NaN;
  });
}

const LISTED_VARIANTS = 100;

function mapOf(type: TypeLogs, engine: PatternEngine, rewardOf: RewardOf) {
  const map = processMap(type.logs.nodes, type.follows, rowRewards(type, engine, rewardOf));
  return { ...map, variants: map.variants.slice(0, LISTED_VARIANTS) };
}

/** Mean rewards of the variants, shrunken towards each other; only variants with a rated run take part. */
function standings(
  workflowType: string,
  type: TypeLogs,
  engine: PatternEngine,
  {
    rewardOf,
    groupOf,
    rng,
    onStep,
  }: { rewardOf: RewardOf; groupOf: (run: AnalyzedRun) => string; rng: Rng; onStep: (() => void) | undefined },
): VariantStanding[] {
  const log = type.logs.nodes;
  const rewards = rowRewards(type, engine, rewardOf);
  const groups = new Map<number, { set: number; runs: number; sum: number; square: number }>();
  const grouped: GroupedReward[] = [];
  for (let row = 0; row < log.rows; row++) {
    const r = rewards[row];
    if (!log.alive.at(row) || Number.isNaN(r)) continue;
    const v = log.variantOf.at(row);
    const g = groups.get(v) ?? { set: groups.size, runs: 0, sum: 0, square: 0 };
    groups.set(v, g);
    const run = engine.runs.get(log.ids[row]);
    if (run) grouped.push({ reward: r, set: g.set, group: groupOf(run) });
    g.runs++;
    g.sum += r;
    g.square += r * r;
  }
  const errors = meanErrors(grouped, groups.size);
  const means = [...groups.values()].map((g) => ({ ...g, ...(errors && { error: errors[g.set] }) }));
  const shrunk = shrinkMeans(means, rng, onStep);
  return [...groups]
    .map(([v, g], k): VariantStanding => {
      const s = shrunk[k];
      return {
        workflowType,
        activities: log.names(log.variants.sequence(v)),
        runs: log.variants.weights.at(v),
        ratedRuns: g.runs,
        reward: s.mean,
        lower: Math.max(0, s.mean - 1.959963985 * s.sd),
        upper: Math.min(1, s.mean + 1.959963985 * s.sd),
        bestProbability: s.bestProbability,
        betterProbability: s.betterProbability,
      };
    })
    .sort((a, b) => b.reward - a.reward || b.runs - a.runs)
    .slice(0, LISTED_VARIANTS);
}
