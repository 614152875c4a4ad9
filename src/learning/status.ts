import type { DecisionMode } from "../core/index.js";
import { isRecord } from "../core/is-object.js";
import type { LearnedPoint, MeasuredImprovement } from "../evaluation/improvement.js";
import { isBookOfRecords } from "../store/shaped-documents.js";
import type { CycleReport, StepReport } from "./cycle/types.js";
import type { LearningTimer } from "./timers.js";

/** A decision point in the status. */
export interface PointStatus extends LearnedPoint {
  decisionPoint: string;
  mode: DecisionMode | "auto";
  /** The version that serves; absent while the fallback does. */
  champion?: string;
  pinned: boolean;
}

/** The last known state of one component. */
export interface ComponentStatus {
  state: StepReport["state"] | "disabled" | "waiting";
  samples: number;
  message: string;
  lastRunAt?: string;
  lastError?: string;
  details?: Record<string, unknown>;
  /** What makes its figures doubtful. */
  warnings?: string[];
}

/** What learning knows of itself; the facade's `LearningStatus` adds capture and storage. */
export interface EngineStatus {
  /** Whether cycles run on the timer. */
  isLearning: boolean;
  /** Whether a cycle is under way now. */
  cycleRunning: boolean;
  /** Cycles that came to their end; neither failed nor stopped ones. */
  cyclesCompleted: number;
  /** Cycles that failed as a whole; why the last one did is in `lastCycle.failed` and among the warnings. */
  cyclesFailed: number;
  lastCycle?: CycleReport;
  /** When the next cycle is due; absent while stopped. */
  nextCycleAt?: string;
  /** Who runs cycles on a timer over this store: this process, others, or nobody. */
  timers: LearningTimer[];
  components: Record<string, ComponentStatus>;
  decisionPoints: PointStatus[];
  /** Mean of the points' improvements, weighted by their decisions; absent while nothing was measured. */
  averageImprovement?: MeasuredImprovement;
  /** What makes the figures doubtful, and what failed. */
  warnings: string[];
}

/** What of the status outlives the process. */
export interface LearningHistory {
  cyclesCompleted: number;
  /** Absent in histories of releases that did not count them. */
  cyclesFailed?: number;
  /** Starts of the last day's cycles. */
  recentStarts: string[];
  lastCycle?: CycleReport;
  components: Record<string, ComponentStatus>;
  points: Record<string, LearnedPoint>;
}

/** Whether a stored value can be a history. */
export function isHistory(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { cyclesCompleted, recentStarts, lastCycle, components, points } = value;
  return (
    typeof cyclesCompleted === "number" &&
    Array.isArray(recentStarts) &&
    (lastCycle === undefined || (isRecord(lastCycle) && Array.isArray(lastCycle.steps))) &&
    isBookOfRecords(components) &&
    isBookOfRecords(points)
  );
}

/** The history of a folder in which nothing was learned yet. */
export function emptyHistory(): LearningHistory {
  return { cyclesCompleted: 0, recentStarts: [], components: {}, points: {} };
}

/** The history after one more cycle. */
export function withCycle(history: LearningHistory, cycle: CycleReport, recentStarts: string[]): LearningHistory {
  const components = { ...history.components };
  for (const step of cycle.steps) {
    components[step.component] = {
      state: step.state,
      samples: step.samples,
      message: step.message,
      lastRunAt: cycle.startedAt,
      ...(step.state === "failed" ? { lastError: step.message } : { lastError: components[step.component]?.lastError }),
      ...(step.details && { details: step.details }),
      ...(step.warnings && { warnings: step.warnings }),
    };
  }
  return {
    ...history,
    cyclesCompleted: history.cyclesCompleted + (cycle.stopped || cycle.failed ? 0 : 1),
    cyclesFailed: (history.cyclesFailed ?? 0) + (cycle.failed ? 1 : 0),
    recentStarts,
    lastCycle: cycle,
    components,
  };
}
