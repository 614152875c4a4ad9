import { z } from "zod";
import { parseOptions } from "../../core/index.js";
import { amount, share, whole } from "../../core/option-fields.js";
import { cancelled, engine, seed, widths } from "../option-fields.js";

/** How to imitate. */
export const cloneOptionsSchema = z.strictObject({
  /** Widths of the hidden layers (default `[64, 64]`, tanh: the shape of PPO's policy). */
  hidden: widths.default([64, 64]),
  /** Passes over the log (default 30). */
  epochs: whole.default(30),
  /** Rows per gradient step (default 64). */
  batchSize: whole.default(64),
  /** Adam's (default 0.002). */
  learningRate: amount.default(0.002),
  /** Decoupled weight decay (default 0.01). */
  weightDecay: amount.default(0.01),
  /** Share of episodes held out to measure agreement and to pick the epoch (default 0.1). */
  validationShare: share.default(0.1),
  /** Default 0. */
  seed: seed.default(0),
  /** What computes the gradients (default: the fastest here). */
  engine,
  /** Looked at between epochs. */
  cancelled,
});
/** How to imitate; all of it may be left out. */
export type CloneOptions = z.input<typeof cloneOptionsSchema>;

/**
 * The options, checked and completed.
 * @throws TRAINING_INVALID on settings that cannot be, CONFIG_UNKNOWN_KEY on ones that do not exist
 */
export function cloneSettings(options: CloneOptions): z.output<typeof cloneOptionsSchema> {
  return parseOptions(cloneOptionsSchema, options, "options of behaviour cloning", "TRAINING_INVALID");
}
