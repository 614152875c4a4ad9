import type { EngineChoice } from "../../tensor/engine.js";

/** How to learn action values from a log. */
export interface OfflineQOptions {
  /**
   * Weight of the pull towards the logged choices: conservative Q-learning (Kumar et al., 2020) where
   * above zero (default 0.5), neural fitted Q iteration (Riedmiller, 2005) at zero. The rarer a choice
   * is in the log, the less its value can be known; the pull keeps such choices from being overrated.
   */
  conservatism?: number;
  /** Discount factor (default 0.99). */
  gamma?: number;
  /** Widths of the hidden layers (default `[64, 64]`, relu). */
  hidden?: readonly number[];
  /** How often the targets are computed anew (default 40). */
  iterations?: number;
  /** Gradient steps between (default 100). */
  gradientSteps?: number;
  /** Rows per gradient step (default 64). */
  batchSize?: number;
  /** Adam's, falling linearly to zero (default 0.002). */
  learningRate?: number;
  /** Default 0. */
  seed?: number | string;
  engine?: EngineChoice;
  /** Looked at between iterations. */
  cancelled?: () => boolean;
  /** Called after each iteration with its mean loss. */
  onIteration?: (iteration: number, loss: number) => void;
}
