// What the processes that are killed write.

/** A trace whose size differs from id to id. */
export const traceOf = (id, startedAt) => ({
  schemaVersion: 1,
  workflowId: id,
  segmentId: id,
  workflowType: "crash",
  tags: ["x".repeat(100 + (id.length % 7) * 200)],
  metadata: {},
  startedAt,
  durationMs: 1,
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
});
