import type { EngineChoice } from "../../tensor/engine.js";

/** How to imitate. */
export interface CloneOptions {
  /** Widths of the hidden layers (default `[64, 64]`, tanh: the shape of PPO's policy). */
  hidden?: readonly number[];
  /** Passes over the log (default 30). */
  epochs?: number;
  batchSize?: number;
  /** Adam's (default 0.002). */
  learningRate?: number;
  /** Decoupled weight decay (default 0.01). */
  weightDecay?: number;
  /** Share of episodes held out to measure agreement and to pick the epoch (default 0.1). */
  validationShare?: number;
  /** Default 0. */
  seed?: number | string;
  engine?: EngineChoice;
  /** Looked at between epochs. */
  cancelled?: () => boolean;
}
