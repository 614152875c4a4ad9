import { z } from "zod";
import { parseOptions } from "../core/index.js";
import { whole } from "../core/option-fields.js";
import type { NetworkSnapshot } from "../math/network.js";
import type { Rng } from "../math/rng.js";
import type { MeanInterval } from "./evaluate.js";
import type { DiscreteEnv, Learner, LearnerShape, LearnerState } from "./learner.js";
import { cancelled, seed, steps } from "./option-fields.js";

/** Where a training stands; survives structured cloning. */
export interface TrainingCheckpoint {
  version: 1;
  /** Environment steps taken. */
  steps: number;
  seed: number | string;
  learner: LearnerState;
  evaluations: TrainingEvaluation[];
  /** The best network so far, and after how many evaluations it was found. */
  best: { mean: number; at: number; network: NetworkSnapshot };
}

/** The greedy policy, tried at one moment of the training. */
export interface TrainingEvaluation extends MeanInterval {
  steps: number;
}

/** A word on how it goes. */
export interface TrainingProgress {
  steps: number;
  totalSteps: number;
  /** Training episodes that ended since the last word, and their mean return (NaN without any). */
  episodes: number;
  meanReturn: number;
  /** The learner's own figures (losses, entropy, exploration). */
  figures: Record<string, number>;
}

const number = z.custom<number>((v) => typeof v === "number", "a number");

/** How to train. */
const trainingOptionsSchema = z.strictObject({
  /** Makes a fresh environment; called for each one acted in and for evaluation. */
  makeEnv: z.custom<() => DiscreteEnv>(),
  /** Makes the learner for the environment's sizes, e.g. `(shape, rng) => createPpo(shape, {}, rng)`. */
  makeLearner: z.custom<(shape: LearnerShape, rng: Rng) => Promise<Learner>>(),
  /** Environment steps in all. */
  totalSteps: steps,
  /** Governs everything (default: the seed of the training that is resumed, else 0). */
  seed: seed.optional(),
  /** Steps between evaluations, which are also the points training can be resumed from (default 5,000). */
  evaluateEvery: steps.default(5000),
  /** Episodes of an evaluation (default 100). */
  evaluationEpisodes: whole.default(100),
  /** Stop once an evaluation's mean return reaches this (default: never). */
  targetReturn: number.default(Number.POSITIVE_INFINITY),
  /** Stop after so many evaluations without a better one (default: never). */
  patience: number.default(Number.POSITIVE_INFINITY),
  /** Go on from here, with the same options, as if training had never stopped. */
  resume: z.custom<TrainingCheckpoint>().optional(),
  onProgress: z.custom<(progress: TrainingProgress) => void>().optional(),
  onEvaluation: z.custom<(evaluation: TrainingEvaluation) => void>().optional(),
  onCheckpoint: z.custom<(checkpoint: TrainingCheckpoint) => void>().optional(),
  /** Looked at after each round of updates; what has been learned since the last checkpoint is then dropped. */
  cancelled,
});
/** How to train. */
export type TrainingOptions = z.input<typeof trainingOptionsSchema>;
/** The options with their defaults filled in. */
export type TrainingSettings = z.output<typeof trainingOptionsSchema>;

/**
 * The options, checked and completed: a part of a step would never be taken, and its segment never end.
 * @throws TRAINING_INVALID on lengths that cannot be, CONFIG_UNKNOWN_KEY on options that do not exist
 */
export function trainingSettings(options: TrainingOptions): TrainingSettings {
  return parseOptions(trainingOptionsSchema, options, "training options", "TRAINING_INVALID");
}
