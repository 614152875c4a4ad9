// Runs in the learning thread.
import type { FactKind } from "../../core/index.js";
import { type Damaged, factsIn } from "../backlog.js";
import type { Job } from "../job.js";
import { makeRoom, type StatisticsPlan } from "../make-room.js";

/**
 * New facts as JSON texts, in the order of their append, and how decisions that leave for them are learned from. A text
 * crosses to the thread in a third of the time of an object, and its length is its weight.
 */
export interface IngestInput extends Partial<Record<FactKind, readonly string[]>> {
  plan?: StatisticsPlan;
}

/** How much the worker holds. */
export interface IngestOutput {
  decisions: number;
  runsWithFeedback: number;
  runsWithTraces: number;
  /** Decisions that left for the new ones, into what is kept of their points. */
  left: number;
  /** Texts that are no facts, where there are any; they were left out. */
  damaged?: Damaged[];
}

/** Adds facts to the worker's memory. */
export const ingest: Job<IngestInput, IngestOutput> = {
  run({ plan, ...texts }, { state }) {
    const { facts, charsOf, damaged } = factsIn(texts);
    if (plan) state.take(facts, charsOf);
    else state.add(facts, charsOf);
    const left = plan ? makeRoom(state, plan) : 0;
    return {
      left,
      decisions: state.decisions.size,
      runsWithFeedback: state.feedback.size,
      runsWithTraces: state.traces.size,
      ...(damaged.length > 0 && { damaged }),
    };
  },
};
