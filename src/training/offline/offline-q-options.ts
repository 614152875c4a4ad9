import { z } from "zod";
import { parseOptions } from "../../core/index.js";
import { amount, share, whole } from "../../core/option-fields.js";
import { cancelled, engine, seed, widths } from "../option-fields.js";

/** How to learn action values from a log. */
export const offlineQOptionsSchema = z.strictObject({
  /**
   * Weight of the pull towards the logged choices: conservative Q-learning (Kumar et al., 2020) where
   * above zero (default 0.5), neural fitted Q iteration (Riedmiller, 2005) at zero. The rarer a choice
   * is in the log, the less its value can be known; the pull keeps such choices from being overrated.
   */
  conservatism: amount.default(0.5),
  /** Discount factor (default 0.99). */
  gamma: share.default(0.99),
  /** Widths of the hidden layers (default `[64, 64]`, relu). */
  hidden: widths.default([64, 64]),
  /** How often the targets are computed anew (default 40). */
  iterations: whole.default(40),
  /** Gradient steps between (default 100). */
  gradientSteps: whole.default(100),
  /** Rows per gradient step (default 64). */
  batchSize: whole.default(64),
  /** Adam's, falling linearly to zero (default 0.002). */
  learningRate: amount.default(0.002),
  /** Default 0. */
  seed: seed.default(0),
  /** What computes the gradients (default: the fastest here). */
  engine,
  /** Looked at between iterations. */
  cancelled,
  /** Called after each iteration with its number from 0 and its mean loss. */
  onIteration: z.custom<(iteration: number, loss: number) => void>().optional(),
});
/** How to learn action values from a log; all of it may be left out. */
export type OfflineQOptions = z.input<typeof offlineQOptionsSchema>;

/**
 * The options, checked and completed.
 * @throws TRAINING_INVALID on settings that cannot be, CONFIG_UNKNOWN_KEY on ones that do not exist
 */
export function offlineQSettings(options: OfflineQOptions): z.output<typeof offlineQOptionsSchema> {
  return parseOptions(offlineQOptionsSchema, options, "options of offline Q-learning", "TRAINING_INVALID");
}
