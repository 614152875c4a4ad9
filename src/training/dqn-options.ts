import { z } from "zod";
import { parseOptions } from "../core/index.js";
import { above, amount, share, whole } from "../core/option-fields.js";
import { engine, flag, length, widths } from "./option-fields.js";

/** Settings of DQN; the defaults suit small worlds of short episodes. */
const dqnOptionsSchema = z.strictObject({
  /** Widths of the hidden layers (default `[64, 64]`, relu). */
  hidden: widths.default([64, 64]),
  /** Choose the next action by the online network, value it by the target network (default true). */
  double: flag.default(true),
  /** Value of the state and advantages of the actions as separate outputs (default true). */
  dueling: flag.default(true),
  /** Rewards counted before the value of a later state stands in (default 3). */
  nSteps: whole.default(3),
  /** Discount factor (default 0.99). */
  gamma: share.default(0.99),
  /** Adam's, falling linearly to zero over the training where `decay` (default 0.001). */
  learningRate: amount.default(0.001),
  /** Let the learning rate fall linearly to zero over the training (default true). */
  decay: flag.default(true),
  /** Rows per gradient step (default 64). */
  batchSize: whole.default(64),
  /** Transitions kept (default 50,000). */
  bufferSize: whole.default(50_000),
  /** Steps before the first gradient step (default 1,000). */
  learningStarts: z.int("a whole number from 0").min(0, "a whole number from 0").default(1000),
  /** Environment steps between rounds of updates (default 64). */
  trainEvery: whole.default(64),
  /** Gradient steps per round (default 32). */
  gradientSteps: whole.default(32),
  /** Gradient steps after which the target network becomes a copy of the online one (default 100). */
  targetEvery: whole.default(100),
  /** Share of the training over which exploration falls from 1 to `explorationEnd` (default 0.1). */
  explorationShare: above.default(0.1),
  /** Probability of a random action after that (default 0.04). */
  explorationEnd: share.default(0.04),
  /** A gradient longer than this is scaled down to it (default 10). */
  maxNorm: length.default(10),
  /** What computes the gradients (default: the fastest here). */
  engine,
});
/** Settings of DQN; all of it may be left out. */
export type DqnOptions = z.input<typeof dqnOptionsSchema>;
/** The settings with their defaults filled in. */
export type DqnSettings = z.output<typeof dqnOptionsSchema>;

/**
 * The settings, checked and completed.
 * @throws TRAINING_INVALID on settings that cannot be, CONFIG_UNKNOWN_KEY on ones that do not exist
 */
export function dqnSettings(options: DqnOptions): DqnSettings {
  return parseOptions(dqnOptionsSchema, options, "DQN options", "TRAINING_INVALID");
}
