import { z } from "zod";
import { checkArgument } from "../core/arguments.js";
import { LearningError, MOST_WEIGHT, refuseUnknownKeys, show } from "../core/index.js";
import type { Cluster } from "./contested.js";
import { DEFAULT_RISK } from "./defaults.js";
import { invalidOption } from "./estimate.js";
import { clusterContribution, contestedRuns, exchanged, growth, stakeAt } from "./evidence.js";
import type { Interval } from "./intervals.js";
import { checkJudgedDecisions, type JudgedDecision } from "./rows.js";

const startSchema = z.object({
  /** Which start this is, from 1; its share of the capital is 6 / (pi^2 k^2). */
  k: z.number().int().positive(),
  /** Wealth of each stake, of 1 at the start. */
  wealth: z.array(z.number().nonnegative()),
});

/** What the monitor remembers: plain JSON of bounded size, updated decision by decision. */
const monitorStateSchema = z.object({
  schemaVersion: z.literal(1),
  riskLevel: z.number().gt(0).lt(1),
  tolerance: z.number().gte(0).lt(1),
  runs: z.number().int().nonnegative(),
  /** Sum of their weights; absent (as many as runs) in states of an earlier release. */
  weights: z.number().nonnegative().optional(),
  /** Largest weight a run may have; 1 until somebody is asked by chance. */
  mostWeight: z.number().gte(1).optional(),
  /** Largest loss a run may bring; more where several decisions of one run are changed together. */
  mostLost: z.number().gte(1).optional(),
  /** Sum and sum of squares of the doubly robust contributions to the gain. */
  sum: z.number(),
  squares: z.number().nonnegative(),
  /** Bets that the champion is worse than the fallback by more than the tolerance. */
  worse: z.array(startSchema),
  starts: z.number().int().nonnegative(),
  /** Bets that it is better. */
  better: z.array(z.number().nonnegative()),
  /** Set once it was proven worse; a verdict does not heal by waiting. */
  failed: z.boolean(),
});
/** What a monitor remembers between looks, as plain JSON. */
export type MonitorState = z.infer<typeof monitorStateSchema>;

/** What the monitor says. Plain JSON. */
export interface MonitorReport {
  /** `roll-back`: proven worse. `healthy`: at present proven better. `watching`: neither. */
  verdict: "healthy" | "roll-back" | "watching";
  reason: string;
  /** Mean gain over the fallback so far, in [-1,1] although few heavy rows can say more, and its anytime-valid (asymptotic) interval. */
  gain: number;
  interval: Interval;
  runs: number;
  /** Betting wealth against "not worse" and against "not better"; each is proof from 1 / risk on. */
  evidence: { worse: number; better: number; needed: number };
  state: MonitorState;
}

const STAKES: readonly number[] = Array.from({ length: 10 }, (_, i) => 0.002 * 2 ** i).map((s) => Math.min(s, 0.9));
/** A fresh bettor joins after this many runs, so that a champion that was good for long is caught. */
const RESTART_EVERY = 200;
/** Of the bettors the poorest leaves when there are more; that only ever makes the monitor slower. */
const MOST_STARTS = 24;

/**
 * Begins to watch a champion against the policy it must not fall behind (the fallback, or the
 * champion before it).
 * @param options.riskLevel chance of ever rolling back a champion that is not worse; default 0.05
 * @param options.tolerance how much worse it may be before that counts; default 0
 * @example
 * ```ts
 * let monitor = openMonitor({ tolerance: 0.02 });
 * monitor = monitorChampion(monitor, judged).state;
 * ```
 */
