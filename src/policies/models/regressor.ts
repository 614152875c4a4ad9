import type { FeatureVector } from "../../dataset/index.js";

/** One example for a regressor: features, target in [0,1], importance. */
export interface Example {
  x: FeatureVector;
  y: number;
  weight: number;
}

/** A regressor as plain JSON. */
export interface RegressorSnapshot {
  kind: string;
  [key: string]: unknown;
}

/** Learns the expectation of a number in [0,1] from sparse features; it adds its own intercept. */
export interface Regressor {
  /** Expected target, unclamped for linear regressors. */
  mean(x: FeatureVector): number;
  /** Standard error of {@link mean}: uncertainty of the model, not noise of the outcome. */
  standardError(x: FeatureVector): number;
  /** Adds the examples to what was learned before. */
  learn(examples: readonly Example[]): void;
  /** Intercept and the signed part of each position of `x` in the mean (aligned with `x.indices`). */
  parts(x: FeatureVector): { bias: number; contributions: Float64Array };
  snapshot(): RegressorSnapshot;
}
