// Runs in the learning thread.
import { type DecisionRow, isUsable, meanReward } from "../../dataset/index.js";
import { PROMPT_POINT } from "../../evaluation/experiment/index.js";
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
  /** Other decision points that runs of this one pass, too, prompts apart. */
  together: string[];
  /** Time of the newest decision. */
  newest?: string;
}

/** Counts what each decision point has to learn from. */
export const surveyJob: Job<RowOptions, PointRows[]> = {
  run(options, { state }) {
    const all = rowsByPoint(state, options);
    const together = sharedRuns(all);
    return [...all].map(([decisionPoint, rows]) => {
      const rated = rows.filter((r) => r.reward !== undefined);
      const mean = meanReward(rated)?.mean;
      return {
        decisionPoint,
        decisions: rows.length,
        rated: rated.length,
        meanReward: mean,
        explored: rated.filter((r) => isUsable(r) && r.propensity < 1).length,
        together: [...(together.get(decisionPoint) ?? [])].sort(),
        newest: rows.at(-1)?.at,
      };
    });
  },
};

/** By decision point, those that share a run with it. */
function sharedRuns(all: ReadonlyMap<string, readonly DecisionRow[]>): Map<string, Set<string>> {
  const pointsOf = new Map<string, Set<string>>();
  for (const [point, rows] of all) {
    if (point.startsWith(PROMPT_POINT)) continue;
    for (const { workflowId } of rows) {
      const points = pointsOf.get(workflowId);
      if (points) points.add(point);
      else pointsOf.set(workflowId, new Set([point]));
    }
  }
  const together = new Map<string, Set<string>>();
  for (const points of pointsOf.values())
    for (const point of points) {
      const others = together.get(point) ?? new Set<string>();
      together.set(point, others);
      for (const other of points) if (other !== point) others.add(other);
    }
  return together;
}
