// Runs in the learning thread.
import { isUsable, meanReward } from "../../dataset/index.js";
import type { Job } from "../job.js";
import { type RowOptions, rowsByPoint } from "../rows.js";

/** What one decision point has to learn from. */
export interface PointRows {
  decisionPoint: string;
  decisions: number;
  rated: number;
  /** Had every run been asked. */
  meanReward?: number;
  /** Rated decisions whose propensity is known and that were drawn at random at all. */
  explored: number;
  /** Time of the newest decision. */
  newest?: string;
}

/** Counts what each decision point has to learn from. */
export const survey: Job<RowOptions, PointRows[]> = {
  run(options, { state }) {
    return [...rowsByPoint(state, options)].map(([decisionPoint, rows]) => {
      const rated = rows.filter((r) => r.reward !== undefined);
      const mean = meanReward(rated)?.mean;
      return {
        decisionPoint,
        decisions: rows.length,
        rated: rated.length,
        meanReward: mean,
        explored: rated.filter((r) => isUsable(r) && r.propensity < 1).length,
        newest: rows.at(-1)?.at,
      };
    });
  },
};
