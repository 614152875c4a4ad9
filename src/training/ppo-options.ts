import { z } from "zod";
import { parseOptions } from "../core/index.js";
import { above, amount, share, whole } from "../core/option-fields.js";
import type { NetworkSnapshot } from "../math/network.js";
import { engine, length, widths } from "./option-fields.js";

/** Settings of PPO; the defaults suit small worlds of short episodes. */
const ppoOptionsSchema = z.strictObject({
  /** Widths of the hidden layers of policy and value network each (default `[64, 64]`, tanh). */
  hidden: widths.default([64, 64]),
  /** Environments acted in at once (default 8). */
  environments: whole.default(8),
  /** Steps in each of them between updates (default 32). */
  rolloutSteps: whole.default(32),
  /** Rows per gradient step (default 256). */
  batchSize: whole.default(256),
  /** Passes over a rollout (default 20). */
  epochs: whole.default(20),
  /** Discount factor (default 0.98). */
  gamma: share.default(0.98),
  /** Weight of further steps in the advantage (default 0.8). */
  lambda: share.default(0.8),
  /** Adam's, falling linearly to zero over the training (default 0.001). */
  learningRate: amount.default(0.001),
  /** Clip range of the ratio, falling linearly to zero (default 0.2). */
  clip: above.default(0.2),
  /** Weight of the entropy bonus (default 0). */
  entropyWeight: amount.default(0),
  /** A gradient longer than this is scaled down to it, per network (default 0.5). */
  maxNorm: length.default(0.5),
  /** Stop the passes over a rollout once the estimated divergence exceeds this (default: never). */
  targetDivergence: length.default(Number.POSITIVE_INFINITY),
  /** A cloned or earlier policy of the same shape to start from, instead of at random. */
  start: z.custom<NetworkSnapshot>().optional(),
  /** What computes the gradients (default: the fastest here). */
  engine,
});
/** Settings of PPO; all of it may be left out. */
export type PpoOptions = z.input<typeof ppoOptionsSchema>;
/** The settings with their defaults filled in. */
export type PpoSettings = z.output<typeof ppoOptionsSchema>;

/**
 * The settings, checked and completed.
 * @throws TRAINING_INVALID on settings that cannot be, CONFIG_UNKNOWN_KEY on ones that do not exist
 */
export function ppoSettings(options: PpoOptions): PpoSettings {
  return parseOptions(ppoOptionsSchema, options, "PPO options", "TRAINING_INVALID");
}
