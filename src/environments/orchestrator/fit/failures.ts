import type { RunFact } from "./facts.js";
import type { FitGoodness } from "./goodness.js";

/** What was found about failures. */
export interface FailureFit {
  /** Failure rate of a rested, sound agent, by name. */
  base: ReadonlyMap<string, number>;
  overload: number;
  comfort: number;
  broken: number;
  brokenFailure: number;
  goodness: FitGoodness;
}

const COMFORTS = Array.from({ length: 10 }, (_, i) => i / 10);
const SLOPES = Array.from({ length: 21 }, (_, i) => i / 10);
/** Log-likelihood that a unit of overload has to earn; few runs see much load. */
const SOBER = 1;
/** Runs' worth of shrinkage of each agent's base rate towards that of all. */
const SHRINK = 10;

/**
 * Failures as the simulator has them: a base rate per agent, a rise with load beyond a comfortable one, and
 * agents that are broken throughout a run of the graph. By expectation maximisation (Dempster, Laird and
 * Rubin, 1977) over who was broken, with the two shape parameters on a grid; shape and brokenness are
 * shared by all agents. Comparing load bands tells how well it describes the data.
 */
export function fitFailures(runs: readonly RunFact[]): FailureFit {
  const groups = groupRuns(runs);
  const rate = (runs.filter((r) => !r.ok).length + 0.5) / (runs.length + 1);
  let model: Omit<FailureFit, "goodness"> = {
    base: new Map(runs.map((r) => [r.agent, rate * 0.7])),
    overload: 0.3,
    comfort: 0.4,
    broken: 0.05,
    brokenFailure: Math.max(0.7, rate),
  };
  for (let round = 0; round < 12; round++) {
    const weights = groups.map((g) => brokenProbability(g, model));
    model = maximise(groups, weights, model);
  }
  return { ...model, goodness: compareBands(groups, model) };
}

type Model = Omit<FailureFit, "goodness">;
const loadOf = (run: RunFact): number => run.under?.load ?? 0;
const clamp = (p: number): number => Math.min(0.999, Math.max(0.001, p));

/** The runs of one agent within one trace: broken or sound together. */
function groupRuns(runs: readonly RunFact[]): RunFact[][] {
  const groups = new Map<string, RunFact[]>();
  for (const run of runs) {
    const key = `${run.trace}|${run.agent}`;
    const group = groups.get(key);
    if (group) group.push(run);
    else groups.set(key, [run]);
  }
  return [...groups.values()];
}

function soundRate(run: RunFact, m: Model): number {
  return clamp((m.base.get(run.agent) as number) + m.overload * Math.max(0, loadOf(run) - m.comfort));
}

function brokenProbability(group: readonly RunFact[], m: Model): number {
  let sound = Math.log(1 - m.broken);
  let broken = Math.log(m.broken);
  for (const run of group) {
    const p = soundRate(run, m);
    sound += Math.log(run.ok ? 1 - p : p);
    broken += Math.log(run.ok ? 1 - m.brokenFailure : m.brokenFailure);
  }
  return 1 / (1 + Math.exp(sound - broken));
}

function maximise(groups: readonly RunFact[][], brokenness: readonly number[], before: Model): Model {
  let failed = 0.7 * 2;
  let tried = 2;
  const sound: { run: RunFact; weight: number }[] = [];
  groups.forEach((group, g) => {
    const b = brokenness[g];
    for (const run of group) {
      failed += run.ok ? 0 : b;
      tried += b;
      sound.push({ run, weight: 1 - b });
    }
  });
  const broken = clamp((brokenness.reduce((s, b) => s + b, 0) + 0.5) / (groups.length + 10));
  const shared = { broken, brokenFailure: Math.max(0.5, clamp(failed / tried)) };
  let best: Model = { ...before, ...shared };
  let top = Number.NEGATIVE_INFINITY;
  for (const comfort of COMFORTS)
    for (const overload of SLOPES) {
      const candidate: Model = { ...shared, comfort, overload, base: baseRates(sound, comfort, overload) };
      const fit = logLikelihood(sound, candidate) - SOBER * overload;
      if (fit > top + 1e-9) [best, top] = [candidate, fit];
    }
  return best;
}

function baseRates(
  sound: readonly { run: RunFact; weight: number }[],
  comfort: number,
  overload: number,
): Map<string, number> {
  const sums = new Map<string, [number, number]>();
  const all: [number, number] = [0, 0];
  for (const { run, weight } of sound) {
    const excess = (run.ok ? 0 : 1) - overload * Math.max(0, loadOf(run) - comfort);
    const own = sums.get(run.agent) ?? [0, 0];
    sums.set(run.agent, [own[0] + weight * excess, own[1] + weight]);
    all[0] += weight * excess;
    all[1] += weight;
  }
  const common = all[0] / Math.max(1e-9, all[1]);
  return new Map([...sums].map(([agent, [s, w]]) => [agent, clamp((s + SHRINK * common) / (w + SHRINK))]));
}

function logLikelihood(sound: readonly { run: RunFact; weight: number }[], m: Model): number {
  let sum = 0;
  for (const { run, weight } of sound) {
    const p = soundRate(run, m);
    sum += weight * Math.log(run.ok ? 1 - p : p);
  }
  return sum;
}

/** Observed and fitted failure shares in quarters of the load; the largest gap weighs bands of 20 runs or more. */
function compareBands(groups: readonly RunFact[][], m: Model): FitGoodness {
  const bands = [0, 0, 0, 0].map(() => ({ n: 0, failed: 0, fitted: 0 }));
  for (const group of groups)
    for (const run of group) {
      const band = bands[Math.min(3, Math.floor(loadOf(run) * 4))];
      band.n++;
      if (!run.ok) band.failed++;
      band.fitted += (1 - m.broken) * soundRate(run, m) + m.broken * m.brokenFailure;
    }
  const gaps = bands.filter((b) => b.n >= 20).map((b) => Math.abs(b.failed - b.fitted) / b.n);
  return { what: "failures", n: groups.flat().length, distance: Math.max(0, ...gaps) };
}
