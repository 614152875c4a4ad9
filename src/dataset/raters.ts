import type { FeedbackRecord } from "../core/index.js";
import { currentFeedback } from "../core/index.js";

/** Corrects one rater's scores for how lenient and how widely spread this rater's scores are. */
export interface RaterCorrection {
  /**
   * @param userId the rater; one never seen in fitting gets the value back unchanged
   * @param scale which kind of score (`cat`, `ratings`)
   * @param value in [0,1]
   * @returns in [0,1]
   */
  correct(userId: string, scale: string, value: number): number;
}

/** Ratings' worth of belief that a rater is like all others. */
const PRIOR_RATINGS = 10;

/**
 * Estimates each rater's leniency (mean) and spread (standard deviation) per scale and maps scores to
 * those of the average rater. Both are shrunk towards the average the less a rater has rated, so that
 * one harsh score of a newcomer stays a harsh score. Only people's judgements are used.
 * @param feedback feedback facts of many runs; revisions and withdrawals are applied here
 */
export function fitRaterCorrection(feedback: readonly FeedbackRecord[]): RaterCorrection {
  const scores = new Map<string, Map<string, number[]>>();
  for (const r of currentFeedback(feedback)) {
    if (r.source !== "human") continue;
    if (r.cat) push(scores, "cat", r.userId, (r.cat.score - 1) / 9);
    const ratings = Object.values(r.ratings ?? {});
    if (ratings.length > 0) push(scores, "ratings", r.userId, mean(ratings));
  }
  const maps = new Map<string, (value: number) => number>();
  for (const [scale, raters] of scores) {
    const all = [...raters.values()].flat();
    const center = mean(all);
    // The spread that raters have around their own means, pooled: leniency is not part of it.
    const within = Math.sqrt(
      [...raters.values()].reduce((sum, own) => sum + squares(own, mean(own)), 0) /
        Math.max(1, all.length - raters.size),
    );
    if (!(within > 1e-6)) continue;
    for (const [userId, own] of raters) {
      const belief = own.length / (own.length + PRIOR_RATINGS);
      const leniency = belief * (mean(own) - center);
      const variance = (squares(own, mean(own)) + PRIOR_RATINGS * within ** 2) / (own.length - 1 + PRIOR_RATINGS);
      const stretch = within / Math.sqrt(variance);
      maps.set(JSON.stringify([userId, scale]), (value) => center + stretch * (value - leniency - center));
    }
  }
  return {
    correct(userId, scale, value) {
      const map = maps.get(JSON.stringify([userId, scale]));
      return map ? Math.min(1, Math.max(0, map(value))) : value;
    },
  };
}

function push(scores: Map<string, Map<string, number[]>>, scale: string, userId: string, value: number): void {
  const raters = scores.get(scale) ?? new Map<string, number[]>();
  scores.set(scale, raters);
  const own = raters.get(userId);
  if (own) own.push(value);
  else raters.set(userId, [value]);
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function squares(values: readonly number[], center: number): number {
  return values.reduce((a, v) => a + (v - center) ** 2, 0);
}
