// Runs in the learning thread.
import type { FactTypes } from "../../core/index.js";
import type { Job } from "../job.js";

/** New facts, in the order of their append. */
export type IngestInput = Partial<{ [K in keyof FactTypes]: FactTypes[K][] }>;

/** How much the worker holds. */
export interface IngestOutput {
  decisions: number;
  runsWithFeedback: number;
  runsWithTraces: number;
}

/** Adds facts to the worker's memory. */
export const ingest: Job<IngestInput, IngestOutput> = {
  run(input, { state }) {
    state.add(input);
    return {
      decisions: state.decisions.size,
      runsWithFeedback: state.feedback.size,
      runsWithTraces: state.traces.size,
    };
  },
};
