import { type JudgedDecision, LEAST_TRIED, predicted } from "./rows.js";

/**
 * What the logs hold against "the target's gain over the baseline is at most `threshold`", as the
 * wealth of bettors who stake a fraction of it on every run.
 *
 * Each run contributes x = sum_a d_a c_a + d (r - c) / p with d = target - baseline, p the logged
 * propensity and c a control variate: the model's prediction, clamped per decision so that
 * 1 + bet (x - threshold) stays positive WHATEVER is drawn and pays. x is unbiased for any such c,
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
export const BETS: readonly number[] = Array.from({ length: 28 }, (_, i) => 0.002 * 1.25 ** i);

/** No bet may lose more than this share of its wealth on one run. */
const MOST_LOST = 0.98;

/** The forecast looks at this many contested runs. */
const FORECAST_RUNS = 300;

/** A decision on which the policies differ, laid out for the bets. */
interface Contested {
  chosen: number;
  reward: number;
  /** Per candidate on which they differ: target minus baseline, logged propensity, prediction. */
  at: number[];
  d: number[];
  p: number[];
  q: number[];
}

/** The runs of a log, and of each the decisions on which target and baseline differ. */
export interface ContestedRuns {
  runs: number;
  /** Only runs with a contested decision; `size` counts all decisions of the run. */
  contested: { size: number; decisions: Contested[] }[];
}

/** Groups decisions by run (one without a run stands alone) and keeps what tells the policies apart. */
export function contestedRuns(rows: readonly JudgedDecision[]): ContestedRuns {
  const groups: { size: number; decisions: Contested[] }[] = [];
  const index = new Map<string, { size: number; decisions: Contested[] }>();
  for (const row of rows) {
    let group = row.run === undefined ? undefined : index.get(row.run);
    if (!group) {
      group = { size: 0, decisions: [] };
      groups.push(group);
      if (row.run !== undefined) index.set(row.run, group);
    }
    group.size++;
    const decision = contest(row);
    if (decision.d.length > 0) group.decisions.push(decision);
  }
  return { runs: groups.length, contested: groups.filter((g) => g.decisions.length > 0) };
}

/** The same runs with the roles of target and baseline exchanged. */
export function exchanged(log: ContestedRuns): ContestedRuns {
  const turn = (c: Contested) => ({ ...c, d: c.d.map((d) => -d) });
  return { ...log, contested: log.contested.map((g) => ({ ...g, decisions: g.decisions.map(turn) })) };
}

/** See {@link Evidence}. @param threshold in (-1,1) */
export function evidenceOfGain(log: ContestedRuns, threshold: number): Evidence {
  const logWealth = Float64Array.from(BETS, (_, b) => {
    const bet = stakeAt(BETS[b] as number, threshold);
    let total = (log.runs - log.contested.length) * Math.log1p(-bet * threshold);
    let product = 1;
    for (const run of log.contested) {
      product *= growth(run, bet, threshold);
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
  const sample: ContestedRuns["contested"] = [];
  for (let i = 0; i < log.contested.length; i += step)
    sample.push(log.contested[Math.floor(i)] as ContestedRuns["contested"][number]);
  return Float64Array.from(BETS, (_, b) => {
    const bet = stakeAt(BETS[b] as number, threshold);
    let sum = 0;
    for (const run of sample)
      for (const c of run.decisions) sum += expectedLog(c, bet, threshold) / run.decisions.length;
    const still = (log.runs - log.contested.length) * Math.log1p(-bet * threshold);
    return still + (sum * log.contested.length) / Math.max(1, sample.length);
  });
}

/** The stake, never so large that agreement alone could ruin it. */
export function stakeAt(stake: number, threshold: number): number {
  return Math.min(stake, MOST_LOST / (1 + Math.max(0, threshold)));
}

/** What a stake of one becomes on one run; always positive. */
export function growth(run: ContestedRuns["contested"][number], bet: number, threshold: number): number {
  return 1 + bet * (contributionOf(run, bet, threshold) - threshold);
}

/** A run's x (see {@link Evidence}) for one stake: the mean over its decisions. */
export function contributionOf(run: ContestedRuns["contested"][number], bet: number, threshold: number): number {
  const room = roomOf(bet, threshold);
  let x = 0;
  for (const c of run.decisions) {
    for (let i = 0; i < c.d.length; i++) {
      const d = c.d[i] as number;
      const control = controlOf(c, i, room);
      x += d * control;
      if (c.at[i] === c.chosen && (c.p[i] as number) > 0) x += (d * (c.reward - control)) / (c.p[i] as number);
    }
  }
  return x / run.size;
}

function expectedLog(c: Contested, bet: number, threshold: number): number {
  const room = roomOf(bet, threshold);
  let sum = 0;
  let rest = 1;
  for (let i = 0; i < c.d.length; i++) {
    sum += (c.d[i] as number) * controlOf(c, i, room);
    rest -= c.p[i] as number;
  }
  let expected = Math.max(0, rest) * Math.log(1 + bet * (sum - threshold));
  for (let i = 0; i < c.d.length; i++) {
    const p = c.p[i] as number;
    if (p <= 0) continue;
    const q = c.q[i] as number;
    const scale = (c.d[i] as number) / p;
    const worst = 1 + bet * (sum - scale * controlOf(c, i, room) - threshold);
    expected += p * (q * Math.log(worst + bet * scale) + (1 - q) * Math.log(worst));
  }
  return expected;
}

/** How far below zero a contribution may fall, the sum of the control variates (at least -1) apart. */
function roomOf(bet: number, threshold: number): number {
  return Math.max(0, MOST_LOST / bet - 1 - Math.max(0, threshold));
}

/**
 * The clamped control variate: a candidate the target prefers is predicted low enough, and one the
 * baseline prefers high enough, that no outcome costs more than `room`. What the logs never try is
 * worth the least to the target and the most to the baseline.
 */
function controlOf(c: Contested, i: number, room: number): number {
  const d = c.d[i] as number;
  const most = (room * (c.p[i] as number)) / d;
  return d > 0 ? Math.min(c.q[i] as number, most) : Math.max(c.q[i] as number, 1 + most);
}

function contest(row: JudgedDecision): Contested {
  const out: Contested = { chosen: row.chosen, reward: row.reward, at: [], d: [], p: [], q: [] };
  for (let a = 0; a < row.logging.length; a++) {
    const d = (row.target[a] as number) - (row.baseline[a] as number);
    if (Math.abs(d) <= 1e-12) continue;
    out.at.push(a);
    out.d.push(d);
    const p = row.logging[a] as number;
    out.p.push(p >= LEAST_TRIED ? p : 0);
    out.q.push(predicted(row, a));
  }
  return out;
}
