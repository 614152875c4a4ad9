import type { ChatPromptTemplate } from "@langchain/core/prompts";
import type { Clock, DecisionSink, Logger } from "../../core/index.js";
import type { Tenants } from "../../core/tenants.js";
import type { PromptQuestions, PromptTopic } from "../../evaluation/experiment/index.js";
import type { Registry } from "../../registry/index.js";
import type { LearningStore } from "../../store/index.js";
import type { RewardOf } from "./rows-in-store.js";

/** What a PromptOptimizer is built from. */
export interface PromptOptimizerOptions {
  store: LearningStore;
  registry: Registry;
  /** Where prompt decisions are left; without one, runs are not tied to variants and experiments cannot learn. */
  sink?: DecisionSink;
  /** A run's reward in [0,1], undefined while unrated; by default composed from judgement. Without effect beside `ask`. */
  reward?: RewardOf;
  /**
   * Answers questions about a prompt where its rows stand (in the loop: in its learning thread, with the rewards
   * that routing learns by); by default from the store, here.
   */
  ask?: AskAboutPrompt;
  clock?: Clock;
  logger?: Logger;
  /** Default 0. */
  seed?: number;
  /** False while learning is switched off: then the serving version is given to everyone. Default: always on. */
  enabled?: () => boolean;
  /**
   * Share of units that still get the version before, once another won an experiment, so that a winner that turns
   * is found out and rolled back; default 0.05, 0 watches nothing.
   */
  watchShare?: number;
  /**
   * Whose prompts these are, where several tenants share a store: a proposal learns from another tenant's only where it
   * names them. Default: all are one tenant's.
   */
  tenants?: Tenants;
}

/** See {@link PromptOptimizerOptions.ask}. */
export type AskAboutPrompt = <T extends PromptTopic>(
  promptId: string,
  topic: T,
  question: PromptQuestions[T]["question"],
  signal?: AbortSignal,
) => Promise<PromptQuestions[T]["answer"]>;

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
  /** Rated units of the experiments that ran. */
  outcomes: number;
  experiments: { key: string; text: string; ended: boolean }[];
  promoted: { promptId: string; version: string }[];
  /** Artifacts that are proven and wait for a person's word, such as `prompt/greeting`. */
  waiting: { name: string; version: string }[];
  rolledBack: { promptId: string; reason: string }[];
  /** Contextual policies that serve from now on, since they are better than the best single version. */
  policies: { promptId: string; gain: number; lower: number }[];
}
