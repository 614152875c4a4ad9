import type { Decision, FactKind, FactTypes, FeedbackRecord, TraceSegment } from "../../src/core/index.js";

/** A valid decision with the given fields changed. */
export function aDecision(change: Partial<Decision>): Decision {
  return {
    schemaVersion: 1,
    decisionId: "d",
    workflowId: "w",
    decisionPoint: "triage",
    at: "2026-01-01T00:00:00.000Z",
    index: 0,
    context: { topic: "invoice" },
    candidates: ["x", "y"],
    chosen: "x",
    propensity: 0.95,
    fallbackChoice: "x",
    source: "fallback",
    mode: "shadow",
    ...change,
  };
}

/** A valid feedback fact with the given fields changed. */
export function aFeedback(change: Partial<FeedbackRecord>): FeedbackRecord {
  return {
    schemaVersion: 1,
    feedbackId: "f",
    workflowId: "w",
    userId: "alice",
    source: "human",
    at: "2026-01-01T00:00:00.000Z",
    outcome: 1,
    ...change,
  };
}

/** A valid trace segment of one node with the given fields changed. */
export function aTrace(change: Partial<TraceSegment>): TraceSegment {
  const at = "2026-01-01T00:00:00.000Z";
  return {
    schemaVersion: 1,
    workflowId: "w",
    segmentId: "s",
    workflowType: "support",
    tags: [],
    metadata: {},
    startedAt: at,
    durationMs: 3,
    status: "success",
    capture: "tap",
    resumed: false,
    keepProbability: 1,
    nodes: [{ name: "a", path: [], step: 1, taskId: "t", attempt: 1, startedAt: at, durationMs: 2, status: "success" }],
    edges: [],
    modelCalls: [],
    toolCalls: [],
    interactions: [],
    gaps: [],
    ...change,
  };
}

/** Facts as they are sent to the learning thread. */
export function asTexts(facts: Partial<{ [K in FactKind]: readonly FactTypes[K][] }>) {
  return Object.fromEntries(
    Object.entries(facts).map(([kind, own]) => [kind, own.map((fact) => JSON.stringify(fact))]),
  ) as Partial<Record<FactKind, string[]>>;
}
