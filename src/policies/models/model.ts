import type { FeatureVector } from "../../dataset/index.js";
import type { PolicyInput, PolicyRow } from "../routing-policy.js";

/** A model as plain JSON. */
export interface ModelSnapshot {
  kind: string;
  [key: string]: unknown;
}

/** Signed parts of an expected reward: intercept, and one part for each position of the context. */
export interface Parts {
  bias: number;
  contributions: Float64Array;
  context: FeatureVector;
}

/** Estimates the reward of every candidate in a context. */
export interface RewardEstimator {
  /**
   * Fills `means`, and `errors` when given, for all candidates of the input. Means are not clamped.
   */
  estimate(input: PolicyInput, means: Float64Array, errors?: Float64Array): void;
  learn(rows: readonly PolicyRow[]): void;
  /** What the mean of one candidate is made of. */
  parts(input: PolicyInput, index: number): Parts;
  snapshot(): ModelSnapshot;
  /** Rows since the world was last seen to change; absent in models that do not watch for it. */
  rowsSinceDrift?(): number;
}
