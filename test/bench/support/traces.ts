import type { TraceSegment } from "../../../src/core/index.js";

/** How many types of runs there are. */
export const TYPES = 8;

/** Traces of 10 nodes, as the tracer makes them of a small graph without state. */
export function traceOf(n: number, time: number): TraceSegment {
  const startedAt = new Date(time).toISOString();
  const names = ["triage", "search", "read", "draft", "check", "fix", "check", "send", "log", "close"];
  return {
    schemaVersion: 1,
    workflowId: `workflow-${n.toString(16).padStart(12, "0")}`,
    segmentId: `segment-${n.toString(16).padStart(12, "0")}`,
    workflowType: `type-${n % TYPES}`,
    threadId: `thread-${n % 5000}`,
    tags: [],
    metadata: {},
    startedAt,
    durationMs: 1234.5,
    status: n % 17 === 0 ? "error" : "success",
    capture: "tap",
    resumed: false,
    keepProbability: 1,
    // Written out: objects that are spread and then added to are slow to read, and the tracer makes none.
    nodes: names.map((name, step) => ({
      name,
      path: [],
      step: step + 1,
      taskId: `task-${n}-${step}`,
      attempt: 1,
      startedAt,
      durationMs: 12.3,
      status: "success",
    })),
    edges: names
      .slice(1)
      .map((to, i) => ({ from: names[i]!, to, kind: "static", path: [], step: i + 1, started: true })),
    modelCalls: [],
    toolCalls: [],
    interactions: [],
    gaps: [],
  };
}
