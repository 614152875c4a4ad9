import { RunnableLambda } from "@langchain/core/runnables";
import { LangChainTracer } from "@langchain/core/tracers/tracer_langchain";
import * as lib from "@langchain/langgraph";
import { Client } from "langsmith";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { joinSegments } from "../../src/dataset/index.js";
import {
  importLangSmithTraces,
  type LangSmithClient,
  type LangSmithRun,
  readLangSmithFeedback,
  writeLangSmithFeedback,
} from "../../src/integrations/langsmith.js";
import { utcTime } from "../../src/integrations/langsmith-runs.js";
import { createMemoryStore } from "../../src/store/index.js";
import { feedback } from "../store/facts.js";
import { say, stateOf } from "../tracing/battery/case.js";
import { brief, tracing } from "../tracing/support.js";
import { LangSmithServer } from "./langsmith-server.js";

let server: LangSmithServer;
let client: LangSmithClient;

beforeEach(async () => {
  server = new LangSmithServer();
  const apiUrl = await server.open();
  client = new Client({
    apiUrl,
    apiKey: "test",
    autoBatchTracing: false,
    callerOptions: { maxRetries: 2 },
  }) as unknown as LangSmithClient;
});
afterEach(() => server.close());

function graph() {
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
async function recordedRuns(
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
    trace_id: (lineage(run.id as string)[0] ?? run.id) as string,
    tags: run.tags as string[],
    metadata: (run.extra as { metadata?: Record<string, unknown> })?.metadata ?? {},
    outputs: run.outputs,
    error: (run.error as string | undefined) ?? null,
  }));
}

