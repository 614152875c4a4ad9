import { tool } from "@langchain/core/tools";
import * as lib from "@langchain/langgraph";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { expect, it } from "vitest";
import { z } from "zod";
import { joinSegments } from "../../src/dataset/index.js";
import { exportTrace } from "../../src/integrations/opentelemetry/index.js";
import { at, segment } from "../store/facts.js";
import { stateOf } from "../tracing/battery/case.js";
import { tracing } from "../tracing/support.js";

it("a trace becomes spans with the conventions for generative AI, at its own times", () => {
  const memory = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(memory)] });
  const node = { path: [] as string[], step: 1, taskId: "t", attempt: 1, status: "success" as const };
  const trace = joinSegments([
    segment(0, {
      threadId: "th",
      durationMs: 500,
      nodes: [
        { ...node, name: "sub", startedAt: at(10), durationMs: 300 },
        { ...node, name: "agent", path: ["sub"], startedAt: at(20), durationMs: 200 },
        {
          ...node,
          name: "bad",
          step: 2,
          startedAt: at(320),
          durationMs: 50,
          status: "error",
          error: { name: "TypeError", message: "no" },
        },
      ],
      modelCalls: [
        {
          node: "agent",
          path: ["sub"],
          provider: "google_genai",
          timeToFirstTokenMs: 40,
          model: "gpt-4o",
          startedAt: at(30),
          durationMs: 100,
          tokensIn: 10,
          tokensOut: 5,
          tokensCached: 2,
        },
      ],
      toolCalls: [
        {
          node: "agent",
          path: ["sub"],
          name: "search",
          startedAt: at(140),
          durationMs: 20,
          error: { name: "Error", message: "down" },
        },
      ],
    }),
  ]);
  exportTrace(trace as never, provider.getTracer("test"));
  const spans = new Map(memory.getFinishedSpans().map((s) => [s.name, s]));
  const parentOf = (name: string) =>
    [...spans.values()].find((s) => s.spanContext().spanId === spans.get(name)?.parentSpanContext?.spanId)?.name;
  expect([...spans.keys()].sort()).toEqual([
    "chat gpt-4o",
    "execute_tool search",
    "invoke_agent sub",
    "invoke_workflow even",
    "node agent",
    "node bad",
  ]);
  expect(["invoke_agent sub", "node agent", "chat gpt-4o", "execute_tool search", "node bad"].map(parentOf)).toEqual([
    "invoke_workflow even",
    "invoke_agent sub",
    "node agent",
    "node agent",
    "invoke_workflow even",
  ]);
  expect(spans.get("chat gpt-4o")?.attributes).toMatchObject({
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "gcp.gemini",
    "gen_ai.response.time_to_first_chunk": 0.04,
    "gen_ai.usage.cache_read.input_tokens": 2,
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 10,
    "gen_ai.usage.output_tokens": 5,
  });
  expect(spans.get("node bad")?.status).toEqual({ code: 2, message: "no" });
  expect(spans.get("node bad")?.attributes["error.type"]).toBe("TypeError");
  const root = spans.get("invoke_workflow even");
  expect(root?.attributes).toMatchObject({
    "gen_ai.operation.name": "invoke_workflow",
    "gen_ai.workflow.name": "even",
  });
  expect(root?.attributes).toMatchObject({ "gen_ai.conversation.id": "th", "collective_learning.workflow_id": "w0" });
  const ms = (time: [number, number] | undefined) =>
    (time as [number, number])[0] * 1000 + (time as [number, number])[1] / 1e6;
  expect(ms(root?.endTime) - ms(root?.startTime)).toBe(500);
  expect(ms(spans.get("chat gpt-4o")?.startTime)).toBe(Date.parse(at(30)));
});

it.each(["tap", "callbacks"] as const)(
  "calls of a node that runs several times at once are told apart, by %s",
  async (capture) => {
    const { tracer, trace } = tracing({ capture });
    const ask = tool(async () => "yes", { name: "ask", schema: z.object({}) });
    let begun = 0;
    const graph = new lib.StateGraph(stateOf(lib))
      .addNode("w", async () => {
        begun += 1;
        while (begun < 3) await new Promise((resolve) => setImmediate(resolve));
        await ask.invoke({});
        return { log: ["w"] };
      })
      .addConditionalEdges(lib.START, () => [1, 2, 3].map((n) => new lib.Send("w", { n })), ["w"])
      .compile();
    await tracer.wrap(graph, { workflowType: "t" }).invoke({ n: 0 });
    const memory = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(memory)] });
    exportTrace(await trace(), provider.getTracer("test"));
    const spans = memory.getFinishedSpans();
    const callers = spans.filter((s) => s.name === "execute_tool ask").map((s) => s.parentSpanContext?.spanId);
    const nodes = spans.filter((s) => s.name === "node w").map((s) => s.spanContext().spanId);
    expect(callers.sort()).toEqual(nodes.sort());
  },
);

it.each(["tap", "callbacks"] as const)(
  "nodes of a subgraph that runs several times at once are under their own host, by %s",
  async (capture) => {
    const { tracer, trace } = tracing({ capture });
    let begun = 0;
    const inner = new lib.StateGraph(stateOf(lib))
      .addNode("x", async () => {
        begun += 1;
        while (begun < 3) await new Promise((resolve) => setImmediate(resolve));
        return { log: ["x"] };
      })
      .addEdge(lib.START, "x")
      .compile();
    const graph = new lib.StateGraph(stateOf(lib))
      .addNode("host", inner)
      .addConditionalEdges(lib.START, () => [1, 2, 3].map((n) => new lib.Send("host", { n, log: [] })), ["host"])
      .compile();
    await tracer.wrap(graph, { workflowType: "t" }).invoke({ n: 0 });
    const { nodes } = await trace();
    const tasks = (name: string, key: "taskId" | "hostTaskId") =>
      nodes.filter((n) => n.name === name).map((n) => n[key]);
    expect(tasks("x", "hostTaskId").sort()).toEqual(tasks("host", "taskId").sort());
    expect(tasks("host", "hostTaskId")).toEqual([undefined, undefined, undefined]);
    const memory = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(memory)] });
    exportTrace(await trace(), provider.getTracer("test"));
    const spans = memory.getFinishedSpans();
    const parents = spans.filter((s) => s.name === "node x").map((s) => s.parentSpanContext?.spanId);
    const hosts = spans.filter((s) => s.name === "node host").map((s) => s.spanContext().spanId);
    expect(parents.sort()).toEqual(hosts.sort());
  },
);
