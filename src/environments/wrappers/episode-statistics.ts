import type { ResetOptions, ResetResult, StepResult } from "../env.js";
import { Wrapper } from "./wrapper.js";

/** The sums of one finished episode. */
export interface EpisodeStatistics {
  /** Undiscounted sum of rewards. */
  return: number;
  /** Steps. */
  length: number;
}

/**
 * Adds `info.episode` ({@link EpisodeStatistics}) to the last step of every episode and keeps them all.
 * @example
 * ```ts
 * const env = new RecordEpisodeStatistics(cartPole());
 * env.reset({ seed: 1 });
 * while (!env.step(0).terminated);
 * env.episodes.length; // 1
 * ```
 */
export class RecordEpisodeStatistics<Obs, Act> extends Wrapper<Obs, Act> {
  /** Finished episodes, in order. */
  readonly episodes: EpisodeStatistics[] = [];
  private current: EpisodeStatistics = { return: 0, length: 0 };

  override reset(options?: ResetOptions): ResetResult<Obs> {
    this.current = { return: 0, length: 0 };
    return super.reset(options);
  }

  override step(action: Act): StepResult<Obs> {
    const result = super.step(action);
    this.current.return += result.reward;
    this.current.length++;
    if (!result.terminated && !result.truncated) return result;
    const episode = { ...this.current };
    this.episodes.push(episode);
    return { ...result, info: { ...result.info, episode } };
  }
}
