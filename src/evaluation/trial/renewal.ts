import type { TrialState } from "./state.js";
import { logWealthOf } from "./wealth.js";

/** A trial whose evidence has grown this much is left to finish. */
const PROMISING = Math.log(2);
/** Epochs of doubling length: a version gives way when the rows it was trained on have doubled. */
const EPOCH_GROWTH = 2;
/** One whose evidence has not grown gives way sooner: its successor bets with all that it has left, so nothing is lost. */
const EPOCH_GROWTH_BEHIND = 1.25;

/**
 * How many times the rows that a version on trial was trained on must have grown until one learned from all of them
 * takes its place: a version that bets, with wealth times stake, as much as the one before it (see `passOn`).
 * Infinity while the evidence promises a proof, whose winnings no successor inherits.
 */
export function renewedFrom(trial: TrialState): number {
  const evidence = logWealthOf(trial);
  if (evidence >= PROMISING) return Number.POSITIVE_INFINITY;
  return evidence > 0 ? EPOCH_GROWTH : EPOCH_GROWTH_BEHIND;
}