export function openMonitor(options: { riskLevel?: number; tolerance?: number } = {}): MonitorState {
  checkArgument(options, "options", "object", "EVALUATION_INVALID");
  refuseUnknownKeys(options, ["riskLevel", "tolerance"], "options of openMonitor");
  const { riskLevel = DEFAULT_RISK, tolerance = 0 } = options;
  if (!(riskLevel > 0 && riskLevel < 1)) throw invalidOption("riskLevel", riskLevel, "a number between 0 and 1");
  if (!(tolerance >= 0 && tolerance < 1)) throw invalidOption("tolerance", tolerance, "a number in [0,1)");
  return {
    schemaVersion: 1,
    riskLevel,
    tolerance,
    runs: 0,
    weights: 0,
    mostWeight: 1,
    mostLost: 1,
    sum: 0,
    squares: 0,
    worse: [],
    starts: 0,
    better: STAKES.map(() => 1),
    failed: false,
  };
}

/**
 * Reads a stored state. @throws LearningError EVALUATION_INVALID when it is not one
 * @example const monitor = parseMonitor(JSON.parse(JSON.stringify(openMonitor())));
 */
export function parseMonitor(stored: unknown): MonitorState {
  const parsed = monitorStateSchema.safeParse(stored);
  if (parsed.success && parsed.data.better.length === STAKES.length) return parsed.data;
  throw new LearningError("EVALUATION_INVALID", {
    received: `the monitor state ${show(stored)}`,
    expected: "a state that openMonitor or monitorChampion returned",
    remedy: "Restore it, or begin a new monitor for the champion.",
    cause: parsed.error,
  });
}

/**
 * Adds decisions, in the order they were made and the decisions of one run in one call, and answers at
 * once: valid however often it is asked (Ville 1939). The bets are those of `Evidence`, spread
 * evenly over a fixed set of stakes; bettors that join later with a share 6 / (pi^2 k^2) of the
 * capital each (a mixture over change points, as in Shin, Ramdas & Rinaldo 2022) let a change be
 * seen after a long good time. The model in the rows must be fitted on earlier data only; refitting
 * it as time goes on is allowed, cross-fitting is not.
 * @param rows `target` is the champion, `baseline` what it is measured against
 * @example const { state, verdict, reason } = monitorChampion(openMonitor(), judged);
 */
export function monitorChampion(state: MonitorState, rows: readonly JudgedDecision[]): MonitorReport {
  checkArgument(state, "state", "object", "EVALUATION_INVALID");
  checkArgument(rows, "rows", "objects", "EVALUATION_INVALID");
  checkJudgedDecisions(rows);
  const next: MonitorState = structuredClone(parseMonitor(state));
  const log = contestedRuns(rows);
  // A bound that is raised stays: which runs weigh much may depend on how they went.
  if (rows.some((row) => row.weight !== undefined)) next.mostWeight = MOST_WEIGHT;
  next.mostLost = Math.max(next.mostLost ?? 1, log.mostLost);
  next.weights ??= next.runs;
  // Runs without a contested decision say the same whatever their order, so they come first.
  for (const [weight, count] of log.agreed) for (let i = 0; i < count; i++) addRun(next, weight);
  const turned = exchanged(log).contested;
  for (const [i, run] of log.contested.entries()) addRun(next, run.weight / run.size, { run, turned: turned[i] });
  const { runs, sum, squares, riskLevel, weights } = next;
  const worse = worseWealth(next);
  const better = next.better.reduce((s, v) => s + v, 0) / STAKES.length;
  const gain = weights > 0 ? Math.min(1, Math.max(-1, sum / weights)) : 0;
  const scale = runs > 0 && weights > 0 ? weights / runs : 1;
  const verdict = next.failed ? "roll-back" : better >= 1 / riskLevel ? "healthy" : "watching";
  const words = { "roll-back": "proven worse than", healthy: "proven better than", watching: "not told apart from" };
  return {
    verdict,
    reason: `after ${runs} runs ${words[verdict]} the policy it is measured against: gain ${gain.toFixed(3)}`,
    gain,
    interval: anytimeInterval(runs, sum / scale, squares / scale ** 2, riskLevel),
    runs,
    evidence: { worse, better, needed: 1 / riskLevel },
    state: next,
  };
}

