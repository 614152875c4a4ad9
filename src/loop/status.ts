import { isLearningError } from "../core/index.js";
import type { FeedbackCounters } from "../feedback/index.js";
import type { EngineStatus } from "../learning/status.js";
import type { DecisionPointStatus, ModeBook } from "../routing/index.js";
import type { StoreHealth, StoreSizes } from "../store/index.js";
import type { TracerCounters } from "../tracing/index.js";
import { countedPoints } from "./counted-points.js";
import type { LearnedPoints } from "./learned-points.js";
import type { LoopParts } from "./parts.js";

/** What `getLearningStatus` answers. */
export interface LearningStatus extends EngineStatus {
  /** Capture in this process: records queued, written and dropped by reason, and its decisions by decision point. */
  capture: TracerCounters & { routing: Record<string, DecisionPointStatus> };
  /** Judgements that this process stored, and refused by the error's code. */
  feedback: FeedbackCounters;
  /** Bytes on disk. */
  storage: StoreSizes;
  /** Records and documents that cannot be read; the warnings name them as well. */
  health: StoreHealth;
  /** Whether the kill switch is on. */
  disabled: boolean;
}

/** While the store's server is away nothing can be counted; the status must be readable then above all. */
const unlessAway =
  ({ decisionPoints }: EngineStatus) =>
  (error: unknown) => {
    if (isLearningError(error, "STORE_UNREACHABLE")) return decisionPoints;
    throw error;
  };

/** The status of a loop as it is known now, without looking for what other processes changed. */
export async function statusOf(parts: LoopParts, modes: ModeBook, learned: LearnedPoints): Promise<LearningStatus> {
  const { engine, store, tracer, feedback, unusable, killSwitch } = parts;
  const status = engine.status((point) => modes.get(point) ?? "auto");
  const health = await store.health();
  const troubles = health.problems.map(({ message }) => message);
  const isBefore = status.lastCycle === undefined;
  return {
    ...status,
    ...(isBefore && { decisionPoints: await countedPoints(store, status.decisionPoints).catch(unlessAway(status)) }),
    warnings: [...(unusable === undefined ? [] : [unusable]), ...troubles, ...status.warnings],
    capture: { ...tracer.counters(), routing: learned.status() },
    feedback: feedback.counters(),
    storage: await store.sizes(),
    health,
    disabled: killSwitch.on,
  };
}
