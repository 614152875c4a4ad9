import { checkArgument, checkEach } from "../../core/arguments.js";
import type { Decision, DecisionContext, FeedbackRecord } from "../../core/index.js";
import type { LearningStore } from "../../store/index.js";

/** What is read of arguments. */
const STORE = { read: "function", append: "function" } as const;

/** A decision that another learner logged, with what came of it. */
export interface LoggedDecision {
  decisionId: string;
  /** ISO 8601 time in UTC. */
  at: string;
  context: DecisionContext;
  candidates: readonly string[];
  candidateFeatures?: Readonly<Record<string, DecisionContext>>;
  chosen: string;
  /** Probability of each candidate, aligned with `candidates`; where only the chosen one's is known, that one. */
  probabilities?: readonly number[];
  /** Probability with which `chosen` was drawn, in (0,1]. */
  propensity: number;
  /** In [0,1]; undefined where the reward never came. */
  reward?: number;
}

/** What was read of a log. */
export interface LoggedDecisions {
  decisions: LoggedDecision[];
  /** Lines that were left out, and how many, by reason. */
  refused: Record<string, number>;
  /** What makes the logged probabilities doubtful. */
  warnings: string[];
}

/** A reader's book of what it took and what it left out. */
export function openReading(): LoggedDecisions & { refuse(reason: string): void } {
  const refused: Record<string, number> = {};
  return {
    decisions: [],
    refused,
    warnings: [],
    refuse(reason) {
      refused[reason] = (refused[reason] ?? 0) + 1;
    },
  };
}

/** Standard errors beyond which an action's inverse propensities do not add up. */
const MOST_ERRORS = 4;
const LEAST_ROWS = 100;

/**
 * Checks logged probabilities by a quantity whose mean they fix: over all rows that offer an action, the mean of
 * 1[chosen] / p is 1 (Dudik, Langford and Li, 2011, rest on it; checked as by Bottou et al., 2013, section 4.4).
 * @returns a sentence for each action whose mean lies beyond 4 standard errors of 1
 * @example
 * ```ts
 * const doubts = checkPropensities(readDecisionCsv("arm,p,click\na,0.5,1\nb,0.5,0\n", {
 *   action: "arm",
 *   probability: "p",
 *   reward: "click",
 * }).decisions);
 * ```
 */
export function checkPropensities(decisions: readonly LoggedDecision[]): string[] {
  const read = { candidates: "texts", chosen: "text", propensity: "number" } as const;
  checkEach(decisions, "decisions", "a decision", read, "CONFIG_INVALID");
  const sums = new Map<string, { rows: number; sum: number; squares: number }>();
  for (const { candidates, chosen, propensity } of decisions)
    for (const name of candidates) {
      const at = sums.get(name) ?? { rows: 0, sum: 0, squares: 0 };
      const x = name === chosen ? 1 / propensity : 0;
      sums.set(name, { rows: at.rows + 1, sum: at.sum + x, squares: at.squares + x * x });
    }
  const warnings: string[] = [];
  for (const [name, { rows, sum, squares }] of sums) {
    if (rows < LEAST_ROWS) continue;
    const mean = sum / rows;
    const error = Math.sqrt(Math.max(0, squares / rows - mean * mean) / rows);
    if (Math.abs(mean - 1) <= MOST_ERRORS * error + 1e-9) continue;
    warnings.push(
      `the probabilities logged for ${JSON.stringify(name)} do not fit how often it was chosen: ` +
        `mean of 1/p ${mean.toFixed(3)} +- ${error.toFixed(3)} where 1 is due`,
    );
  }
  return warnings;
}

/**
 * Appends logged decisions and their rewards to a store, so that a decision point of that name learns from them.
 * A decision that is there already is left out.
 * @returns how many came in, and how many were known
 * @example
 * ```ts
 * const columns = { action: "arm", probability: "p", reward: "click" };
 * const { decisions } = readDecisionCsv("arm,p,click\na,0.5,1\nb,0.5,0\n", columns);
 * const { imported, known } = await appendLogged(store, "article", decisions);
 * ```
 */
export async function appendLogged(
  store: LearningStore,
  decisionPoint: string,
  logged: readonly LoggedDecision[],
): Promise<{ imported: number; known: number }> {
  checkArgument(store, "store", STORE, "CONFIG_INVALID");
  checkArgument(decisionPoint, "decisionPoint", "text", "CONFIG_INVALID");
  checkArgument(logged, "logged", "objects", "CONFIG_INVALID");
  const known = new Set<string>();
  for await (const { facts } of store.read("decision", { decisionPoint }))
    for (const f of facts) known.add(f.decisionId);
  const fresh = logged.filter((d) => !known.has(d.decisionId));
  if (fresh.length > 0)
    await store.append(
      "decision",
      fresh.map((d) => decisionOf(d, decisionPoint)),
    );
  const rewards = fresh.flatMap((d) => (d.reward === undefined ? [] : [outcomeOf(d, d.reward)]));
  if (rewards.length > 0) await store.append("feedback", rewards);
  return { imported: fresh.length, known: logged.length - fresh.length };
}

function decisionOf(d: LoggedDecision, decisionPoint: string): Decision {
  const { decisionId, at, context, candidates, candidateFeatures, chosen, propensity, probabilities } = d;
  return {
    schemaVersion: 1,
    decisionId,
    workflowId: decisionId,
    decisionPoint,
    at,
    index: 0,
    context,
    candidates: [...candidates],
    ...(candidateFeatures && { candidateFeatures: { ...candidateFeatures } }),
    chosen,
    propensity,
    ...(probabilities && { probabilities: [...probabilities] }),
    source: "exploration",
    mode: "shadow",
  };
}

function outcomeOf({ decisionId, at }: LoggedDecision, outcome: number): FeedbackRecord {
  return {
    schemaVersion: 1,
    feedbackId: `${decisionId}/outcome`,
    idempotencyKey: `${decisionId}/outcome`,
    workflowId: decisionId,
    userId: "log",
    source: "outcome",
    at,
    outcome,
  };
}
