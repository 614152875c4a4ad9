import type { PointRows } from "../../cycle/types.js";
import type { Job } from "../job.js";
import { isUsable, type RowOptions, rowsByPoint } from "../rows.js";

/** Counts what each decision point has to learn from. */
export const survey: Job<RowOptions, PointRows[]> = {
  name: "routing.survey",
  run(options, { state }) {
    return [...rowsByPoint(state, options)].map(([decisionPoint, rows]) => {
      const rated = rows.filter((r) => r.reward !== undefined);
      return {
        decisionPoint,
        decisions: rows.length,
        rated: rated.length,
        meanReward: rated.length ? rated.reduce((s, r) => s + (r.reward as number), 0) / rated.length : undefined,
        explored: rated.filter((r) => isUsable(r) && r.propensity < 1).length,
        newest: rows.at(-1)?.at,
      };
    });
  },
};