/** Without a cluster: one on which both policies agree throughout. */
function addRun(state: MonitorState, weight: number, contested?: { run: Cluster; turned: Cluster }): void {
  if (state.runs % RESTART_EVERY === 0) join(state);
  state.runs++;
  const { tolerance, mostWeight = 1, mostLost = 1 } = state;
  const stands = Math.min(weight, mostWeight);
  state.weights = (state.weights ?? 0) + stands;
  const x = contested ? stands * clusterContribution(contested.run, 1e-6, 0) : 0;
  state.sum += x;
  state.squares += x * x;
  const bets = contested && { run: limited(contested.run, mostWeight), turned: limited(contested.turned, mostWeight) };
  for (const [s, stake] of STAKES.entries()) {
    const bet = stakeAt(stake, tolerance, mostLost);
    const bad = bets ? growth(bets.turned, bet, tolerance, mostWeight) : 1 - (bet * tolerance * stands) / mostWeight;
    for (const start of state.worse) start.wealth[s] = bound(start.wealth[s] * bad);
    const good = stakeAt(stake, 0, mostLost);
    if (bets) state.better[s] = bound(state.better[s] * growth(bets.run, good, 0, mostWeight));
  }
  if (worseWealth(state) >= 1 / state.riskLevel) state.failed = true;
}

/** Weights beyond the largest that is bet on are cut to it. */
function limited(cluster: Cluster, mostWeight: number): Cluster {
  if (cluster.runs.every((run) => run.weight <= mostWeight)) return cluster;
  const runs = cluster.runs.map((run) => ({ ...run, weight: Math.min(run.weight, mostWeight) }));
  return { ...cluster, weight: Math.min(cluster.weight, mostWeight * cluster.size), runs };
}

function join(state: MonitorState): void {
  state.starts++;
  state.worse.push({ k: state.starts, wealth: STAKES.map(() => 1) });
  if (state.worse.length <= MOST_STARTS) return;
  let poorest = 0;
  state.worse.forEach((start, i) => {
    if (capital(start) < capital(state.worse[poorest])) poorest = i;
  });
  state.worse.splice(poorest, 1);
}

/** A start's share of the capital times its mean wealth. */
function capital(start: MonitorState["worse"][number]): number {
  return (6 / (Math.PI ** 2 * start.k ** 2)) * (start.wealth.reduce((s, v) => s + v, 0) / STAKES.length);
}

/** Wealth of all bettors, those yet to join holding their share in cash. */
function worseWealth(state: MonitorState): number {
  let waiting = 1;
  for (let k = 1; k <= state.starts; k++) waiting -= 6 / (Math.PI ** 2 * k ** 2);
  return Math.max(0, waiting) + state.worse.reduce((s, start) => s + capital(start), 0);
}

/** Keeps wealth finite and storable; cutting wealth down never makes a verdict less safe. */
function bound(wealth: number): number {
  return wealth < 1e-300 ? 0 : Math.min(wealth, 1e300);
}

/**
 * Asymptotic confidence sequence for a running mean, Robbins' normal mixture tuned to 500 runs
 * (Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2024).
 */
export function anytimeInterval(runs: number, sum: number, squares: number, risk: number): Interval {
  const level = 1 - risk;
  if (runs < 2) return { lower: -1, upper: 1, level };
  const mean = sum / runs;
  const variance = Math.max(0, squares / runs - mean * mean);
  const rho2 = (2 * Math.log(1 / risk) + Math.log(1 + 2 * Math.log(1 / risk))) / (500 * Math.max(variance, 1e-9));
  const spread = runs * variance * rho2 + 1;
  const radius = Math.sqrt((spread / (runs * runs * rho2)) * Math.log(spread / (risk * risk)));
  return { lower: Math.max(-1, mean - radius), upper: Math.min(1, mean + radius), level };
}
