import type { Decision, FeedbackRecord, Trace, TraceSegment } from "../../src/core/index.js";
import { createMemoryStore, type FactQuery, type FactTypes, type LearningStore } from "../../src/store/index.js";

export const segment = (workflowId: string, more: Partial<TraceSegment> = {}): TraceSegment => ({
  schemaVersion: 1,
  workflowId,
  segmentId: `${workflowId}-0`,
  workflowType: "support",
  tags: [],
  metadata: {},
  startedAt: "2026-01-01T00:00:00.000Z",
  durationMs: 1000,
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
  ...more,
});

export const traceOf = (workflowId: string, more: Partial<TraceSegment> = {}): Trace => {
  const { schemaVersion: _, segmentId, resumed: __, ...rest } = segment(workflowId, more);
  return { ...rest, segments: [segmentId] };
};

export const decision = (workflowId: string, decisionId: string, more: Partial<Decision> = {}): Decision => ({
  schemaVersion: 1,
  decisionId,
  workflowId,
  decisionPoint: "triage",
  at: "2026-01-01T00:00:00.000Z",
  index: 0,
  context: {},
  candidates: ["a", "b"],
  chosen: "a",
  propensity: 0.5,
  source: "policy",
  mode: "act",
  ...more,
});

let made = 0;
export const judged = (workflowId: string, more: Partial<FeedbackRecord> = {}): FeedbackRecord => ({
  schemaVersion: 1,
  feedbackId: `f${made++}`,
  workflowId,
  userId: "alice",
  source: "human",
  at: "2026-01-02T00:00:00.000Z",
  ...more,
});

/** A store that only keeps facts in arrays, counts what it is asked, and can be made to fail or wait. */
export function countingStore(before: () => Promise<void> = async () => {}) {
  const facts: { [K in keyof FactTypes]: FactTypes[K][] } = { trace: [], decision: [], feedback: [] };
  const calls = { append: 0, factsRead: 0 };
  const store = {
    documents: createMemoryStore().documents,
    async append<K extends keyof FactTypes>(kind: K, items: readonly FactTypes[K][]) {
      calls.append++;
      await before();
      facts[kind].push(...structuredClone(items));
    },
    async *read<K extends keyof FactTypes>(kind: K, query: FactQuery = {}) {
      const from = query.after === undefined ? 0 : Number(query.after);
      const all = facts[kind];
      const found = all
        .slice(from)
        .filter((f) => query.workflowId === undefined || f.workflowId === query.workflowId)
        .filter((f) => query.userId === undefined || ("userId" in f && f.userId === query.userId))
        .slice(0, query.limit);
      calls.factsRead += found.length;
      yield { facts: structuredClone(found), cursor: String(all.length) };
    },
  };
  return { store: store as unknown as LearningStore, facts, calls };
}