describe("traces from LangSmith", () => {
  it("come in as our own would have, once, over pages and a rate limit", async () => {
    const { tracer, trace } = tracing({ capture: "callbacks" });
    await tracer.wrap(graph(), { workflowType: "t" }).invoke({ n: 0 });
    server.runs = await recordedRuns();
    server.failures = [429];
    const store = createMemoryStore();
    const options = { client, store, projectId: "p", workflowType: "t", graph: graph() };
    expect(await importLangSmithTraces(options)).toEqual({ imported: 1, known: 0, skipped: 0 });
    const segments = [];
    for await (const { facts } of store.read("trace")) segments.push(...facts);
    const root = server.runs.find((r) => r.parent_run_ids?.length === 0);
    expect(segments[0]).toMatchObject({ workflowId: root?.id, runId: root?.id, segmentId: root?.id });
    const imported = brief(joinSegments(segments) as never);
    const own = brief(await trace());
    expect(imported.nodes).toEqual(own.nodes);
    expect(imported.status).toBe("success");
    expect(imported.edges.map((e) => e.replace("~", ""))).toEqual(own.edges);
    expect(await importLangSmithTraces(options)).toEqual({ imported: 0, known: 1, skipped: 0 });
    expect(server.requests.filter((r) => r === "POST /api/v2/runs/query").length).toBeGreaterThan(2);
  });

  it("of one run that was interrupted and resumed become one", async () => {
    const asking = new lib.StateGraph(stateOf(lib))
      .addNode("a", say("a"))
      .addNode("ask", () => ({ log: [String(lib.interrupt("?"))] }))
      .addEdge(lib.START, "a")
      .addEdge("a", "ask")
      .addEdge("ask", lib.END)
      .compile({ checkpointer: new lib.MemorySaver() });
    server.runs = await recordedRuns(async (config) => {
      const on = (thread_id: string) => ({ ...config, configurable: { thread_id } });
      await asking.invoke({ n: 0 }, on("resumed"));
      await asking.invoke({ n: 0 }, on("left"));
      await asking.invoke(new lib.Command({ resume: "yes" }), on("resumed"));
      await asking.invoke({ n: 0 }, on("left"));
    });
    // However LangSmith orders them.
    server.runs.reverse();
    const store = createMemoryStore();
    const options = { client, store, projectId: "p", workflowType: "t", graph: asking };
    expect(await importLangSmithTraces(options)).toEqual({ imported: 4, known: 0, skipped: 0 });
    expect(await importLangSmithTraces(options)).toEqual({ imported: 0, known: 4, skipped: 0 });
    const told = async (threadId: string) => {
      const segments = [];
      for await (const { facts } of store.read("trace", { threadId })) segments.push(...facts);
      const runs = [...new Set(segments.map((s) => s.workflowId))];
      expect(runs[0]).toBe(segments[0]?.runId);
      return segments.map((s) => [runs.indexOf(s.workflowId), s.status, s.resumed]);
    };
    expect(await told("resumed")).toEqual([
      [0, "interrupted", false],
      [0, "success", true],
    ]);
    expect(await told("left")).toEqual([
      [0, "interrupted", false],
      [1, "interrupted", false],
    ]);
  });

  it("of runs that begin anew after a failure resume nothing, in whatever they ran", async () => {
    const failing = () => {
      throw new Error("no");
    };
    const steps = new lib.StateGraph(stateOf(lib)).addNode("a", failing).addEdge(lib.START, "a");
    const inner = steps.compile({ checkpointer: new lib.MemorySaver() });
    const chain = RunnableLambda.from((input: { n: number }, config) => inner.invoke(input, config));
    const functional = lib.entrypoint({ name: "f", checkpointer: new lib.MemorySaver() }, async () => failing());
    server.runs = await recordedRuns(async (config) => {
      for (const [thread_id, runnable] of Object.entries({ chain, functional }))
        for (const n of [1, 2])
          await expect(runnable.invoke({ n }, { ...config, configurable: { thread_id } })).rejects.toThrow("no");
      await expect(functional.invoke(null, { ...config, configurable: { thread_id: "functional" } })).rejects.toThrow();
    });
    const store = createMemoryStore();
    await importLangSmithTraces({ client, store, projectId: "p", workflowType: "t" });
    const resumed = async (threadId: string) => {
      const told: boolean[] = [];
      for await (const { facts } of store.read("trace", { threadId })) told.push(...facts.map((s) => s.resumed));
      return told;
    };
    expect(await resumed("chain")).toEqual([false, false]);
    expect(await resumed("functional")).toEqual([false, false, true]);
  });

  it("bring tokens, cost by the prices given, and the time to the first token", async () => {
    server.runs = await recordedRuns();
    const node = server.runs.find((r) => r.name === "a") as LangSmithRun;
    const start = Date.parse(node.start_time as string);
    server.runs.push({
      id: "model",
      name: "chat",
      run_type: "llm",
      start_time: new Date(start).toISOString(),
      first_token_time: new Date(start + 40).toISOString(),
      end_time: new Date(start + 100).toISOString(),
      parent_run_ids: [...(node.parent_run_ids ?? []), node.id as string],
      trace_id: node.trace_id,
      metadata: { ls_model_name: "mine", ls_provider: "acme" },
      prompt_tokens: 100,
      completion_tokens: 10,
      prompt_token_details: { cache_read: 60, cache_creation: 40 },
    });
    const store = createMemoryStore();
    const prices = { mine: { input: 10, output: 100, cachedInput: 1, cacheWrite: 20 } };
    await importLangSmithTraces({ client, store, projectId: "p", workflowType: "t", graph: graph(), prices });
    for await (const { facts } of store.read("trace"))
      expect(facts[0]?.modelCalls).toMatchObject([
        {
          model: "mine",
          provider: "acme",
          tokensIn: 100,
          tokensOut: 10,
          tokensCached: 60,
          timeToFirstTokenMs: 40,
          durationMs: 100,
          costUsd: (60 * 1 + 40 * 20 + 10 * 100) / 1e6,
        },
      ]);
  });

  it("come in whole: not before they are over, and not cut at the times asked for", async () => {
    const before = await recordedRuns();
    const runs = await recordedRuns();
    const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
    // One run after the other starts, a second apart, and ends after what it holds.
    const spread = (trace: LangSmithRun[], from: number) => {
      for (const [i, run] of trace.entries()) {
        const last = trace.findLastIndex((r) => r === run || r.parent_run_ids?.includes(run.id as string));
        Object.assign(run, { start_time: at(from + i), end_time: at(from + last + 0.5) });
      }
    };
    spread(before, -1);
    spread(runs, 0);
    server.runs = [...runs, ...before];
    const [root] = runs.filter((run) => run.id === run.trace_id);
    const store = createMemoryStore();
    const options = { client, store, projectId: "p", workflowType: "t", graph: graph(), from: at(0), to: at(3) };
    delete root?.end_time;
    expect(await importLangSmithTraces(options)).toEqual({ imported: 0, known: 0, skipped: 2 });
    (root as LangSmithRun).end_time = at(60);
    expect(await importLangSmithTraces(options)).toEqual({ imported: 1, known: 0, skipped: 1 });
    const segments = [];
    for await (const { facts } of store.read("trace")) segments.push(...facts);
    expect(segments).toMatchObject([{ workflowId: root?.id, status: "success" }]);
    expect(brief(joinSegments(segments) as never).nodes).toEqual(["1 a:success", "1 sub/x:success", "2 sub:success"]);
  });

  it("are skipped when they hold no graph, and fail with a code when LangSmith refuses", async () => {
    server.runs = [{ id: "1", name: "x", run_type: "chain", start_time: "2026-01-01T00:00:00Z", trace_id: "1" }];
    const options = { client, store: createMemoryStore(), projectId: "p", workflowType: "t" };
    expect(await importLangSmithTraces(options)).toEqual({ imported: 0, known: 0, skipped: 1 });
    server.failures = [403];
    await expect(importLangSmithTraces(options)).rejects.toMatchObject({ code: "INTEGRATION_FAILED" });
  });
});

