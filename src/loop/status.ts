import { isLearningError, messageOf } from "../core/index.js";
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
  /** Bytes on disk; absent where the store cannot tell, which a warning says. */
  storage?: StoreSizes;
  /** Records and documents that cannot be read; the warnings name them as well. */
  health: StoreHealth;
  /** Whether the kill switch is on. */
  disabled: boolean;
}

const NOTHING_TOLD: StoreHealth = { unreadable: { trace: 0, decision: 0, feedback: 0 }, problems: [] };

/** The status of a loop as it is known now, without looking for what other processes changed. */
export async function statusOf(parts: LoopParts, modes: ModeBook, learned: LearnedPoints): Promise<LearningStatus> {
  const { engine, store, tracer, feedback, unusable, killSwitch } = parts;
  const status = engine.status((point) => modes.get(point) ?? "auto");
  // What the store cannot tell is left out with a warning: the status must be readable then above all.
  const untold: string[] = [];
  const told = <T>(what: string, asked: Promise<T>): Promise<T | undefined> =>
    asked.catch((error: unknown) => {
      if (!isLearningError(error, "STORE_UNREACHABLE")) untold.push(`${what} cannot be told: ${messageOf(error)}`);
      return undefined;
    });
  const health = (await told("the store's health", store.health())) ?? NOTHING_TOLD;
  const storage = await told("the store's size", store.sizes());
  const counted =
    status.lastCycle === undefined
      ? await told("the number of decisions", countedPoints(store, status.decisionPoints))
      : undefined;
  const troubles = [...health.problems.map(({ message }) => message), ...untold];
  return {
    ...status,
    ...(counted && { decisionPoints: counted }),
    warnings: [...(unusable === undefined ? [] : [unusable]), ...troubles, ...status.warnings],
    capture: { ...tracer.counters(), routing: learned.status() },
    feedback: feedback.counters(),
    ...(storage && { storage }),
    health,
    disabled: killSwitch.on,
  };
}
