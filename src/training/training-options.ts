import type { NetworkSnapshot } from "../math/network.js";
import type { Rng } from "../math/rng.js";
import type { MeanInterval } from "./evaluate.js";
import type { DiscreteEnv, Learner, LearnerShape, LearnerState } from "./learner.js";

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

/** How to train. */
export interface TrainingOptions {
  /** Makes a fresh environment; called for each one acted in and for evaluation. */
  makeEnv: () => DiscreteEnv;
  /** Makes the learner for the environment's sizes, e.g. `(shape, rng) => createPpo(shape, {}, rng)`. */
  makeLearner: (shape: LearnerShape, rng: Rng) => Promise<Learner>;
  /** Environment steps in all. */
  totalSteps: number;
  /** Governs everything (default 0). */
  seed?: number | string;
  /** Steps between evaluations, which are also the points training can be resumed from (default 5,000). */
  evaluateEvery?: number;
  /** Episodes of an evaluation (default 100). */
  evaluationEpisodes?: number;
  /** Stop once an evaluation's mean return reaches this. */
  targetReturn?: number;
  /** Stop after so many evaluations without a better one. */
  patience?: number;
  /** Go on from here, with the same options, as if training had never stopped. */
  resume?: TrainingCheckpoint;
  onProgress?: (progress: TrainingProgress) => void;
  onEvaluation?: (evaluation: TrainingEvaluation) => void;
  onCheckpoint?: (checkpoint: TrainingCheckpoint) => void;
  /** Looked at after each round of updates; what has been learned since the last checkpoint is then dropped. */
  cancelled?: () => boolean;
}
