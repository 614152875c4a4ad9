// Runs in the learning thread.
import type { FactKind, FactTypes } from "../../core/index.js";
import type { Damaged } from "../backlog.js";
import type { Job } from "../job.js";
import type { PointStatistics } from "../statistics.js";
import { type IngestOutput, ingest } from "./ingest.js";

/** A step of filling an empty memory: facts newest first, between the first call and the last. */
export interface RestoreInput {
  step: "begin" | "add" | "end";
  /** Facts of one kind as JSON texts, newest first, each batch older than the one before. */
  texts?: Partial<Record<FactKind, readonly string[]>>;
  /** With `begin`: what decisions taught that are older than what is held. */
  statistics?: readonly PointStatistics[];
}

/** What is held, after the last step, and whether there is room for older facts of each kind. */
export interface RestoreOutput {
  held: IngestOutput;
  room: { [K in keyof FactTypes]: boolean };
  /** Texts that are no facts; they were left out. */
  damaged: Damaged[];
}

/** Fills the worker's memory with the newest facts, however many there are in all. */
export const restore: Job<RestoreInput, RestoreOutput> = {
  run({ step, texts = {}, statistics = [] }, context) {
    const { state } = context;
    state.statistics.load(statistics);
    const backlog = step === "begin" ? state.beginBacklog() : state.backlog;
    const { room, damaged } = backlog.add(texts);
    if (step === "end") state.takeBacklog();
    return { held: ingest.run({}, context) as IngestOutput, room, damaged };
  },
};

/** What is to be kept of decisions that left, for a thread that starts later. */
export const statistics: Job<Record<string, never>, PointStatistics[]> = {
  run: (_, { state }) => state.statistics.snapshot(),
};
