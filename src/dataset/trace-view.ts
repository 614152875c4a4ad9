import type { EdgeTaken, NodeExecution, Trace, TraceSegment } from "../core/index.js";

/**
 * Joins the segments of one run (in any order, repeats allowed) into its Trace: the first segment
 * says what the run is, the last how it ended, and what happened is put together in order. The
 * duration is the time spent running, waiting for people excluded. An edge whose destination began
 * only after the interruption counts as started.
 * @throws never; an empty list gives undefined
 */
export function joinSegments(segments: readonly TraceSegment[]): Trace | undefined {
  const unique = [...new Map(segments.map((s) => [s.segmentId, s])).values()];
  unique.sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt) || (a.resumed ? 1 : 0) - (b.resumed ? 1 : 0));
  const first = unique[0];
  const last = unique.at(-1);
  if (!first || !last) return undefined;
  const { schemaVersion: _v, segmentId: _s, resumed: _r, ...about } = first;
  // Nearly every run is one segment: its trace shares what the segment holds.
  if (unique.length === 1)
    return {
      ...about,
      segments: [first.segmentId],
      tags: [...new Set(first.tags)],
      gaps: [...new Set(first.gaps)],
    };
  const trace: Trace = {
    ...about,
    segments: unique.map((s) => s.segmentId),
    status: last.status,
    durationMs: unique.reduce((sum, s) => sum + s.durationMs, 0),
    // How a run ended decides whether it had to pass the draw: a failed end is kept for certain, whatever came before.
    keepProbability: last.keepProbability,
    tags: [...new Set(unique.flatMap((s) => s.tags))],
    metadata: Object.assign({}, ...unique.map((s) => s.metadata)),
    nodes: unique.flatMap((s) => s.nodes),
    edges: joinEdges(unique),
    modelCalls: unique.flatMap((s) => s.modelCalls),
    toolCalls: unique.flatMap((s) => s.toolCalls),
    interactions: unique.flatMap((s) => s.interactions),
    gaps: [...new Set(unique.flatMap((s) => s.gaps))],
  };
  if (last.error) trace.error = last.error;
  else delete trace.error;
  for (const field of ["threadId", "userId", "runId", "origin", "parent"] as const) {
    const known = unique.find((s) => s[field] !== undefined);
    if (known) Object.assign(trace, { [field]: known[field] });
  }
  return trace;
}

function joinEdges(segments: readonly TraceSegment[]): EdgeTaken[] {
  return segments.flatMap((segment, i) => {
    const later = segments.slice(i + 1).flatMap((s) => s.nodes);
    if (later.length === 0) return segment.edges;
    return segment.edges.map((edge) => (!edge.started && begunLater(edge, later) ? { ...edge, started: true } : edge));
  });
}

/** Whether a waiting edge's destination is among nodes of a later segment. Joins may wait more than one step. */
function begunLater(edge: EdgeTaken, nodes: readonly NodeExecution[]): boolean {
  return nodes.some(
    (n) =>
      n.name === edge.to &&
      n.path.length === edge.path.length &&
      n.path.every((part, k) => part === edge.path[k]) &&
      (edge.kind === "join" ? n.step > edge.step : n.step === edge.step + 1),
  );
}
