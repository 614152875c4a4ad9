import { RunnableLambda } from "@langchain/core/runnables";
import * as lib from "@langchain/langgraph";
import { CollectiveLearningLoop } from "langgraph-collective-learning";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { joinSegments } from "../../src/dataset/index.js";
import { importLangSmithTraces, type LangSmithClient, type LangSmithRun } from "../../src/integrations/langsmith.js";
import { createMemoryStore } from "../../src/store/index.js";
import { say, stateOf } from "../tracing/battery/case.js";
import { brief, tracing } from "../tracing/support.js";
import { LangSmithServer } from "./langsmith-server.js";
import { clientOf, graph, recordedRuns } from "./langsmith-support.js";

let server: LangSmithServer;
let client: LangSmithClient;

beforeEach(async () => {
  server = new LangSmithServer();
  client = clientOf(await server.open());
});
afterEach(() => server.close());

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

  it.each([{ cache_read: 60, cache_creation: 40 }, { raw: { cache_read: 60, cache_creation: 40 } }])(
    "bring tokens (of a cache: %j), cost by the prices given, and the time to the first token",
    async (details) => {
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
        prompt_token_details: details,
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
    },
  );

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
