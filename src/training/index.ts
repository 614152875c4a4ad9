export type { Activation, DenseLayer, Network, NetworkSnapshot } from "../math/network.js";
export type { EngineChoice } from "../tensor/engine.js";
export * from "./dqn.js";
export type { DqnOptions } from "./dqn-options.js";
export * from "./evaluate.js";
export * from "./learner.js";
export * from "./offline/index.js";
export * from "./ppo.js";
export type { PpoOptions } from "./ppo-options.js";
export * from "./raw-observations.js";
export * from "./train.js";
export type {
  TrainingCheckpoint,
  TrainingEvaluation,
  TrainingOptions,
  TrainingProgress,
} from "./training-options.js";
