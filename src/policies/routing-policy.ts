import type { FeatureVector } from "../dataset/feature-vector.js";

/** What a policy sees when it has to choose: encoded context and the candidates. */
export interface PolicyInput {
  context: FeatureVector;
  /** Names of the destinations; they may come and go between decisions. */
  candidates: readonly string[];
  /** Encoded features of the candidates, aligned with `candidates`; all or none. */
  candidateFeatures?: readonly FeatureVector[];
  /** False where a candidate is not allowed. At least one must be. */
  mask?: readonly boolean[];
  /** Cost of each candidate in US dollars, for policies whose spec weighs or limits cost; all or none. */
  costs?: readonly number[];
}

/** One past choice with its reward. */
export interface PolicyRow extends PolicyInput {
  /** Index into `candidates`. */
  chosen: number;
  /** In [0,1]. */
  reward: number;
  /** Importance of the row (default 1). */
  weight?: number;
  /** Logging propensity, where known. */
  propensity?: number;
}

/** A drawn candidate and the distribution it was drawn from. */
export interface Choice {
  index: number;
  probability: number;
  /** Aligned with `candidates`; sums to one; zero where masked. */
  probabilities: Float64Array;
}

/** What a policy believes about one candidate. */
export interface CandidateEstimate {
  /** Expected reward, clamped to [0,1]. */
  mean: number;
  /** Standard error of that mean (model uncertainty, not outcome noise). */
  standardError: number;
}

/** What each feature added to a candidate's expected reward; `bias` completes the sum. */
export interface CandidateExplanation {
  candidate: string;
  mean: number;
  bias: number;
  /** Feature position and signed contribution, the largest magnitudes first. */
  contributions: { index: number; contribution: number }[];
}

/** A policy as plain JSON; `kind` and `version` say who can restore it. */
export interface PolicySnapshot {
  kind: string;
  version: number;
  [key: string]: unknown;
}

/**
 * Context and candidates in, one probability per candidate out. `choose` and `score` derive from the
 * same distribution. Implementations hold plain typed arrays and are deterministic: the only
 * randomness is the uniform number given to `choose`.
 */
export interface RoutingPolicy {
  readonly kind: string;
  /** Length of the context vectors it accepts; others fail with POLICY_INVALID. */
  readonly dim: number;
  /** Probability of each candidate. The array is the caller's to keep. */
  score(input: PolicyInput): Float64Array;
  /** Draws by a uniform number in [0,1). */
  choose(input: PolicyInput, uniform: number): Choice;
  /** Expected reward and uncertainty of each candidate. */
  predict(input: PolicyInput): CandidateEstimate[];
  /** Learns from rows in any order and number; later calls add to earlier ones. */
  learn(rows: readonly PolicyRow[]): void;
  /** Contributions of the `top` strongest features (default 10) per candidate. */
  explain(input: PolicyInput, top?: number): CandidateExplanation[];
  snapshot(): PolicySnapshot;
}
