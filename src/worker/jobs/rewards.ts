// Runs in the learning thread.
import type { Job } from "../job.js";
import { type RowOptions, rowsByPoint } from "../rows.js";

/** Whose rewards are asked for. */
export interface RewardsInput {
  decisionIds: string[];
  rows: RowOptions;
}

/** The rewards of decisions, null where unrated; those that are not held are left out. */
export const rewardsOfDecisions: Job<RewardsInput, Record<string, number | null>> = {
  run({ decisionIds, rows }, { state }) {
    const wanted = new Set(decisionIds);
    const found: Record<string, number | null> = {};
    for (const list of rowsByPoint(state, rows).values())
      for (const { decisionId, reward } of list) if (wanted.has(decisionId)) found[decisionId] = reward ?? null;
    return found;
  },
};
