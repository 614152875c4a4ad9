import type { Space } from "./spaces/space.js";

/** How an episode is to start. */
export interface ResetOptions {
  /**
   * Reseeds the environment: the same seed and the same actions give the same episode. Without one
   * the environment's generator goes on from where it is (one that was never seeded starts at seed 0).
   */
  seed?: number | string;
  /** The environment's own settings for this episode. */
  options?: Readonly<Record<string, unknown>>;
}

/** Everything beside observation and reward. */
export interface StepInfo {
  /**
   * Which actions of a `Discrete` action space are legal in the state now reached, aligned with the
   * actions; absent when all are. While the episode goes on at least one must be true. Learners and
   * policies draw legal actions only: an illegal one is never tried and punished.
   */
  actionMask?: readonly boolean[];
  [key: string]: unknown;
}

/** The first observation of an episode. */
export interface ResetResult<Obs> {
  observation: Obs;
  info: StepInfo;
}

/** What one action led to. */
export interface StepResult<Obs> {
  observation: Obs;
  /** Finite; higher is better. */
  reward: number;
  /** The task itself ended here: nothing is earned beyond this state. */
  terminated: boolean;
  /** The episode was cut off from outside (a time limit): what would have followed still has a value. */
  truncated: boolean;
  info: StepInfo;
}

/**
 * Gymnasium's interface (Towers et al., 2024). An environment is synchronous, deterministic given
 * its seed, and never shares a mutable observation between two calls. `step` before `reset`, after
 * the end of an episode, or with an action outside `actionSpace` fails with ENV_INVALID.
 */
export interface Env<Obs, Act> {
  /** A name such as `CartPole-v1`. */
  readonly id: string;
  readonly observationSpace: Space<Obs>;
  readonly actionSpace: Space<Act>;
  reset(options?: ResetOptions): ResetResult<Obs>;
  step(action: Act): StepResult<Obs>;
  /** Frees what the environment holds; optional. */
  close?(): void;
}
