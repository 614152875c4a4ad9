import { checkArgument } from "../../core/arguments.js";
import { differs } from "../contested.js";
import { type ContestedRuns, contestedRuns, exchanged, growth } from "../evidence.js";
import type { JudgedDecision } from "../rows.js";
import { EFFECTS, effectsOf, RELEARN_EVERY, type TrialState, thresholdsOf } from "./state.js";

/** What is read of arguments. */
const TRIAL = { wealth: "list", learned: "object", clusters: "number", sum: "number" } as const;

/** One decision made while a version was on trial, with its rating once that is in. */
export interface TrialRow extends JudgedDecision {
  /** Unique, and the order among decisions of one time. */
  id: string;
  /** ISO time of the decision. */
  at: string;
  /** Probability with which the challenger was followed. */
  share: number;
}

/**
 * No bet may lose more than this share of its wealth on one cluster. Near one, rare losses would ruin bets
 * on gains that are small beside them: what grows is the mean of the logarithm (Waudby-Smith & Ramdas 2024, section 4.1).
 */
const MOST_LOST = 0.8;

/** How uncertain a contribution is made by the share it was drawn with, 4 at an even share. */
export function scaleOf(share: number): number {
  const s = inRange(share);
  return 1 / s + 1 / (1 - s);
}

/** The share that makes it so uncertain, at most a half; the inverse of {@link scaleOf}. */
export const shareOf = (scale: number) => (1 - Math.sqrt(Math.max(0, 1 - 4 / scale))) / 2;

const inRange = (share: number) => Math.min(0.99, Math.max(1e-4, share));

/**
 * The stake on an effect: close to the one that lets wealth grow fastest if the gain is that much
 * (Kelly 1956), effect / E[x^2], with E[x^2] learned from settled rows and scaled to the share.
 */
function betOn(effect: number, { learned, mostWeight }: TrialState, share: number, threshold: number): number {
  const second = Math.max(1e-6, (learned.squares / learned.scale) * scaleOf(share));
  return Math.min(effect / second, mostOn({ mostWeight }, threshold, share));
}

/**
 * The largest stake on one cluster, whatever the effect: one that may lose `MOST_LOST`. With more, what a choice is foretold
 * to earn could not be taken out of what it earned whole (see `controlsWithin`), and how good the context is would be
 * noise of its own, more than what the larger stake wins.
 * @param threshold its distance from 0
 * @param share probability with which the challenger is followed
 */
export function mostOn({ mostWeight }: Pick<TrialState, "mostWeight">, threshold: number, share: number): number {
  const s = inRange(share);
  return MOST_LOST / (mostWeight * (1 / Math.min(s, 1 - s) + threshold));
}

/**
 * Adds one cluster. Runs on which both agree count as nothing gained. Changes `state`.
 * @example addCluster(trial, trialRows);
 */
export function addCluster(state: TrialState, rows: readonly TrialRow[]): void {
  checkArgument(state, "state", TRIAL, "EVALUATION_INVALID");
  checkArgument(rows, "rows", "list", "EVALUATION_INVALID");
  const first = rows[0];
  if (!first) return;
  const log = oneCluster(rows, state.mostWeight);
  const { share } = first;
  thresholdsOf(state.minimumEffect).forEach((threshold, t) => {
    addBets(state, state.wealth[t], log, threshold, share);
  });
  addBets(state, state.behind, exchanged(log), -state.minimumEffect, share);
  const x = growth(only(log), 1e-6 * state.mostWeight, 0, state.mostWeight);
  addMoments(state, (x - 1) / 1e-6, share);
}

function addMoments(state: TrialState, x: number, share: number): void {
  state.clusters++;
  state.sum += x;
  state.squares += x * x;
  state.scale += scaleOf(share);
  if (state.clusters % RELEARN_EVERY !== 0) return;
  state.learned = { squares: state.prior.squares + state.squares, scale: state.prior.scale + state.scale };
}

/**
 * Log of the mixture's wealth at a threshold (0: the minimum effect), of 1 at the start.
 * @example const evidence = Math.exp(logWealthOf(trial)); // how much the rows speak for the challenger: 20 is much
 */
export function logWealthOf(state: TrialState, threshold = 0): number {
  checkArgument(state, "state", { wealth: "list" }, "EVALUATION_INVALID");
  return mixed(state.wealth[threshold] ?? []);
}

/**
 * Log wealth of the bets that the gain is smaller than the minimum effect.
 * @example const isHopeless = logWealthAgainst(trial) > Math.log(20);
 */
export function logWealthAgainst(state: TrialState): number {
  checkArgument(state, "state", { behind: "list" }, "EVALUATION_INVALID");
  return mixed(state.behind);
}

function addBets(state: TrialState, wealth: number[], log: ContestedRuns, threshold: number, share: number): void {
  const { mostWeight } = state;
  const cluster = only(log);
  effectsOf(state).forEach(({ effect }, e) => {
    const bet = betOn(effect, state, share, Math.abs(threshold)) * mostWeight;
    wealth[e] = wealth[e] + Math.log(Math.max(1e-300, growth(cluster, bet, threshold, mostWeight)));
  });
}

/** The only cluster of a log; one without a contested decision where nothing is contested. */
function only(log: ContestedRuns): ContestedRuns["contested"][number] {
  const [weight = 1] = log.agreed.keys();
  return log.contested[0] ?? { size: 1, weight, runs: [] };
}

function mixed(wealth: readonly number[]): number {
  const logs = EFFECTS.map(({ weight }, e) => Math.log(weight) + (wealth[e] ?? 0));
  const most = Math.max(...logs);
  return most + Math.log(logs.reduce((s, l) => s + Math.exp(l - most), 0));
}

/**
 * All runs of a cluster as one piece of evidence, each by the first of its decisions on which the two differ:
 * where many runs have more than one, whole runs are tried.
 */
function oneCluster(rows: readonly TrialRow[], mostWeight: number): ContestedRuns {
  const first = new Map<string, TrialRow>();
  for (const row of rows) {
    const run = row.run ?? row.id;
    const known = first.get(run);
    if (!known || (differs(row) && !differs(known))) first.set(run, row);
  }
  return contestedRuns(
    [...first].map(([run, { weight = 1, ...row }]) => ({
      ...row,
      run,
      cluster: "one",
      weight: Math.min(mostWeight, weight),
    })),
  );
}
