import { LOSS_DECAY } from "./expert-weights.js";
import { invalidSnapshot } from "./packed.js";

/** A candidate's rows count whole up to so many times its fair share of all rows. */
const FAIR_SHARES = 2;

/**
 * How much a row may say about who predicts well, by how often its choice was made. Most rows of a log are of what
 * serves, nine in ten of one candidate where a tenth is explored; by their errors those models would be held for the
 * best that know that candidate by heart, and not those that know how the others differ from it. So a candidate that
 * was chosen more than twice as often as its fair share counts as much as with twice its share. Past choices are
 * forgotten as slowly as past errors.
 */
export class ChoiceBalance {
  private counts = new Map<string, number>();

  /**
   * Counts a row.
   * @param weight of the row
   * @param candidates how many there were to choose from
   * @returns share of the weight that counts, in (0,1]
   */
  add(chosen: string, weight: number, candidates: number): number {
    let total = weight;
    for (const [name, count] of this.counts) {
      const left = count * (1 - LOSS_DECAY);
      this.counts.set(name, left);
      total += left;
    }
    const count = (this.counts.get(chosen) ?? 0) + weight;
    this.counts.set(chosen, count);
    // Each candidate has a row before there are any, so that the first ones count whole.
    return Math.min(1, (FAIR_SHARES * (total / candidates + 1)) / count);
  }

  snapshot(): [string, number][] {
    return [...this.counts];
  }

  /** Takes the counts of a snapshot, none where an earlier release made it; fails with SNAPSHOT_INVALID. */
  load(counts: unknown = []): void {
    if (!Array.isArray(counts) || !counts.every(isCount))
      throw invalidSnapshot("a mixture with broken counts of choices", "pairs of a candidate and its count");
    this.counts = new Map(counts);
  }
}

const isCount = (pair: unknown): pair is [string, number] =>
  Array.isArray(pair) && typeof pair[0] === "string" && Number.isFinite(pair[1]) && pair[1] >= 0;
