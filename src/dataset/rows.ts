import type { Decision, DecisionContext, RatedBy } from "../core/index.js";

/** One decision joined with what came of it: the row that policies learn from and estimators read. */
export interface DecisionRow {
  decisionId: string;
  workflowId: string;
  decisionPoint: string;
  threadId?: string;
  userId?: string;
  /** ISO time of the decision. */
  at: string;
  /** Position in the run, and how many decisions the run had. */
  index: number;
  decisionsInRun: number;
  context: DecisionContext;
  candidates: readonly string[];
  mask?: readonly boolean[];
  candidateFeatures?: Readonly<Record<string, DecisionContext>>;
  chosen: string;
  /** Undefined for advised choices, which stay out of off-policy evaluation. */
  propensity?: number;
  probabilities?: readonly number[];
  /** Share of `probabilities` that was left to the fallback for comparison. */
  control?: number;
  fallbackChoice?: string;
  source: Decision["source"];
  /** Why the fallback decided, where it did. */
  fallbackReason?: Decision["fallbackReason"];
  mode: Decision["mode"];
  /** What a trial had to do with it. */
  trial?: Decision["trial"];
  policyVersion?: string;
  /**
   * For how many runs this one stands where it is asked what a choice earns beside what SERVES at later decision points: 0
   * where a version on trial there chose otherwise, 1 / P(it had no turn) where it would have; absent for 1.
   */
  sequelWeight?: number;
  /** In [0,1]; undefined while unrated. */
  reward?: number;
  /** Variance of an imputed or mixed reward around the true one; 0 or absent for a measured one. */
  rewardVariance?: number;
  /** ISO time of the first judgement behind the reward, revised or not; absent where none was needed. */
  ratedAt?: string;
  rewardSource?: "measured" | "imputed" | "mixed";
  /** How the reward came to be known; absent while unrated. */
  ratedBy?: RatedBy;
  /** Probability with which this run was asked about, where it was by a draw; for inverse weighting. */
  ratedProbability?: number;
  /** How its run went, where a trace was kept: whether it failed (absent while interrupted), how long it took, what it cost. */
  failed?: boolean;
  latencyMs?: number;
  costUsd?: number;
  /** What people wrote about the run. */
  comments?: readonly string[];
}

/** Rows that learning and off-policy evaluation may use: a reward and a known propensity. */
export function isUsable(row: DecisionRow): row is DecisionRow & { reward: number; propensity: number } {
  return row.reward !== undefined && row.propensity !== undefined;
}
