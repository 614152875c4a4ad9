import { LangChainTracer } from "@langchain/core/tracers/tracer_langchain";
import * as lib from "@langchain/langgraph";
import { Client } from "langsmith";
import type { LangSmithClient, LangSmithRun } from "../../src/integrations/langsmith.js";
import { say, stateOf } from "../tracing/battery/case.js";

/** LangSmith's own client for a server of ours. */
export const clientOf = (apiUrl: string) =>
  new Client({
    apiUrl,
    apiKey: "test",
    autoBatchTracing: false,
    callerOptions: { maxRetries: 2 },
  }) as unknown as LangSmithClient;

/** A graph with a conditional edge and a subgraph. */
export function graph() {
  const sub = new lib.StateGraph(stateOf(lib)).addNode("x", say("x")).addEdge(lib.START, "x").compile();
  return new lib.StateGraph(stateOf(lib))
    .addNode("a", say("a"))
    .addNode("sub", sub)
    .addEdge(lib.START, "a")
    .addConditionalEdges("a", () => "sub", ["sub", lib.END])
    .addEdge("sub", lib.END)
    .compile();
}

/** Runs a graph under LangSmith's own tracer and gives back the runs it would have sent. */
export async function recordedRuns(
  run: (config: { callbacks: LangChainTracer[] }) => Promise<unknown> = (config) => graph().invoke({ n: 0 }, config),
): Promise<LangSmithRun[]> {
  const sent = new Map<string, Record<string, unknown>>();
  const recorder = new LangChainTracer({
    client: {
      createRun: async (run: Record<string, unknown>) => void sent.set(run.id as string, { ...run }),
      updateRun: async (id: string, run: Record<string, unknown>) => void sent.set(id, { ...sent.get(id), ...run, id }),
    } as never,
    projectName: "test",
  });
  recorder.awaitHandlers = true;
  await run({ callbacks: [recorder] });
  const lineage = (id: string): string[] => {
    const parent = sent.get(id)?.parent_run_id as string | undefined;
    return parent === undefined ? [] : [...lineage(parent), parent];
  };
  const roots = [...sent.keys()].filter((id) => lineage(id).length === 0);
  // A second between traces, so that none begin at the same moment.
  const time = (at: unknown, id: string) =>
    new Date(+new Date(at as number | string) + 1000 * roots.indexOf(lineage(id)[0] ?? id)).toISOString();
  return [...sent.values()].map((run) => ({
    id: run.id as string,
    name: run.name as string,
    run_type: run.run_type as string,
    start_time: time(run.start_time, run.id as string),
    end_time: time(run.end_time, run.id as string),
    parent_run_ids: lineage(run.id as string),
    trace_id: lineage(run.id as string)[0] ?? run.id,
    tags: run.tags as string[],
    metadata: (run.extra as { metadata?: Record<string, unknown> })?.metadata ?? {},
    outputs: run.outputs,
    error: (run.error as string | undefined) ?? null,
  }));
}
