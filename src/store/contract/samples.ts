import type { Decision, FeedbackRecord, TraceSegment } from "../../core/index.js";

/** A moment of the suite's calendar, `ms` after its start, ISO 8601. */
export const at = (ms: number): string => new Date(Date.UTC(2026, 0, 1) + ms).toISOString();

/** The trace of run `wN`, begun in second N. */
export function segment(n: number, change: Partial<TraceSegment> = {}): TraceSegment {
  return {
    schemaVersion: 1,
    workflowId: `w${n}`,
    segmentId: `s${n}`,
    workflowType: n % 2 ? "odd" : "even",
    tags: [],
    metadata: {},
    startedAt: at(n * 1000),
    durationMs: 5,
    status: "success",
    capture: "tap",
    resumed: false,
    keepProbability: 1,
    nodes: [],
    edges: [],
    modelCalls: [],
    toolCalls: [],
    interactions: [],
    gaps: [],
    ...change,
  };
}

/** A decision of run `wN`, made in second N. */
export function decision(n: number, change: Partial<Decision> = {}): Decision {
  return {
    schemaVersion: 1,
    decisionId: `d${n}`,
    workflowId: `w${n}`,
    decisionPoint: "triage",
    at: at(n * 1000),
    index: 0,
    context: { n },
    candidates: ["a", "b"],
    chosen: "a",
    source: "fallback",
    mode: "shadow",
    ...change,
  };
}

/** A judgement of run `wN` by person `uN`, given in second N. */
export function sampleFeedback(n: number, change: Partial<FeedbackRecord> = {}): FeedbackRecord {
  return {
    schemaVersion: 1,
    feedbackId: `f${n}`,
    workflowId: `w${n}`,
    userId: `u${n}`,
    source: "human",
    at: at(n * 1000),
    thumbs: "up",
    ...change,
  };
}
