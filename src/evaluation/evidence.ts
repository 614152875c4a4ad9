import type { Cluster, Contested, ContestedRun, ContestedRuns, Joint } from "./contested.js";
import { controlsWithin } from "./controls.js";

export { type ContestedRuns, contestedRuns, exchanged } from "./contested.js";

/**
 * What the logs hold against "the target's gain over the baseline is at most `threshold`", as the
 * wealth of bettors who stake a fraction of it on every run.
 *
 * Each run contributes x = sum_a d_a c_a + d (r - c) / p with d = target - baseline, p the logged
 * propensity and c a control variate: the model's prediction, drawn back where it must be so that
 * 1 + bet (x - threshold) stays positive WHATEVER is drawn and pays (`controlsWithin`). x is unbiased for any such c,
 * so the wealth of each bet is a non-negative martingale at the boundary (Waudby-Smith & Ramdas
 * 2024; Karampatziakis, Mineiro & Ramdas 2021), and its largest value over the bets is the
 * empirical likelihood ratio of doubly robust off-policy evaluation (Owen 2001; Karampatziakis,
 * Langford & Mineiro 2020). Rare, heavily weighted rows that have NOT been seen yet are therefore
 * accounted for, which an interval from the sample's own variance cannot do.
 */
export interface Evidence {
  /** Log wealth of each of {@link BETS} after all runs. */
  logWealth: Float64Array;
  /** Runs (or single decisions) that took part. */
  runs: number;
}

/** The stakes, a geometric grid; neighbours lose little to each other. */
const BETS: readonly number[] = Array.from({ length: 28 }, (_, i) => 0.002 * 1.25 ** i);

/** No bet may lose more than this share of its wealth on one run. */
const MOST_LOST = 0.98;

/** The forecast looks at this many contested runs. */
const FORECAST_RUNS = 300;

/** See {@link Evidence}. @param threshold in (-1,1) */
export function evidenceOfGain(log: ContestedRuns, threshold: number): Evidence {
  const logWealth = Float64Array.from(BETS, (_, b) => {
    const bet = stakeAt(BETS[b], threshold, log.mostLost);
    let total = agreedLog(log, bet, threshold);
    let product = 1;
    for (const cluster of log.contested) {
      product *= growth(cluster, bet, threshold, log.mostWeight);
      if (product > 1e200 || product < 1e-200) {
        total += Math.log(product);
        product = 1;
      }
    }
    return total + Math.log(product);
  });
  return { logWealth, runs: log.runs };
}

/**
 * Log wealth of each bet to expect if the model is right and rewards are 0 or 1. Uses no reward of
 * the log, so that acting on it is no peeking. Long logs are judged by evenly spaced runs.
 */
export function forecastOfGain(log: ContestedRuns, threshold: number): Float64Array {
  const step = Math.max(1, log.contested.length / FORECAST_RUNS);
  const sample: Cluster[] = [];
  for (let i = 0; i < log.contested.length; i += step) sample.push(log.contested[Math.floor(i)]);
  return Float64Array.from(BETS, (_, b) => {
    const bet = stakeAt(BETS[b], threshold, log.mostLost);
    let sum = 0;
    for (const { runs, size } of sample)
      for (const { joint, decisions, weight } of runs) {
        const own = (bet * weight) / log.mostWeight / size;
        for (const c of decisions)
          sum += joint
            ? expectedJointLog(joint, own, threshold) / decisions.length
            : expectedLog(c, own, bet, threshold) / decisions.length;
      }
    return agreedLog(log, bet, threshold) + (sum * log.contested.length) / Math.max(1, sample.length);
  });
}

/** The stake, never so large that a run on which nothing was gained could ruin it. @param mostLost of the log */
export function stakeAt(stake: number, threshold: number, mostLost = 1): number {
  return Math.min(stake, MOST_LOST / (mostLost + Math.max(0, threshold)));
}

/**
 * What a stake of one becomes on one cluster; always positive. Runs count with their weight, relative to
 * the largest there can be: a run that was rated with probability 1/w stands for w runs, and its bet is
 * unbiased for all of them (Horvitz & Thompson 1952), those that were not asked changing nothing.
 */
export function growth(cluster: Cluster, bet: number, threshold: number, mostWeight = 1): number {
  // Runs on which both agree gain nothing: they only fall behind the threshold.
  let sum = -cluster.weight * threshold;
  for (const run of cluster.runs) sum += run.weight * runContribution(run, bet, threshold);
  return 1 + (bet * sum) / mostWeight / cluster.size;
}

/** A cluster's x (see {@link Evidence}) for one stake, unweighted: the mean over its runs. */
export function clusterContribution(cluster: Cluster, bet: number, threshold: number): number {
  let sum = 0;
  for (const run of cluster.runs) sum += runContribution(run, bet, threshold);
  return sum / cluster.size;
}

/**
 * A run's x. Of several contested decisions it is (W - V) (r - c) with W and V the weights of the whole
 * run under target and baseline, and c = 0 or 1, whichever leaves only the lighter policy something to lose.
 */
function runContribution({ decisions, joint }: ContestedRun, bet: number, threshold: number): number {
  if (joint) {
    const { reward, target, baseline, targetUntried, baselineUntried, heavy } = joint;
    return heavy === "target"
      ? (target - baseline) * reward - baselineUntried
      : (target - baseline) * (reward - 1) - targetUntried;
  }
  let x = 0;
  for (const c of decisions) {
    const controls = controlsWithin(c, mostLostBy(bet, threshold));
    for (let i = 0; i < c.d.length; i++) {
      const d = c.d[i];
      const control = controls[i];
      x += d * control;
      if (c.at[i] === c.chosen && c.p[i] > 0) x += (d * (c.reward - control)) / c.p[i];
    }
  }
  return x;
}

function agreedLog({ agreed, mostWeight }: ContestedRuns, bet: number, threshold: number): number {
  let total = 0;
  for (const [weight, count] of agreed) total += count * Math.log1p((-bet * threshold * weight) / mostWeight);
  return total;
}

/** To the second order in the stake. */
function expectedJointLog({ predicted, squares }: Joint, own: number, threshold: number): number {
  const second = 0.5 * (squares.target + squares.baseline);
  return own * (predicted - threshold) - (own * own * second) / 2;
}

/** @param own the stake times the run's relative weight */
function expectedLog(c: Contested, own: number, bet: number, threshold: number): number {
  const controls = controlsWithin(c, mostLostBy(bet, threshold));
  let sum = 0;
  let rest = 1;
  for (let i = 0; i < c.d.length; i++) {
    sum += c.d[i] * controls[i];
    rest -= c.p[i];
  }
  let expected = Math.max(0, rest) * Math.log(1 + own * (sum - threshold));
  for (let i = 0; i < c.d.length; i++) {
    const p = c.p[i];
    if (p <= 0) continue;
    const q = c.q[i];
    const scale = c.d[i] / p;
    const worst = 1 + own * (sum - scale * controls[i] - threshold);
    expected += p * (q * Math.log(worst + own * scale) + (1 - q) * Math.log(worst));
  }
  return expected;
}

/** How far below zero a contribution may fall under this stake. */
function mostLostBy(bet: number, threshold: number): number {
  return MOST_LOST / bet - Math.max(0, threshold);
}
