import { z } from "zod";
import { parseOptions } from "../core/index.js";
import * as field from "../core/option-fields.js";
import type { DqnOptions } from "./dqn-options.js";
import type { CloneOptions } from "./offline/clone-options.js";
import type { OfflineQOptions } from "./offline/offline-q-options.js";
import type { PpoOptions } from "./ppo-options.js";
import type { TrainingOptions } from "./training-options.js";

const { given } = field;
const [whole, share] = [field.whole.optional(), field.share.optional()];
const [above, weight] = [field.above.optional(), field.amount.optional()];
const count = z.int("a whole number from 0").min(0, "a whole number from 0").optional();
const length = z.custom<number>((v) => typeof v === "number" && v > 0, "a number above 0").optional();
const hidden = z.array(z.int("whole numbers from 1").min(1, "whole numbers from 1"), "an array of widths").optional();
const flag = z.boolean("true or false").optional();

const ppoSchema = z.object({
  hidden,
  environments: whole,
  rolloutSteps: whole,
  batchSize: whole,
  epochs: whole,
  gamma: share,
  lambda: share,
  learningRate: weight,
  clip: above,
  entropyWeight: weight,
  maxNorm: length,
  targetDivergence: length,
  start: given,
  engine: given,
} satisfies Record<keyof PpoOptions, z.ZodType>);

const dqnSchema = z.object({
  hidden,
  double: flag,
  dueling: flag,
  nSteps: whole,
  gamma: share,
  learningRate: weight,
  decay: flag,
  batchSize: whole,
  bufferSize: whole,
  learningStarts: count,
  trainEvery: whole,
  gradientSteps: whole,
  targetEvery: whole,
  explorationShare: above,
  explorationEnd: share,
  maxNorm: length,
  engine: given,
} satisfies Record<keyof DqnOptions, z.ZodType>);

const cloneSchema = z.object({
  hidden,
  epochs: whole,
  batchSize: whole,
  learningRate: weight,
  weightDecay: weight,
  validationShare: share,
  seed: given,
  engine: given,
  cancelled: given,
} satisfies Record<keyof CloneOptions, z.ZodType>);

const offlineQSchema = z.object({
  conservatism: weight,
  gamma: share,
  hidden,
  iterations: whole,
  gradientSteps: whole,
  batchSize: whole,
  learningRate: weight,
  seed: given,
  engine: given,
  cancelled: given,
  onIteration: given,
} satisfies Record<keyof OfflineQOptions, z.ZodType>);

const steps = z.custom<number>(
  (v) => v === Number.POSITIVE_INFINITY || (Number.isSafeInteger(v) && (v as number) >= 1),
  "a whole number from 1, or Infinity",
);
const lengthsSchema = z.object({ totalSteps: steps, evaluateEvery: steps.optional(), evaluationEpisodes: whole });

/** How long to train; a part of a step would never be taken, and its segment never end. */
export function checkTrainingLengths(options: TrainingOptions): void {
  const { totalSteps, evaluateEvery, evaluationEpisodes } = options;
  parseOptions(
    lengthsSchema,
    { totalSteps, evaluateEvery, evaluationEpisodes },
    "training options",
    "TRAINING_INVALID",
  );
}

/** Fails with TRAINING_INVALID on settings that cannot be, with CONFIG_UNKNOWN_KEY on ones that do not exist. */
export function checkPpoOptions(options: PpoOptions): void {
  parseOptions(ppoSchema, options, "PPO options", "TRAINING_INVALID");
}

/** As {@link checkPpoOptions}. */
export function checkDqnOptions(options: DqnOptions): void {
  parseOptions(dqnSchema, options, "DQN options", "TRAINING_INVALID");
}

/** As {@link checkPpoOptions}. */
export function checkCloneOptions(options: CloneOptions): void {
  parseOptions(cloneSchema, options, "options of behaviour cloning", "TRAINING_INVALID");
}

/** As {@link checkPpoOptions}. */
export function checkOfflineQOptions(options: OfflineQOptions): void {
  parseOptions(offlineQSchema, options, "options of offline Q-learning", "TRAINING_INVALID");
}
