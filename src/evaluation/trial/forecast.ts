import { checkArgument } from "../../core/arguments.js";
import { checkRisk } from "../estimate.js";
import { shareAt } from "./decide.js";
import { crossedBy } from "./passage.js";
import { provenFrom } from "./stakes.js";
import { effectsOf, type TrialState } from "./state.js";
import { logWealthOf, mostOn, scaleOf, shareOf } from "./wealth.js";

/** What is read of arguments. */
const TRIAL = { wealth: "list", learned: "object", clusters: "number", sum: "number" } as const;

/** How many more rated decisions it takes until a version is proven. Plain JSON. */
export interface Forecast {
  /**
   * The middle, and the interval that holds the actual number in four of five cases in which it is proven at all;
   * absent where there is next to nothing to gain.
   */
  decisions?: { median: number; lower: number; upper: number };
  /** Whether the interval spans more than tenfold, so that the middle says little. */
  isEarly: boolean;
  /** Chance, by what is known now, that it is ever proven. */
  chance: number;
  /** In words: about so many more, too early to say, or nothing to gain. */
  words: string;
}

/** What is believed of gains before anything is seen: centred on a small gain, since most challengers are. */
const BEFORE = { mean: 0.03, deviation: 0.08 };
/** Gains that are considered: so many, over four deviations each way. */
const GRID = 61;

/** The interval leaves so much of what is possible below it, and as much above. */
const TAIL = 0.1;
/** An interval whose ends are further apart than this factor says too little. */
const WIDEST = 10;

/** How the trial goes on: the share of contested decisions that its challenger is followed on. */
export interface ForecastShares {
  /** Share within the budget, before it has grown; default: as in the rows so far, and it stays. */
  share?: number;
  /** What the share grows to with the evidence, from now on as before; default: it stays. */
  upTo?: number;
}

/**
 * Forecast from the trial's own doubly robust estimate, never from what the challenger believes of
 * itself: gains by their posterior, and for each the time its wealth takes to reach what is needed. The
 * interval is of those in which it is proven at all; how likely that is stands beside it. Every trial counts
 * once, at some place on its way, whether it is short or long.
 * @example
 * ```ts
 * const { decisions, words } = forecastTrial(trial, 0.05);
 * if (decisions) console.log(`about ${decisions.median} more; ${words}`);
 * ```
 */
export function forecastTrial(state: TrialState, riskLevel: number, shares: ForecastShares = {}): Forecast {
  checkArgument(state, "state", TRIAL, "EVALUATION_INVALID");
  checkRisk(riskLevel);
  checkArgument(shares, "shares", "object", "EVALUATION_INVALID");
  const { clusters, sum, learned, minimumEffect } = state;
  const from = logWealthOf(state);
  const needed = provenFrom(riskLevel, state.stake);
  const perScale = learned.squares / learned.scale;
  const scale = clusters > 0 ? state.scale / clusters : 4;
  const seen = perScale * scale;
  const ahead = meanScale(from, needed - from, shares) ?? scale;
  const second = perScale * ahead;
  const bets = betsOf(state, needed, shareOf(ahead), state.wealth[0]);
  const variance = 1 / (1 / BEFORE.deviation ** 2 + clusters / seen);
  const mean = variance * (BEFORE.mean / BEFORE.deviation ** 2 + sum / seen);
  const chance = (steps: number) => {
    let total = 0;
    let weights = 0;
    for (let i = 0; i < GRID; i++) {
      const z = (8 * i) / (GRID - 1) - 4;
      const weight = Math.exp((-z * z) / 2);
      weights += weight;
      total += weight * crossed(mean + z * Math.sqrt(variance) - minimumEffect, second, bets, steps);
    }
    return total / weights;
  };
  const ever = chance(LONGEST);
  if (mean + 1.65 * Math.sqrt(variance) < minimumEffect + 0.005)
    return { chance: ever, isEarly: false, words: "nothing to gain here: any gain is smaller than 0.005" };
  const [lower, median, upper] = quantiles(chance, clusters, [TAIL, 0.5, 1 - TAIL]).map(Math.ceil);
  const isEarly = upper > WIDEST * lower;
  const words = isEarly
    ? `too early to say how many more rated decisions it takes: ${lower} to ${upper}`
    : `about ${median} more rated decisions (${lower} to ${upper})`;
  return { chance: ever, isEarly, decisions: { lower, median, upper }, words };
}

/** Decisions beyond which nobody waits. */
const LONGEST = 1e6;
/** Numbers of decisions that are looked at, each by so much larger than the one before. */
const FINENESS = 1.1;

/**
 * Numbers of decisions after which a trial is proven, by levels among the cases in which it is. Every trial counts
 * once, however long it takes: one of `t` decisions so far and `r` to come is looked at somewhere on its way, at this
 * very place with a chance that falls as 1 / (t + r). Without that a forecast is right over all looks, most of which
 * are those of the few long trials, and too long for most trials (length bias, Cox 1969).
 */
function quantiles(chance: (steps: number) => number, sofar: number, levels: readonly number[]): number[] {
  const steps = [0];
  const sums = [0];
  let before = 0;
  for (let more = 1; more < LONGEST * FINENESS; more *= FINENESS) {
    const now = chance(more);
    steps.push(more);
    sums.push((sums.at(-1) ?? 0) + (now - before) / (sofar + more));
    before = now;
  }
  const total = sums.at(-1) ?? 0;
  return levels.map((level) => {
    const at = Math.max(
      1,
      sums.findIndex((sum) => sum >= level * total),
    );
    const share = (level * total - sums[at - 1]) / Math.max(1e-300, sums[at] - sums[at - 1]);
    return steps[at - 1] + share * (steps[at] - steps[at - 1]);
  });
}

/** Mean over the wealth still to come of how uncertain a contribution is: time goes by in proportion to it. */
function meanScale(from: number, distance: number, { share, upTo }: ForecastShares): number | undefined {
  if (share === undefined) return undefined;
  const points = 8;
  let sum = 0;
  for (let i = 0; i < points; i++)
    sum += scaleOf(shareAt(from + ((i + 0.5) / points) * Math.max(0, distance), share, upTo));
  return sum / points;
}

/** What is bet on an effect. */
export interface Bet {
  effect: number;
  /** Log wealth that it still needs to prove alone. */
  distance: number;
  /** The largest stake, whatever the effect. */
  most: number;
}

/**
 * Chance that a trial's wealth has reached what is needed after so many steps of this gain: that of the bet
 * which gets there first. A bet of stake b has a log wealth that drifts by b m - b^2 E[x^2] / 2 a step for the
 * true gain m, with variance b^2 E[x^2].
 */
export function crossed(gain: number, second: number, bets: readonly Bet[], steps: number): number {
  if (gain <= 0) return 0;
  let highest = 0;
  for (const { effect, distance, most } of bets) {
    const stake = Math.min(effect / second, most);
    const drift = stake * gain - (stake * stake * second) / 2;
    highest = Math.max(highest, crossedBy(steps, distance, drift, stake * stake * second));
  }
  return highest;
}

/** The bets of a trial. @param share probability of following the challenger @param wealth log wealth of each so far */
export function betsOf(
  trial: Pick<TrialState, "contested" | "mostWeight" | "minimumEffect">,
  needed: number,
  share: number,
  wealth: readonly number[] = [],
): Bet[] {
  const most = mostOn(trial, trial.minimumEffect, share);
  return effectsOf(trial).map(({ effect, weight }, e) => ({
    effect,
    distance: needed - Math.log(weight) - (wealth[e] ?? 0),
    most,
  }));
}
