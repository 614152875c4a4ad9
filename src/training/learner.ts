import type { Env } from "../environments/index.js";
import type { Network } from "../math/network.js";
import type { Rng } from "../math/rng.js";

/** An environment that deep learners accept: any observations that flatten, numbered actions. */
export type DiscreteEnv = Env<unknown, number>;

/** How the outputs of a policy network are to be read. */
export type NetworkHead = "logits" | "values";

/** What a learner did since its last report. */
export interface LearnerReport {
  /** Environment steps. */
  steps: number;
  /** Undiscounted returns of the training episodes that ended. */
  returns: number[];
  /** Means over the gradient steps: losses, entropy, gradient length and the like. */
  figures: Record<string, number>;
}

/** What a learner needs to go on exactly where it was; survives structured cloning. */
export interface LearnerState {
  kind: string;
  version: 1;
  [key: string]: unknown;
}

/** Where a learner acts, and by which random numbers. */
export interface LearnerSegment {
  envs: readonly DiscreteEnv[];
  /** Environment steps to take, over all environments. */
  steps: number;
  /** Steps taken before, out of `totalSteps`, for schedules. */
  stepsBefore: number;
  totalSteps: number;
  rng: Rng;
}

/** A deep reinforcement learner over flattened observations and masked discrete actions. */
export interface Learner {
  readonly kind: "ppo" | "dqn";
  readonly head: NetworkHead;
  /** How many environments it wants to act in at once. */
  readonly environments: number;
  /** Acts and learns; reports after each round of updates. Starts every environment anew. */
  learn(segment: LearnerSegment): Generator<LearnerReport, void>;
  /** A copy of the current policy: one output per action. */
  network(): Network;
  save(): LearnerState;
  /** Fails with SNAPSHOT_INVALID where the state belongs to another learner or shape. */
  restore(state: LearnerState): void;
  dispose(): void;
}

/** Sizes that a learner is built for. */
export interface LearnerShape {
  /** Length of the flattened observation. */
  inputs: number;
  actions: number;
}
