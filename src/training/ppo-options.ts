import type { NetworkSnapshot } from "../math/network.js";
import type { EngineChoice } from "../tensor/engine.js";

/** Settings of PPO; the defaults suit small worlds of short episodes. */
export interface PpoOptions {
  /** Widths of the hidden layers of policy and value network each (default `[64, 64]`, tanh). */
  hidden?: readonly number[];
  /** Environments acted in at once (default 8). */
  environments?: number;
  /** Steps in each of them between updates (default 32). */
  rolloutSteps?: number;
  /** Rows per gradient step (default 256). */
  batchSize?: number;
  /** Passes over a rollout (default 20). */
  epochs?: number;
  /** Discount factor (default 0.98). */
  gamma?: number;
  /** Weight of further steps in the advantage (default 0.8). */
  lambda?: number;
  /** Adam's, falling linearly to zero over the training (default 0.001). */
  learningRate?: number;
  /** Clip range of the ratio, falling linearly to zero (default 0.2). */
  clip?: number;
  /** Weight of the entropy bonus (default 0). */
  entropyWeight?: number;
  /** A gradient longer than this is scaled down to it, per network (default 0.5). */
  maxNorm?: number;
  /** Stop the passes over a rollout once the estimated divergence exceeds this (default: never). */
  targetDivergence?: number;
  /** A cloned or earlier policy of the same shape to start from, instead of at random. */
  start?: NetworkSnapshot;
  engine?: EngineChoice;
}