it("times of LangSmith's are UTC, also where they do not say so and the machine is elsewhere", () => {
  const { TZ } = process.env;
  process.env.TZ = "America/New_York";
  try {
    for (const text of ["2026-01-02T03:04:05.250000", "2026-01-02T03:04:05.25Z", "2026-01-01T22:04:05.25-05:00"])
      expect(utcTime(text)).toBe(Date.UTC(2026, 0, 2, 3, 4, 5, 250));
  } finally {
    if (TZ === undefined) delete process.env.TZ;
    else process.env.TZ = TZ;
  }
});

describe("feedback to and from LangSmith", () => {
  const runId = "0f0e0d0c-0b0a-4908-8706-050403020100";

  it("is written once per score, and again without doubling", async () => {
    const record = feedback(1, {
      workflowId: runId,
      cat: { score: 9, dimensions: { novelty: 7 } },
      ratings: { clarity: 0.5 },
      comment: "good",
    });
    const other = feedback(2, { workflowId: "no-uuid" });
    for (let i = 0; i < 2; i++)
      expect(await writeLangSmithFeedback([record, other], { client, projectId: runId })).toEqual({
        written: 1,
        skipped: 1,
      });
    expect(server.feedback.map((f) => [f.key, f.score, f.comment]).sort()).toEqual([
      ["cat", 9, "good"],
      ["cat_novelty", 7, undefined],
      ["clarity", 0.5, undefined],
      ["thumbs", 1, undefined],
    ]);
  });

  it("is read back as records, ours left out", async () => {
    const source = { type: "app", user_id: "ann" };
    server.feedback = [
      {
        id: "1",
        run_id: runId,
        key: "quality",
        score: 0.75,
        created_at: "2026-01-02T03:04:05Z",
        feedback_source: source,
      },
      { id: "2", run_id: runId, key: "ok", score: true, comment: "fine", feedback_source: { type: "model" } },
      { id: "3", run_id: runId, key: "outcome", score: 1, feedback_source: source },
      { id: "6", run_id: runId, key: "tone", score: 0.5, feedback_source: { type: "auto_eval" } },
      { id: "4", run_id: runId, key: "stars", score: 5, feedback_source: source },
      {
        id: "5",
        run_id: runId,
        key: "mine",
        score: 1,
        feedback_source: { metadata: { origin: "langgraph-collective-learning" } },
      },
    ];
    const { records, skipped } = await readLangSmithFeedback({ client, runs: new Map([[runId, "w1"]]) });
    expect(skipped).toBe(2);
    expect(records).toMatchObject([
      { feedbackId: "langsmith-1", workflowId: "w1", userId: "ann", source: "human", ratings: { quality: 0.75 } },
      { feedbackId: "langsmith-2", source: "evaluator", thumbs: "up", comment: "fine" },
      { feedbackId: "langsmith-3", outcome: 1 },
      { feedbackId: "langsmith-6", source: "evaluator", ratings: { tone: 0.5 } },
    ]);
    server.failures = [403];
    const failing = readLangSmithFeedback({ client, runs: new Map([[runId, "w1"]]) });
    await expect(failing).rejects.toMatchObject({ code: "INTEGRATION_FAILED" });
  });
});
