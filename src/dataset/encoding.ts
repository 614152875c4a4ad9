/**
 * How contexts become vectors, and how rewards are composed: the pure part of learning, for evaluations of
 * one's own.
 * @module
 */
export { fitEncoder, restoreEncoder } from "./encoder/encoder.js";
export { type FieldJudgement, judgeFields } from "./encoder/judge-fields.js";
export type { EncoderOptions, FieldKind } from "./encoder/options.js";
export type { EncoderSnapshot, FeatureEncoder } from "./encoder-types.js";
export type { FeatureVector } from "./feature-vector.js";
export type { PreferenceStrengths } from "./preferences.js";
export type { RaterCorrection } from "./raters.js";
export type { ComposedReward, EvaluatorCorrection, RewardPart } from "./reward.js";
export { composeReward, DEFAULT_REWARD_WEIGHTS, type RewardOptions, type RewardWeights } from "./reward.js";
