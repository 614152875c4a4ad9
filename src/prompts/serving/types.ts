import type { ChatPromptTemplate } from "@langchain/core/prompts";
import type { Clock, DecisionSink, Logger } from "../../core/index.js";
import type { Registry } from "../../registry/index.js";
import type { LearningStore } from "../../store/index.js";
import type { RewardOf, RewardsOf } from "./outcome-reader.js";

/** What a PromptOptimizer is built from. */
export interface PromptOptimizerOptions {
  store: LearningStore;
  registry: Registry;
  /** Where prompt decisions are left; without one, runs are not tied to variants and experiments cannot learn. */
  sink?: DecisionSink;
  /** A run's reward in [0,1], undefined while unrated; by default composed from judgement. */
  reward?: RewardOf;
  /**
   * Rewards that are composed elsewhere (in the loop: by its learning thread, with the weights and corrections
   * that routing learns by). They come before `reward`.
   */
  rewards?: RewardsOf;
  clock?: Clock;
  logger?: Logger;
  /** Default 0. */
  seed?: number;
  /** False while learning is switched off: then the serving version is given to everyone. Default: always on. */
  enabled?: () => boolean;
  /**
   * How far, in mean reward, a promoted version may fall below its predecessor before it is rolled back by
   * itself; default 0.05.
   */
  regressionMargin?: number;
}

/** A prompt for one run. */
export interface ServedPrompt {
  template: ChatPromptTemplate;
  version: string;
  /** Set when the version was drawn in an experiment. */
  experiment?: string;
  /** Probability with which this version was drawn. */
  probability: number;
}

/** What one call of `refresh` changed. */
export interface RefreshReport {
  outcomes: number;
  experiments: { key: string; text: string; ended: boolean }[];
  promoted: { promptId: string; version: string }[];
  rolledBack: { promptId: string; reason: string }[];
  /** Contextual policies that serve from now on, since they are better than the best single version. */
  policies: { promptId: string; gain: number; lower: number }[];
}
