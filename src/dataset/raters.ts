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

/** Ratings' worth of belief, at least, that a rater's scores are as lenient and as spread as all others' are. */
const PRIOR_RATINGS = 10;
const SWEEPS = 30;

interface Score {
  userId: string;
  /** Kind of run; the mean of its kind is what a score is compared with. */
  kind: string;
  value: number;
}

/**
 * Estimates each rater's leniency (mean) and spread (standard deviation) per scale and maps scores to
 * those of the average rater. A rater is compared with the others on the same type of run, so that who
 * only sees easy runs does not pass for lenient; within a type, raters are taken to see a like mix.
 * Leniency is shrunken by the variance between raters that the data show beyond chance (DerSimonian and
 * Laird, 1986), leniency and spread at least by the worth of ten ratings: one harsh score of a newcomer stays a harsh score,
 * and where raters do not differ nothing changes. Only people's judgements are used.
 * @param feedback feedback facts of many runs; revisions and withdrawals are applied here
 */
export function fitRaterCorrection(feedback: readonly FeedbackRecord[]): RaterCorrection {
  const scales: Record<"cat" | "ratings", Score[]> = { cat: [], ratings: [] };
  for (const { source, userId, workflowType: kind = "", cat, ratings } of currentFeedback(feedback)) {
    if (source !== "human") continue;
    if (cat) scales.cat.push({ userId, kind, value: (cat.score - 1) / 9 });
    const given = Object.values(ratings ?? {});
    if (given.length > 0) scales.ratings.push({ userId, kind, value: mean(given) });
  }
  const maps = new Map<string, (value: number) => number>();
  for (const [scale, scores] of Object.entries(scales))
    for (const [userId, map] of correctionsOf(scores)) maps.set(JSON.stringify([userId, scale]), map);
  return {
    correct(userId, scale, value) {
      const map = maps.get(JSON.stringify([userId, scale]));
      return map ? Math.min(1, Math.max(0, map(value))) : value;
    },
  };
}

function correctionsOf(scores: readonly Score[]): Map<string, (value: number) => number> {
  const maps = new Map<string, (value: number) => number>();
  const kinds = groupBy(scores, (s) => s.kind);
  const raters = groupBy(scores, (s) => s.userId);
  if (raters.size < 2) return maps;
  const level = new Map([...kinds].map(([kind, own]) => [kind, mean(own.map((s) => s.value))]));
  const above = (s: Score) => s.value - (level.get(s.kind) as number);
  // The spread that raters have around their own means, pooled: leniency is not part of it.
  const around = [...raters.values()].map((own) => own.map(above));
  const within =
    around.reduce((sum, own) => sum + squares(own, mean(own)), 0) / Math.max(1, scores.length - raters.size);
  if (!(within > 1e-12)) return maps;
  const n = scores.length;
  const between = around.reduce((sum, own) => sum + own.length * mean(own) ** 2, 0) - (raters.size - 1) * within;
  const lenience = Math.max(0, between / (n - around.reduce((sum, own) => sum + own.length ** 2, 0) / n));

  // Of few raters the variance between them is a guess: a newcomer is never trusted faster than by ten ratings.
  const doubt = Math.max(PRIOR_RATINGS, within / lenience);
  const leniency = new Map([...raters.keys()].map((userId) => [userId, 0]));
  for (let sweep = 0; sweep < SWEEPS && lenience > 0; sweep++) {
    for (const [userId, own] of raters)
      leniency.set(userId, (own.length / (own.length + doubt)) * mean(own.map(above)));
    for (const [kind, own] of kinds)
      level.set(kind, mean(own.map((s) => s.value - (leniency.get(s.userId) as number))));
  }
  const center = mean(scores.map((s) => level.get(s.kind) as number));
  for (const [userId, own] of raters) {
    const deviations = own.map(above);
    const variance =
      (squares(deviations, mean(deviations)) + PRIOR_RATINGS * within) / (own.length - 1 + PRIOR_RATINGS);
    const stretch = Math.sqrt(within / variance);
    const shift = leniency.get(userId) as number;
    maps.set(userId, (value) => center + stretch * (value - shift - center));
  }
  return maps;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const own = groups.get(keyOf(item));
    if (own) own.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function squares(values: readonly number[], center: number): number {
  return values.reduce((a, v) => a + (v - center) ** 2, 0);
}
