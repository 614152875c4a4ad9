import { crossedBy, stepsUntil } from "./passage.js";
import { provenFrom } from "./stakes.js";
import type { TrialState } from "./state.js";
import { logWealthOf, scaleOf } from "./wealth.js";

/** How many more rated decisions it takes until a version is proven. Plain JSON. */
export interface Forecast {
  /** The middle, and the interval that holds the actual number in four of five cases; absent where it cannot be said. */
  decisions?: { median: number; lower: number; upper: number };
  /** Chance, by what is known now, that it is ever proven. */
  chance: number;
  /** In words: about so many more, too early to say, or nothing to gain. */
  words: string;
}

/** What is believed of gains before anything is seen: centred on a small gain, since most challengers are. */
const BEFORE = { mean: 0.03, deviation: 0.08 };
/** Gains that are considered: so many, over four deviations each way. */
const GRID = 61;
/** What learning the bets costs beyond knowing them, in log wealth per natural log of the rows to come. */
const LEARNING = 0.35;

/**
 * Forecast from the trial's own doubly robust estimate, never from what the challenger believes of
 * itself: gains by their posterior, and for each the time its wealth takes to reach what is needed.
 * @param share of contested decisions that will go to the challenger; default: as in the rows so far
 */
export function forecastTrial(state: TrialState, riskLevel: number, share?: number): Forecast {
  const { clusters, sum, learned, minimumEffect } = state;
  const scale = share !== undefined ? scaleOf(share) : clusters > 0 ? state.scale / clusters : 4;
  const second = (learned.squares / learned.scale) * scale;
  const distance = provenFrom(riskLevel, state.stake) - logWealthOf(state);
  const variance = 1 / (1 / BEFORE.deviation ** 2 + clusters / second);
  const mean = variance * (BEFORE.mean / BEFORE.deviation ** 2 + sum / second);
  const chance = (steps: number) => {
    let total = 0;
    let weights = 0;
    for (let i = 0; i < GRID; i++) {
      const z = (8 * i) / (GRID - 1) - 4;
      const weight = Math.exp((-z * z) / 2);
      weights += weight;
      total += weight * crossed(mean + z * Math.sqrt(variance) - minimumEffect, second, distance, steps);
    }
    return total / weights;
  };
  const ever = chance(1e9);
  const upTo = (level: number) => stepsUntil(level, chance);
  const [lower, median, upper] = [upTo(0.1), upTo(0.5), upTo(0.9)];
  if (mean + 1.65 * Math.sqrt(variance) < minimumEffect + 0.005)
    return { chance: ever, words: "nothing to gain here: any gain is smaller than 0.005" };
  if (!Number.isFinite(upper) || upper > 10 * lower)
    return { chance: ever, words: "too early to say how many more rated decisions it takes" };
  return {
    chance: ever,
    decisions: { median: Math.ceil(median), lower: Math.ceil(lower), upper: Math.ceil(upper) },
    words: `about ${Math.ceil(median)} more rated decisions (${Math.ceil(lower)} to ${Math.ceil(upper)})`,
  };
}

/** Chance that wealth has grown by `distance` after so many steps of this gain. */
export function crossed(gain: number, second: number, distance: number, steps: number): number {
  if (gain <= 0) return 0;
  const g = (gain * gain) / (2 * second);
  return crossedBy(steps, distance + LEARNING, g, 2 * g);
}
