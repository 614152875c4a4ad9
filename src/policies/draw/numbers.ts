import { checkArgument } from "../../core/arguments.js";
import { createRng, type Rng } from "../../math/rng.js";
import type { Numbers } from "./mix.js";

/** What is read of arguments. */
const KEYS = { seed: "number", choice: "text", unit: "text" } as const;

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

/** The stream of a choice's own random numbers under a version. */
export function streamOf({ seed, choice, version }: Omit<DrawKeys, "unit">): Rng {
  return createRng(`${seed}|${choice}|${version ?? "none"}`);
}

/** The arm of a unit while a version is on trial, uniform in [0,1). */
export function armOf({ seed, unit, version }: Omit<DrawKeys, "choice">): number {
  return createRng(`${seed}|arm|${unit}|${version ?? "none"}`).next();
}

/**
 * The numbers of a choice, a pure function of its keys.
 * @example const { coin, draw, arm } = numbersOf({ seed: 1, choice: "run-7|triage", unit: "run-7", version: "v2" });
 */
export function numbersOf(keys: DrawKeys): Numbers {
  checkArgument(keys, "keys", KEYS, "POLICY_INVALID");
  const own = streamOf(keys);
  return { coin: own.next(), draw: own.next(), arm: armOf(keys) };
}
