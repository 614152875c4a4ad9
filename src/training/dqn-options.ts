import type { EngineChoice } from "../tensor/engine.js";

/** Settings of DQN; the defaults suit small worlds of short episodes. */
export interface DqnOptions {
  /** Widths of the hidden layers (default `[64, 64]`, relu). */
  hidden?: readonly number[];
  /** Choose the next action by the online network, value it by the target network (default true). */
  double?: boolean;
  /** Value of the state and advantages of the actions as separate outputs (default true). */
  dueling?: boolean;
  /** Rewards counted before the value of a later state stands in (default 3). */
  nSteps?: number;
  /** Discount factor (default 0.99). */
  gamma?: number;
  /** Adam's, falling linearly to zero over the training where `decay` (default 0.001). */
  learningRate?: number;
  /** Let the learning rate fall linearly to zero over the training (default true). */
  decay?: boolean;
  /** Rows per gradient step (default 64). */
  batchSize?: number;
  /** Transitions kept (default 50,000). */
  bufferSize?: number;
  /** Steps before the first gradient step (default 1,000). */
  learningStarts?: number;
  /** Environment steps between rounds of updates (default 64). */
  trainEvery?: number;
  /** Gradient steps per round (default 32). */
  gradientSteps?: number;
  /** Gradient steps after which the target network becomes a copy of the online one (default 100). */
  targetEvery?: number;
  /** Share of the training over which exploration falls from 1 to `explorationEnd` (default 0.1). */
  explorationShare?: number;
  /** Probability of a random action after that (default 0.04). */
  explorationEnd?: number;
  /** A gradient longer than this is scaled down to it (default 10). */
  maxNorm?: number;
  engine?: EngineChoice;
}
