import type { Prove } from "./definition.js";
import type { Outcome } from "./outcome.js";

/** So many outcomes tell the scale of costs or durations; they are not bet on. */
const FIRST = 20;
/** Beyond this many times the largest of them, costs count as that much. */
const BEYOND = 2;

/**
 * What an experiment must prove a winner better in, as a number in [0,1]: the reward, or, of cost and duration,
 * what is left of a ceiling that the first outcomes set.
 */
export class Objective {
  private count: number;
  private largest: number;

  /** @param settled what an earlier look left, as `settled()` gave it */
  constructor(
    private readonly prove: Prove | undefined,
    settled: { count: number; largest: number } = { count: 0, largest: 0 },
  ) {
    this.count = settled.count;
    this.largest = settled.largest;
  }

  settled(): { count: number; largest: number } {
    return { count: this.count, largest: this.largest };
  }

  /** In [0,1]; undefined where the outcome says nothing of it. */
  of(outcome: Outcome): number | undefined {
    if (!this.prove || this.prove.better === "reward") return outcome.reward;
    const value = this.prove.better === "cost" ? outcome.costUsd : outcome.latencyMs;
    if (value === undefined) return undefined;
    if (this.count < FIRST) {
      this.count++;
      this.largest = Math.max(this.largest, value);
      return undefined;
    }
    if (this.largest === 0) return value === 0 ? 1 : 0;
    return 1 - Math.min(value, BEYOND * this.largest) / (BEYOND * this.largest);
  }
}
