import type { Interval } from "../intervals.js";
import { anytimeInterval } from "../monitor.js";
import type { TrialState } from "./state.js";

/** Mean gain per cluster so far, with the 95 % interval that holds at every look. */
export function gainOf({ clusters, sum, squares }: TrialState): Interval & { mean: number } {
  const mean = clusters > 0 ? Math.min(1, Math.max(-1, sum / clusters)) : 0;
  return { mean, ...anytimeInterval(clusters, sum, squares, 0.05) };
}
