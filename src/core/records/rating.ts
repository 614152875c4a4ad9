import type { FeedbackRecord } from "./feedback.js";

/**
 * How a reward came to be known. `asked`: people were asked by a draw of known probability. `unasked`: they spoke
 * up by themselves, or were asked by the host's own choice, or only an evaluator that judges a sample of runs did.
 * `measured`: it needed nobody's answer (an outcome, an evaluator of all runs, how the run went).
 */
export type RatedBy = "asked" | "unasked" | "measured";

/** How a run was rated. */
export interface Rating {
  ratedBy: RatedBy;
  /** Probability with which it was asked about, in (0,1]; the largest of several. */
  probability?: number;
}

/**
 * No run counts for more than this many: the inverse of the least probability of being asked by default
 * (`randomShare`), so that bets can be made before it is known who was asked.
 */
export const MOST_WEIGHT = 20;

/** How the judgements behind one reward came about. @param current judgements as they stand */
export function ratingOf(current: readonly FeedbackRecord[]): Rating {
  if (current.length === 0 || current.some((f) => f.source !== "human" && f.sampled !== true))
    return { ratedBy: "measured" };
  const asked = current.flatMap((f) => (f.askedProbability === undefined ? [] : [f.askedProbability]));
  return asked.length > 0 ? { ratedBy: "asked", probability: Math.max(...asked) } : { ratedBy: "unasked" };
}

/** What is known of how a row was rated. */
export interface HowRated {
  ratedBy?: RatedBy;
  ratedProbability?: number;
}

/** Whether people are asked by chance here. */
export function isAsking(rows: Iterable<HowRated>): boolean {
  for (const row of rows) if (row.ratedBy === "asked") return true;
  return false;
}

/**
 * For how many runs a rated row stands. What is estimated is the mean reward HAD EVERY RUN BEEN ASKED, so an
 * asked one stands for 1 / P(asked) runs (Horvitz & Thompson 1952), cut at {@link MOST_WEIGHT}.
 * @param asking see {@link isAsking}: then who spoke up unasked stands for nobody but themselves, and proves nothing
 * @returns undefined where the row is to be left out
 */
export function standsFor({ ratedBy, ratedProbability }: HowRated, asking: boolean): number | undefined {
  if (!asking) return 1;
  if (ratedBy === "unasked") return undefined;
  return ratedBy === "asked" && ratedProbability !== undefined ? Math.min(MOST_WEIGHT, 1 / ratedProbability) : 1;
}
