import { compareKnown } from "../answers.js";
import type { Prove } from "./definition.js";
import type { Outcome } from "./outcome.js";

/** So many outcomes tell the scale of costs or durations; they are not bet on. */
const FIRST = 20;
/** Beyond this many times the largest of them, costs count as that much. */
const BEYOND = 2;

/** The scale of costs (durations) up to a look, and of how many outcomes of each version they were known. Plain JSON. */
export interface SettledObjective {
  count: number;
  largest: number;
  /** Absent in states of an earlier release. */
  known?: [string, { asked: number; answered: number }][];
}

/**
 * What an experiment must prove a winner better in, as a number in [0,1]: the reward, or, of cost and duration,
 * what is left of a ceiling that the first outcomes set.
 */
export class Objective {
  private count: number;
  private largest: number;
  private readonly known: Map<string, { asked: number; answered: number }>;

  /** @param settled what an earlier look left, as `settled()` gave it */
  constructor(
    private readonly prove: Prove | undefined,
    settled: SettledObjective = { count: 0, largest: 0 },
  ) {
    this.count = settled.count;
    this.largest = settled.largest;
    this.known = new Map(structuredClone(settled.known));
  }

  settled(): SettledObjective {
    return { count: this.count, largest: this.largest, ...(this.known.size > 0 && { known: [...this.known] }) };
  }

  /** Why what is known of costs (durations) says nothing of these versions, in words; undefined where it does. */
  unlike(versions: readonly string[]): string | undefined {
    if (this.known.size === 0) return undefined;
    const groups = versions.map((name) => ({ name, ...(this.known.get(name) ?? { asked: 0, answered: 0 }) }));
    return compareKnown(groups, `the ${this.prove?.better}`);
  }

  /** In [0,1]; undefined where the outcome says nothing of it. */
  of(outcome: Outcome): number | undefined {
    if (!this.prove || this.prove.better === "reward") return outcome.reward;
    const value = this.prove.better === "cost" ? outcome.costUsd : outcome.latencyMs;
    const known = this.known.get(outcome.variant) ?? { asked: 0, answered: 0 };
    this.known.set(outcome.variant, known);
    known.asked++;
    if (value === undefined) return undefined;
    known.answered++;
    if (this.count < FIRST) {
      this.count++;
      this.largest = Math.max(this.largest, value);
      return undefined;
    }
    if (this.largest === 0) return value === 0 ? 1 : 0;
    return 1 - Math.min(value, BEYOND * this.largest) / (BEYOND * this.largest);
  }
}
