import { z } from "zod";
import { contextSchema, timestampSchema } from "./common.js";

/**
 * Context fields by which a prompt's decision says to which experiment and which of its units it belongs:
 * names and hashes of this package, not the host's data.
 */
export const EXPERIMENT_FIELDS = { unit: "prompt.unit", experiment: "prompt.experiment" } as const;

/** How a decision point is run; see the page How it decides. */
const decisionModeSchema = z.enum(["shadow", "advise", "trial", "act"]);
/** How a decision point is run, or was when a decision was made. */
export type DecisionMode = z.infer<typeof decisionModeSchema>;

/** Why the fallback decided although a policy was meant to. */
const fallbackReasonSchema = z.enum([
  "shadow",
  "disabled",
  "no-policy",
  "context-error",
  "policy-error",
  "unknown-destination",
  "time-budget",
  "reward-floor",
  "canary",
  "control",
  "trial",
]);
/** Why the fallback decided. */
export type FallbackReason = z.infer<typeof fallbackReasonSchema>;

/** What a trial had to do with a choice. */
const decisionTrialSchema = z.object({
  /** The version on trial. */
  version: z.string(),
  /** Probability of following it, and of a uniform draw instead. */
  share: z.number().gte(0).lte(1),
  uniform: z.number().gte(0).lte(1),
  /** Whose turn it was; a choice that was drawn uniformly all the same has the source `exploration`. */
  arm: z.enum(["serving", "challenger"]),
  /** What each would choose. */
  serving: z.string(),
  challenger: z.string(),
});

/** One routing choice: a fact, appended under its `decisionId`; of several with one id the last counts. */
export const decisionSchema = z.object({
  schemaVersion: z.literal(1),
  decisionId: z.string(),
  workflowId: z.string(),
  /** Where the same wrapped graph runs for many purposes: its `workflowType`. */
  workflowType: z.string().optional(),
  threadId: z.string().optional(),
  /** The person the run was for, as its metadata name them; absent in older records. */
  userId: z.string().optional(),
  decisionPoint: z.string(),
  at: timestampSchema,
  /** Position among the decisions of the run, from 0, as far as the deciding process knows. */
  index: z.number().int().nonnegative(),
  /** The values the choice was based on; empty when the context function failed. */
  context: contextSchema,
  /** Legal and illegal destinations alike, in the order of `probabilities`. */
  candidates: z.array(z.string()).min(1),
  /** False where a candidate was not allowed; absent when all were. */
  mask: z.array(z.boolean()).optional(),
  /** Features of the candidates themselves (price, latency, family), by candidate. */
  candidateFeatures: z.record(z.string(), contextSchema).optional(),
  chosen: z.string(),
  /** Probability with which `chosen` was drawn; absent where unknown (mode `advise`). */
  propensity: z.number().gt(0).lte(1).optional(),
  /** The whole distribution the choice was drawn from, aligned with `candidates`. */
  probabilities: z.array(z.number()).optional(),
  /** Share of that distribution that was left to the fallback for comparison (control share, or all but a canary's). */
  control: z.number().gt(0).lte(1).optional(),
  /** What the fallback said, where it was asked (always in shadow). */
  fallbackChoice: z.string().optional(),
  /** Who decided. */
  source: z.enum(["policy", "fallback", "exploration"]),
  fallbackReason: fallbackReasonSchema.optional(),
  /** The promoted version that was in force, absent when none was. */
  policyVersion: z.string().optional(),
  mode: decisionModeSchema,
  /** Set where a version was on trial: what it and what serves would have chosen, and whose turn it was. */
  trial: decisionTrialSchema.optional(),
  /** Expected reward of each candidate, as the policy saw it. */
  expectedRewards: z.array(z.number()).optional(),
  /** Forked from an earlier run: the workflow it was replayed from, and whether it was forced. */
  origin: z
    .object({ workflowId: z.string().optional(), kind: z.enum(["replay", "fork", "counterfactual"]) })
    .optional(),
});
/** One routing choice: its context, candidates, the probability of each, what was chosen, by whom and why. */
export type Decision = z.infer<typeof decisionSchema>;
