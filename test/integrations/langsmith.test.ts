import { RunnableLambda } from "@langchain/core/runnables";
import { LangChainTracer } from "@langchain/core/tracers/tracer_langchain";
import * as lib from "@langchain/langgraph";
import { CollectiveLearningLoop } from "langgraph-collective-learning";
import { Client } from "langsmith";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { currentFeedback, ManualClock } from "../../src/core/index.js";
import { joinSegments } from "../../src/dataset/index.js";
import {
  importLangSmithTraces,
  type LangSmithClient,
  type LangSmithRun,
  readLangSmithFeedback,
  writeLangSmithFeedback,
} from "../../src/integrations/langsmith.js";
import { segmentOfRuns, utcTime } from "../../src/integrations/langsmith-runs.js";
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
    trace_id: lineage(run.id as string)[0] ?? run.id,
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
    root.end_time = at(60);
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

  const NOW = Date.UTC(2026, 0, 10);
  const read = (entries: object[], more: object = {}) => {
    server.feedback = entries.map((e, i) => ({
      id: String(i + 1),
      run_id: runId,
      created_at: "2026-01-02T03:04:05Z",
      feedback_source: { type: "api" },
      ...e,
    })) as typeof server.feedback;
    return readLangSmithFeedback({ client, runs: new Map([[runId, "w1"]]), clock: new ManualClock(NOW), ...more });
  };

  it("is read back by the meanings given, ours left out", async () => {
    const ann = { type: "app", user_id: "ann" };
    const { records, skipped, reasons } = await read(
      [
        { key: "quality", score: 0.75, feedback_source: ann },
        { key: "ok", score: true, comment: "fine", feedback_source: { type: "model" } },
        { key: "outcome", score: 1, feedback_source: ann },
        { key: "stars", score: 4, feedback_source: ann },
        { key: "hallucination", score: 1, feedback_source: { type: "auto_eval" } },
        { key: "label", score: null, value: "incorrect" },
        { key: "cat", score: 10 },
        { key: "mine", score: 1, feedback_source: { metadata: { origin: "langgraph-collective-learning" } } },
      ],
      {
        scores: {
          quality: { as: "rating" },
          outcome: { as: "outcome" },
          stars: { as: "rating", name: "satisfaction", scale: [1, 5] },
          hallucination: { as: "rating", name: "truth", scale: [1, 0], evaluator: "checker" },
          label: { as: "thumb", values: { correct: 1, incorrect: 0 } },
          cat: { as: "cat", scale: [1, 10] },
        },
      },
    );
    expect([skipped, reasons]).toEqual([1, {}]);
    expect(records).toMatchObject([
      { feedbackId: "langsmith-1", workflowId: "w1", userId: "ann", source: "human", ratings: { quality: 0.75 } },
      { source: "evaluator", userId: "evaluator:ok", thumbs: "up", comment: "fine" },
      { outcome: 1 },
      { ratings: { satisfaction: 0.75 } },
      { source: "evaluator", userId: "evaluator:checker", ratings: { truth: 0 } },
      { userId: "langsmith:6", thumbs: "down" },
      { cat: { score: 10, dimensions: {} } },
    ]);
    server.failures = [403];
    await expect(read([])).rejects.toMatchObject({ code: "INTEGRATION_FAILED" });
  });

  it("guesses nothing: what has no meaning, scale or time is counted by its reason, and its comment kept", async () => {
    const { records, reasons, skipped } = await read(
      [
        { key: "user_score", score: 1 },
        { key: "user_score", score: 0, comment: "bad" },
        { key: "stars", score: 7 },
        { key: "__proto__", score: 0.5 },
        { key: "note", score: "0.7" },
        { key: "label", value: "incorrect" },
        { key: "x", score: 0.9, created_at: undefined },
        { key: "y", score: 0.9, created_at: "2031-01-01T00:00:00" },
      ],
      { scores: { stars: { as: "rating", scale: [1, 5] }, x: { as: "rating" } } },
    );
    expect(records).toMatchObject([{ feedbackId: "langsmith-2", comment: "bad", userId: "langsmith:2" }]);
    expect(records[0]).not.toHaveProperty("ratings");
    expect(skipped).toBe(7);
    expect(reasons).toEqual({
      'no meaning was given for "user_score"': 2,
      'a score off its scale under "stars"': 1,
      'no meaning was given for "__proto__"': 1,
      'no number under "note"': 1,
      'a value without a score under "label"': 1,
      "no readable time": 1,
      "a time in the future": 1,
    });
  });

  it("of two people behind one server key stays two people's", async () => {
    const { records } = await read(
      [
        { key: "score", score: 1 },
        { key: "score", score: 0 },
      ],
      { scores: { score: { as: "rating" } } },
    );
    expect(currentFeedback(records).map((r) => r.ratings)).toEqual([{ score: 1 }, { score: 0 }]);
    const named = await read([{ key: "score", score: 1 }], { scores: { score: { as: "rating" } }, userOf: () => "bo" });
    expect(named.records[0]?.userId).toBe("bo");
  });
});

