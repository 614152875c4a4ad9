// Runs in the learning thread.
import type { FactTypes } from "../../core/index.js";
import type { Job } from "../job.js";
import { makeRoom, type StatisticsPlan } from "../make-room.js";

/** New facts, in the order of their append, and how decisions that leave for them are learned from. */
export type IngestInput = Partial<{ [K in keyof FactTypes]: FactTypes[K][] }> & { plan?: StatisticsPlan };

/** How much the worker holds. */
export interface IngestOutput {
  decisions: number;
  runsWithFeedback: number;
  runsWithTraces: number;
  /** Decisions that left for the new ones, into what is kept of their points. */
  left: number;
}

/** Adds facts to the worker's memory. */
export const ingest: Job<IngestInput, IngestOutput> = {
  run({ plan, ...facts }, { state }) {
    if (plan) state.take(facts);
    else state.add(facts);
    const left = plan ? makeRoom(state, plan) : 0;
    return {
      left,
      decisions: state.decisions.size,
      runsWithFeedback: state.feedback.size,
      runsWithTraces: state.traces.size,
    };
  },
};
