import type { Collected } from "./collector.js";

/** What became of one component, or of one decision point within routing, in a cycle. */
export interface StepReport {
  component: string;
  state: "idle" | "done" | "failed";
  samples: number;
  message: string;
  details?: Record<string, unknown>;
  /** What makes its figures doubtful. */
  warnings?: string[];
}

/** What one cycle did, as kept in the status. */
export interface CycleReport {
  cycle: number;
  startedAt: string;
  durationMs: number;
  /** Set when the cycle was stopped before its end. */
  stopped?: boolean;
  /** Set when the cycle failed as a whole: why. What serves is unchanged. */
  failed?: { code?: string; message: string };
  collected?: Collected;
  steps: StepReport[];
  /** Pieces of work that other learners over the store do, or did lately; absent where there were none. */
  elsewhere?: string[];
}