describe("an import into a loop", () => {
  it("brings traces with their judgements, once, and they can be learned from", async () => {
    server.runs = await recordedRuns();
    const root = server.runs.find((r) => r.parent_run_ids?.length === 0)?.id as string;
    const at = new Date(Date.now() - 1000).toISOString();
    server.feedback = [
      { id: "1", run_id: root, key: "stars", score: 5, comment: "good", created_at: at },
      { id: "2", run_id: root, key: "other", score: 1, created_at: at },
    ];
    const store = createMemoryStore();
    const loop = await CollectiveLearningLoop.open({ store });
    const options = {
      client,
      projectId: "p",
      workflowType: "t",
      scores: { stars: { as: "rating", scale: [1, 5] } },
    } as const;
    expect(await loop.importLangSmith(options)).toEqual({
      traces: { imported: 1, known: 0, skipped: 0 },
      feedback: { imported: 1, known: 0, skipped: 1, reasons: { 'no meaning was given for "other"': 1 } },
    });
    expect(await loop.importLangSmith(options)).toMatchObject({
      traces: { known: 1 },
      feedback: { imported: 0, known: 1 },
    });
    expect((await loop.feedback.getFeedback(root)).current.map((f) => [f.ratings, f.comment])).toEqual([
      [{ stars: 1 }, "good"],
    ]);
    expect((await loop.getTrace(root))?.nodes.length).toBeGreaterThan(0);
    await loop.close();
  });
});

describe("runs of LangSmith's within one millisecond", () => {
  const us = (n: number) => `2026-01-01T10:00:00.${String(n).padStart(6, "0")}`;
  const node = (
    id: string,
    name: string,
    step: number,
    from: string,
    to: string,
    parents = ["root"],
  ): LangSmithRun => ({
    id,
    name,
    run_type: "chain",
    start_time: from,
    end_time: to,
    parent_run_ids: parents,
    trace_id: "root",
    tags: [`graph:step:${step}`],
    metadata: {
      langgraph_node: name,
      langgraph_step: step,
      langgraph_triggers: [step === 1 ? "__start__" : `branch:to:${name}`],
      langgraph_path: ["__pregel_pull", name],
      langgraph_checkpoint_ns: `${name}:${id}`,
    },
  });
  const root = (more: Partial<LangSmithRun> = {}): LangSmithRun => ({
    id: "root",
    name: "LangGraph",
    run_type: "chain",
    start_time: us(0),
    end_time: us(5000),
    parent_run_ids: [],
    trace_id: "root",
    tags: [],
    metadata: {},
    ...more,
  });
  const inEveryOrder = (runs: LangSmithRun[]) => [runs, [...runs].reverse(), [...runs.slice(1), ...runs.slice(0, 1)]];
  const told = (runs: readonly LangSmithRun[]) => {
    const segment = segmentOfRuns(runs, "w");
    return [segment?.nodes.map((n) => n.name), segment?.edges.map((e) => `${e.from}>${e.to}`)];
  };
  const whole = [
    ["check", "route", "answer"],
    ["check>route", "route>answer"],
  ];

  it("keep their microseconds and their order, however they are listed", () => {
    const runs = [
      root(),
      node("n1", "check", 1, us(100), us(250)),
      node("n2", "route", 2, us(300), us(450)),
      node("n3", "answer", 3, us(500), us(4000)),
    ];
    for (const listed of inEveryOrder(runs)) expect(told(listed)).toEqual(whole);
    expect(segmentOfRuns(runs, "w")?.nodes[0]?.durationMs).toBeCloseTo(0.15, 6);
  });

  it("go by their steps where the clock contradicts them, or says nothing", () => {
    const at = "2026-01-01T10:00:00.001";
    const same = ["check", "route", "answer"].map((name, i) => node(`n${i}`, name, i + 1, at, at));
    for (const listed of inEveryOrder([root(), ...same])) expect(told(listed)).toEqual(whole);
    const skewed = [
      root(),
      node("n1", "check", 1, us(300), us(900)),
      node("n2", "route", 2, us(100), us(200)),
      node("n3", "answer", 3, us(50), us(60)),
    ];
    for (const listed of inEveryOrder(skewed)) expect(told(listed)).toEqual(whole);
  });

  it("stay under their node where a parent is missing, and one unreadable time costs one run", () => {
    const model: LangSmithRun = {
      id: "m",
      name: "chat",
      run_type: "llm",
      start_time: us(150),
      end_time: us(200),
      parent_run_ids: ["root", "n1", "gone"],
      trace_id: "root",
    };
    const unreadable = { ...model, id: "bad", start_time: "yesterday" };
    const runs = [root(), node("n1", "check", 1, us(100), us(250)), model, unreadable];
    const segment = segmentOfRuns(runs, "w");
    expect(segment?.modelCalls).toMatchObject([{ node: "check" }]);
    expect(segment?.nodes.map((n) => n.name)).toEqual(["check"]);
  });
});
