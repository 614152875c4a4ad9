// Runs in the learning thread.
import { LEAST_ROWS } from "../rewards/target-model.js";
import type { RewardRunExample } from "./reward-examples.js";

/** Share of the rated runs, the newest, that judge a new model, and how many these are at least. */
const LATER_SHARE = 0.25;
const LEAST_LATER = 20;
/** Runs that the serving model never saw, of those a new one learns from. */
const LEAST_FRESH = 5;

/** When the reward model is fitted anew: at once, by the runs before `at`, or after so many ratings more. */
export type Refit = { at: number; because?: string[] } | { missing: number };

/**
 * A new model is worth its fit once the older three quarters of the rated runs hold some that the serving one never saw.
 * One type of workflow that is new to it brings this forward, among however many runs of others: once it has 20 rated
 * runs, and whenever it has twice as many as the last time. Half of them are learned from then, the rest judge.
 * @param rated in the order of time
 * @param champion what the serving model knows
 * @param tried rated runs of each type when a fit last came to nothing because of it
 */
export function whenToRefit(
  rated: readonly RewardRunExample[],
  champion: { trainedTo: string; outOfFold: Readonly<Record<string, number>> },
  tried: ReadonlyMap<string, number>,
): Refit {
  const seen = rated.filter((e) => e.at <= champion.trainedTo).length;
  const wanted = Math.ceil(Math.max((seen + LEAST_FRESH) / (1 - LATER_SHARE), LEAST_LATER / LATER_SHARE));
  const regular = Math.floor((1 - LATER_SHARE) * rated.length);
  if (rated.length >= wanted) return { at: regular };
  const known = countTypes(rated.filter((e) => e.workflowId in champion.outOfFold));
  const grown = [...countTypes(rated)].flatMap(([type, count]) =>
    count >= 2 * Math.max(known.get(type) ?? 0, tried.get(type) ?? 0, LEAST_ROWS / 2) ? [type] : [],
  );
  const fits = grown.flatMap((type) => {
    const own = [...rated.keys()].filter((i) => typeOf(rated[i]) === type);
    const at = Math.max(regular, seen + LEAST_FRESH, own[Math.ceil(own.length / 2)] ?? 0);
    return rated.length - at >= LEAST_LATER ? [{ type, at }] : [];
  });
  if (fits.length === 0) return { missing: wanted - rated.length };
  return { at: Math.max(...fits.map((f) => f.at)), because: fits.map((f) => f.type) };
}

/** Rated runs by the type of workflow. */
export function countTypes(rated: readonly RewardRunExample[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const e of rated) counts.set(typeOf(e), (counts.get(typeOf(e)) ?? 0) + 1);
  return counts;
}

const typeOf = (e: RewardRunExample | undefined) => String(e?.features["workflowType"]);
