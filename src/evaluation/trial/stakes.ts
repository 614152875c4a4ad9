import { z } from "zod";
import { checkArgument } from "../../core/arguments.js";
import { DEFAULT_RISK } from "../defaults.js";
import { checkRisk } from "../estimate.js";
import type { TrialState } from "./state.js";
import { logWealthOf } from "./wealth.js";

/** What is read of arguments. */
const CAPITAL = { riskLevel: "number", tried: "number", left: "number" } as const;

/** The capital of a decision point: what its versions may bet with. Plain JSON. */
export const capitalSchema = z.object({
  schemaVersion: z.literal(1),
  /** Chance of promoting a version that is no better, from the start or a promotion to the next promotion. */
  riskLevel: z.number().gt(0).lt(1),
  /** Versions that were tried. */
  tried: z.number().int().nonnegative(),
  /** Those of them that were tried until the last one was proven: the capital is whole again since. Absent before. */
  before: z.number().int().nonnegative().optional(),
  /** What stopped versions left of their stakes, for the next. */
  left: z.number().min(0).max(1),
});
/** What is left to bet on the next versions of a decision point, as plain JSON. */
export type Capital = z.infer<typeof capitalSchema>;

/** Each version gets all but this share of the capital that none was given yet, and what earlier ones left. */
const KEPT_BACK = 0.3;

/**
 * The capital of a new decision point. @param riskLevel in (0,1), default 0.05
 * @example const { stake, capital } = takeStake(openCapital(0.05));
 */
export function openCapital(riskLevel = DEFAULT_RISK): Capital {
  checkRisk(riskLevel);
  return { schemaVersion: 1, riskLevel, tried: 0, left: 0 };
}

/**
 * The stake of the next version, and the capital after it is taken.
 * @example const { stake, capital } = takeStake(openCapital());
 */
export function takeStake(capital: Capital): { stake: number; capital: Capital } {
  checkArgument(capital, "capital", CAPITAL, "EVALUATION_INVALID");
  const fresh = (1 - KEPT_BACK) * KEPT_BACK ** (capital.tried - (capital.before ?? 0));
  return {
    stake: Math.min(1, fresh + capital.left),
    capital: { ...capital, tried: capital.tried + 1, left: 0 },
  };
}

/**
 * The capital after a version was stopped or proven. After one that was stopped the next gets what is left of its
 * stake, never its winnings: the capital of all versions that are no better, what waits for later ones included, is
 * then a supermartingale that starts at 1, so the chance that any of them reaches 1 / risk before another is proven is
 * at most the risk (Ville 1939).
 *
 * After one that was proven the capital is whole again, as in alpha-investing (Foster & Stine 2008), where each
 * discovery earns the risk anew. So where nothing is better, nothing is promoted in a life with a probability of
 * 1 - risk; and of all that is promoted, one more counted, the share that is no better is at most the risk:
 * E[wrong] <= risk * E[promoted + 1].
 * @example
 * ```ts
 * const { stake, capital } = takeStake(openCapital());
 * const next = passOn(capital, { ...trial, stake });
 * ```
 */
export function passOn(capital: Capital, trial: Pick<TrialState, "stake" | "wealth">): Capital {
  checkArgument(capital, "capital", CAPITAL, "EVALUATION_INVALID");
  checkArgument(trial, "trial", { stake: "number", wealth: "list" }, "EVALUATION_INVALID");
  const evidence = logWealthOf(trial as TrialState);
  if (evidence >= provenFrom(capital.riskLevel, trial.stake)) return { ...capital, before: capital.tried, left: 0 };
  const kept = Math.min(1, Math.exp(evidence));
  return { ...capital, left: Math.min(1, capital.left + trial.stake * kept) };
}

/** Log wealth from which on a version with this stake is proven. */
export function provenFrom(riskLevel: number, stake: number): number {
  return -Math.log(riskLevel * stake);
}
