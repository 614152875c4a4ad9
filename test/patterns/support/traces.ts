import { isoTime, type Trace, type TraceSegment } from "../../../src/core/index.js";

/** A plain successful trace of no nodes, with the given fields changed. */
export function aTrace(workflowId: string, change: Partial<Trace> = {}): Trace {
  return {
    workflowId,
    workflowType: "support",
    segments: [`${workflowId}-1`],
    tags: [],
    metadata: {},
    startedAt: "2026-01-01T00:00:00.000Z",
    durationMs: 1000,
    status: "success",
    capture: "tap",
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

/** A stored segment of a run through the named nodes, one second each. */
export function aSegment(
  workflowId: string,
  path: readonly string[],
  change: Partial<TraceSegment> = {},
): TraceSegment {
  const { segments, ...trace } = aTrace(workflowId);
  const start = Date.UTC(2026, 0, 1);
  return {
    ...trace,
    schemaVersion: 1,
    segmentId: segments[0],
    resumed: false,
    durationMs: path.length * 1000,
    nodes: path.map((name, i) => ({
      name,
      path: [],
      step: i + 1,
      taskId: `${workflowId}/${i}`,
      attempt: 1,
      startedAt: isoTime(start + i * 1000),
      durationMs: 1000,
      status: "success",
    })),
    ...change,
  };
}
