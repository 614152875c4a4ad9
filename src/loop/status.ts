import type { DecisionMode } from "../core/index.js";
import type { CycleReport, StepReport } from "./cycle/types.js";

/** How much better the graph became at one decision point, as measured. */
export interface MeasuredImprovement {
  /** Mean reward of what serves, less that of the fallback, per decision. */
  mean: number;
  lower: number;
  upper: number;
  /** Confidence level of the interval. */
  level: number;
  /** Decisions it rests on. */
  decisions: number;
  /** How it was measured, in a sentence. */
  method: string;
}

/** A decision point in the status. */
export interface PointStatus {
  decisionPoint: string;
  mode: DecisionMode | "auto";
  /** The version that serves; absent while the fallback does. */
  champion?: string;
  /** The promoted version, where it cannot be read: the fallback serves until another is proven. */
  unreadable?: { version: string; reason: string };
  pinned: boolean;
  /** Decisions, and those of them with a reward, that the last learning cycle found. */
  decisions: number;
  rated: number;
  /** What the gate last said, in a sentence. */
  verdict?: string;
  /** How many more rated decisions the gate thinks it needs; absent when it needs none, or cannot tell. */
  moreDecisionsNeeded?: number;
  improvement?: MeasuredImprovement;
  /** What makes the figures doubtful (overlap, little data, a reward without signal). */
  warnings?: string[];
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
  cyclesCompleted: number;
  lastCycle?: CycleReport;
  /** When the next cycle is due; absent while stopped. */
  nextCycleAt?: string;
  components: Record<string, ComponentStatus>;
  decisionPoints: PointStatus[];
  /** Mean of the points' improvements, weighted by their decisions; absent while nothing was measured. */
  averageImprovement?: MeasuredImprovement;
  /** What makes the figures doubtful, and what failed. */
  warnings: string[];
}

/** The part of a point's status that learning determines. */
export type LearnedPoint = Omit<PointStatus, "mode" | "champion" | "pinned" | "decisionPoint">;

/** What of the status outlives the process. */
export interface LearningHistory {
  cyclesCompleted: number;
  /** Starts of the last day's cycles. */
  recentStarts: string[];
  lastCycle?: CycleReport;
  components: Record<string, ComponentStatus>;
  points: Record<string, LearnedPoint>;
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
    cyclesCompleted: history.cyclesCompleted + (cycle.stopped ? 0 : 1),
    recentStarts,
    lastCycle: cycle,
    components,
  };
}

/** Independent measurements as one: weighted by decisions; the interval by error propagation. */
export function averageImprovement(parts: readonly MeasuredImprovement[]): MeasuredImprovement | undefined {
  const decisions = parts.reduce((n, p) => n + p.decisions, 0);
  if (parts.length <= 1 || decisions === 0) return parts[0];
  const over = (v: (p: MeasuredImprovement) => number) =>
    parts.reduce((s, p) => s + (v(p) * p.decisions) / decisions, 0);
  const mean = over((p) => p.mean);
  const half = (v: (p: MeasuredImprovement) => number) =>
    Math.sqrt(parts.reduce((s, p) => s + ((v(p) * p.decisions) / decisions) ** 2, 0));
  return {
    mean,
    lower: mean - half((p) => p.mean - p.lower),
    upper: mean + half((p) => p.upper - p.mean),
    level: Math.min(...parts.map((p) => p.level)),
    decisions,
    method: `decisions-weighted mean over ${parts.length} decision points, taken as independent; each: ${parts[0]?.method}`,
  };
}
