import { z } from "zod";
import { LearningError, show } from "../core/index.js";
import { DEFAULT_RISK } from "./defaults.js";
import { checkRisk } from "./estimate.js";

/**
 * How much of a decision point's lifetime risk is spent, and on what. Plain JSON; keep it per
 * decision point and hand it to every later judgement.
 *
 * The k-th judgement gets the share 6 / (pi^2 k^2) of the risk, whichever challenger it is about, so
 * that the shares of all judgements that will ever be made sum to the risk level: by the union bound
 * the chance that ANY of them promotes a challenger that is no better stays below it.
 */
const spendingStateSchema = z.object({
  schemaVersion: z.literal(1),
  /** Chance of any wrong promotion over the life of the decision point. */
  riskLevel: z.number().gt(0).lt(1),
  /** Judgements made so far, over all challengers. */
  judgements: z.number().int().nonnegative(),
  /** Risk spent on them. */
  spent: z.number().nonnegative(),
  /** The challenger judged last, the number of its judgement, and the runs it was judged on. */
  last: z
    .object({ challenger: z.string(), judgement: z.number().int().positive(), runs: z.number().int().nonnegative() })
    .optional(),
});
/** What of a decision point's lifetime risk is spent, as plain JSON. */
export type SpendingState = z.infer<typeof spendingStateSchema>;

/**
 * The state before the first judgement. @param riskLevel in (0,1), default 0.05
 * @example const first = decidePromotion({ rows: judged, challenger: "v2", spending: openSpending(0.01) });
 */
export function openSpending(riskLevel = DEFAULT_RISK): SpendingState {
  checkRisk(riskLevel);
  return { schemaVersion: 1, riskLevel, judgements: 0, spent: 0 };
}

/**
 * Reads a stored state. @throws LearningError EVALUATION_INVALID when it is not one
 * @example const spending = parseSpending(JSON.parse(JSON.stringify(openSpending())));
 */
export function parseSpending(stored: unknown): SpendingState {
  const parsed = spendingStateSchema.safeParse(stored);
  if (parsed.success) return parsed.data;
  throw new LearningError("EVALUATION_INVALID", {
    received: `the spending state ${show(stored)}`,
    expected: "a state that openSpending or an earlier judgement returned",
    remedy: "Restore it; beginning anew would grant the risk a second time.",
    cause: parsed.error,
  });
}

/** Risk of the k-th judgement (k from 1) of a lifetime risk. */
export function riskShare(riskLevel: number, k: number): number {
  return (riskLevel * 6) / (Math.PI ** 2 * k ** 2);
}

/** The state after one more judgement. */
export function spend(state: SpendingState, challenger: string, runs: number): SpendingState {
  const judgement = state.judgements + 1;
  return {
    ...state,
    judgements: judgement,
    spent: state.spent + riskShare(state.riskLevel, judgement),
    last: { challenger, judgement, runs },
  };
}
