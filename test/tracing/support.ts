import type { Trace, TraceSegment } from "../../src/core/index.js";
import { joinSegments } from "../../src/dataset/index.js";
import { createMemoryStore, type LearningStore } from "../../src/store/index.js";
import { type TracerOptions, WorkflowTracer } from "../../src/tracing/index.js";

/** A tracer over a store in memory, and what it has written. */
export function tracing(options: Partial<TracerOptions> = {}) {
  const store: LearningStore = options.store ?? createMemoryStore();
  const tracer = new WorkflowTracer({ buffer: { processHooks: false }, ...options, store });
  const segments = async (): Promise<TraceSegment[]> => {
    await tracer.flush();
    const all: TraceSegment[] = [];
    for await (const { facts } of store.read("trace")) all.push(...facts);
    return all;
  };
  const trace = async (workflowId?: string): Promise<Trace> => {
    const mine = (await segments()).filter((s) => workflowId === undefined || s.workflowId === workflowId);
    return joinSegments(mine) as Trace;
  };
  return { tracer, store, segments, trace };
}

/** A trace in short: `path/name:status` per node and `from>to:kind` per edge (`?` where not started, `~` where inferred). */
export function brief(trace: Trace) {
  const at = (path: readonly string[], name: string) => [...path, name].join("/");
  return {
    status: trace.status,
    nodes: trace.nodes
      .map((n) => `${n.step} ${at(n.path, n.name)}${n.attempt > 1 ? `#${n.attempt}` : ""}:${n.status}`)
      .sort(),
    edges: trace.edges
      .map((e) => `${e.step} ${at(e.path, e.from)}>${e.to}:${e.kind}${e.started ? "" : "?"}${e.inferred ? "~" : ""}`)
      .sort(),
  };
}

/** What changes from run to run whatever one does: ids, times, and our own handler in the config. */
const stable = (value: unknown) =>
  JSON.stringify(value)
    ?.replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "ID")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replace(/"timestamp":\d+/g, '"timestamp":0');

/** A stream's chunks as texts, without what differs between any two runs. */
export async function collect(stream: AsyncIterable<unknown>): Promise<string[]> {
  const chunks: string[] = [];
  for await (const chunk of stream) chunks.push(stable(chunk) ?? "undefined");
  return chunks;
}
