import { createRng } from "../../math/rng.js";
import type { Numbers } from "./mix.js";

/** What the random numbers of a choice come from. */
export interface DrawKeys {
  seed: number;
  /** What differs from choice to choice; the same for a retried, resumed or replayed one. */
  choice: string;
  /** What the arm is to stay the same for: a run, or a person within an epoch. */
  unit: string;
  /** The version on trial: another version is assigned anew. */
  version: string | undefined;
}

/** The numbers of a choice, a pure function of its keys. */
export function numbersOf({ seed, choice, unit, version }: DrawKeys): Numbers {
  const own = createRng(`${seed}|${choice}|${version ?? "none"}`);
  return { coin: own.next(), draw: own.next(), arm: createRng(`${seed}|arm|${unit}|${version ?? "none"}`).next() };
}
