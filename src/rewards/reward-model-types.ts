import type { DecisionContext } from "../core/index.js";
import type { EncoderSnapshot } from "../dataset/index.js";
import type { RewardMember } from "./members/member.js";
import type { NoveltySnapshot } from "./novelty.js";
import type { TypedTargetSnapshot } from "./typed-target.js";

/** One run to learn from: what was seen of it, and what it was judged to be worth. */
export interface RewardExample {
  /** Named plain values, as `traceFeatures` gives them. */
  features: DecisionContext;
  /** The reward, and any dimension that was judged; at least one. */
  targets: Readonly<Record<string, number>>;
  /** Runs of one group (a task, a prompt, a thread) never stand on both sides of a validation split. */
  group?: string;
}

/** Options of `RewardModel.fit`. */
export interface RewardModelOptions {
  seed?: number;
  /** Default: all members described on the page Feedback and rewards. */
  members?: readonly RewardMember[];
  cancelled?: () => boolean;
  onProgress?: (share: number, message: string) => void;
}

/** A predicted value and how far to trust it. */
export interface RewardPrediction {
  /** The blend's prediction; where `known` is false the mean of all training values. */
  mean: number;
  /** Bounds that hold the true value with the asked probability; the whole range where `known` is false. */
  lower: number;
  upper: number;
  /** Expected squared error. */
  variance: number;
  /** False for an input unlike anything seen in training: "I don't know". */
  known: boolean;
}

/** A `RewardModel` as plain JSON. */
export interface RewardModelSnapshot {
  kind: "reward-model";
  version: 1;
  encoder: EncoderSnapshot;
  columns: number[];
  constants: number[];
  novelty: NoveltySnapshot;
  background: number[][];
  targets: Record<string, TypedTargetSnapshot>;
}
