import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { AIMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import {
  Annotation,
  Command,
  END,
  entrypoint,
  interrupt,
  MemorySaver,
  START,
  StateGraph,
  task,
} from "@langchain/langgraph";
import { context, trace as otel, SpanKind } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { createAgent, fakeModel, HumanMessage } from "langchain";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { CollectiveLearningLoop, UserFeedback } from "../../src/index.js";
import { observeWithSpans } from "../../src/integrations/opentelemetry/index.js";
import { createMemoryStore } from "../../src/store/index.js";
import { tracing } from "../tracing/support.js";

const manager = new AsyncLocalStorageContextManager();
beforeAll(() => void context.setGlobalContextManager(manager.enable()));
afterAll(() => context.disable());

function telemetry() {
  const spans = new InMemorySpanExporter();
  const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).getTracer("test");
  const logs = new InMemoryLogRecordExporter();
  const logger = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: logs })] }).getLogger(
    "test",
  );
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
  const meter = new MeterProvider({ readers: [reader] }).getMeter("test");
  const finished = () => spans.getFinishedSpans();
  const named = (name: string) => {
    const found = finished().filter((s) => s.name === name);
    if (found.length !== 1) throw new Error(`${found.length} spans ${name} among ${finished().map((s) => s.name)}`);
    return found[0] as ReadableSpan;
  };
  const metrics = async () => {
    await reader.forceFlush();
    const last = exporter.getMetrics().at(-1);
    return last?.scopeMetrics.flatMap((s) => s.metrics) ?? [];
  };
  return { tracer, logger, meter, finished, named, events: () => logs.getFinishedLogRecords(), metrics };
}

/** `parent > child` by names, sorted; a root is alone. */
function tree(spans: readonly ReadableSpan[]): string[] {
  const byId = new Map(spans.map((s) => [s.spanContext().spanId, s.name]));
  return spans
    .map((s) => {
      const parent = s.parentSpanContext?.spanId;
      return parent === undefined ? s.name : `${byId.get(parent) ?? "LOST"} > ${s.name}`;
    })
    .sort();
}

const State = Annotation.Root({
  topic: Annotation<string>,
  log: Annotation<string[]>({ reducer: (a, b) => a.concat(b), default: () => [] }),
});

describe("spans while a run goes on", () => {
  it("are one tree: the server's request, the graph, its nodes, and what these ask of others", async () => {
    const { tracer, logger, finished, named, events } = telemetry();
    const store = createMemoryStore();
    const loop = await CollectiveLearningLoop.open({ store, opentelemetry: { tracer, logger } });
    /** What an instrumentation of `fetch` does. */
    const call = async (url: string) => {
      const span = tracer.startSpan(`GET ${new URL(url).pathname}`, { kind: SpanKind.CLIENT });
      try {
        return await context.with(otel.setSpan(context.active(), span), () => fetch(url).then((r) => r.text()));
      } finally {
        span.end();
      }
    };
    let base = "";
    const search = tool(async () => "found", { name: "search", schema: z.object({}) });
    const inner = new StateGraph(State)
      .addNode("read", async () => ({ log: [await call(`${base}/inner`)] }))
      .addEdge(START, "read")
      .compile();
    const graph = loop.wrap(
      new StateGraph(State)
        .addNode("triage", async () => ({ log: [await call(`${base}/triage`)] }))
        .addNode("billing", async () => {
          await search.invoke({});
          return { log: ["billing"] };
        })
        .addNode("tech", inner)
        .addEdge(START, "triage")
        .addConditionalEdges(
          "triage",
          loop.router({
            decisionPoint: "triage",
            destinations: ["billing", "tech"],
            context: (s: typeof State.State) => ({ topic: s.topic }),
            fallback: (s) => (s.topic === "invoice" ? "billing" : "tech"),
          }),
          ["billing", "tech"],
        )
        .compile(),
      { workflowType: "support" },
    );
    const server = createServer((request, response) => {
      if (request.url !== "/work") return void response.end("ok");
      const span = tracer.startSpan("POST /work", { kind: SpanKind.SERVER });
      context.with(otel.setSpan(context.active(), span), async () => {
        for (const topic of ["invoice", "crash"]) await graph.invoke({ topic }, { metadata: { workflowId: topic } });
        span.end();
        response.end("done");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await (await fetch(`${base}/work`, { method: "POST" })).text();

    expect(tree(finished())).toEqual(
      [
        "POST /work",
        "POST /work > invoke_workflow support",
        "POST /work > invoke_workflow support",
        "invoke_workflow support > node billing",
        "invoke_workflow support > node tech",
        "invoke_workflow support > node triage",
        "invoke_workflow support > node triage",
        "node billing > execute_tool search",
        "node read > GET /inner",
        "node tech > node read",
        "node triage > GET /triage",
        "node triage > GET /triage",
      ].sort(),
    );
    expect(new Set(finished().map((s) => s.spanContext().traceId)).size).toBe(1);

    const decisions = finished()
      .filter((s) => s.name === "node triage")
      .flatMap((s) => s.events);
    expect(decisions.map((e) => [e.name, e.attributes])).toEqual(
      (["billing", "tech"] as const).map((destination) => [
        "collective_learning.decision",
        {
          "collective_learning.decision.id": expect.any(String),
          "collective_learning.decision.point": "triage",
          "collective_learning.decision.destination": destination,
          "collective_learning.decision.probability": expect.any(Number),
          "collective_learning.decision.mode": "shadow",
          "collective_learning.decision.source": "fallback",
          "collective_learning.decision.fallback_reason": "shadow",
        },
      ]),
    );

    // A judgement is linked to the run it judges, also by a process that has not seen the run.
    await loop.feedback.submitFeedback(new UserFeedback("invoice", "ann").addCatScore(9, { usefulness: 8 }));
    await loop.flush();
    const late = await CollectiveLearningLoop.open({ store, opentelemetry: { tracer, logger } });
    await late.feedback.submitFeedback({ workflowId: "crash", userId: "bob", thumbs: "down", comment: "no" });
    await late.close();
    await loop.close();
    server.close();
    const rootOf = (workflowId: string) =>
      finished()
        .find((s) => s.attributes["collective_learning.workflow_id"] === workflowId)
        ?.spanContext().spanId;
    expect(
      events().map(({ eventName, spanContext, attributes }) => [
        eventName,
        spanContext?.spanId,
        attributes["gen_ai.evaluation.name"],
        attributes["gen_ai.evaluation.score.value"],
        attributes["gen_ai.evaluation.score.label"],
        attributes["gen_ai.evaluation.explanation"],
      ]),
    ).toEqual([
      ["gen_ai.evaluation.result", rootOf("invoice"), "cat", 9, undefined, undefined],
      ["gen_ai.evaluation.result", rootOf("invoice"), "cat.usefulness", 8, undefined, undefined],
      ["gen_ai.evaluation.result", rootOf("crash"), "thumbs", 0, "down", undefined],
    ]);
    expect(named("GET /inner").parentSpanContext?.spanId).toBe(named("node read").spanContext().spanId);
  });

  it("tell agents, their model and tool calls and errors by the conventions, and metrics by their dimensions", async () => {
    const { tracer, meter, finished, named, metrics } = telemetry();
    const { tracer: capture } = tracing({ observer: observeWithSpans({ tracer, meter }) });
    const lookUp = tool(async () => "42", { name: "look_up", schema: z.object({ q: z.string() }) });
    const model = fakeModel()
      .respond(
        new AIMessage({
          content: "",
          tool_calls: [{ id: "call-1", name: "look_up", args: { q: "secret question" } }],
          usage_metadata: { input_tokens: 10, output_tokens: 3, total_tokens: 13 },
          response_metadata: { model_name: "scripted-1", finish_reason: "tool_calls" },
        }),
      )
      .respond(new AIMessage({ content: "secret answer", response_metadata: { model_name: "scripted-1" } }));
    const agent = createAgent({ model, tools: [lookUp], name: "helper" });
    const team = new StateGraph(State)
      .addNode("helper", async () => {
        const { messages } = await agent.invoke({ messages: [new HumanMessage("secret question")] });
        return { log: [String(messages.at(-1)?.content)] };
      })
      .addNode("breaks", () => {
        throw Object.assign(new TypeError("no"), { code: "E_NO" });
      })
      .addEdge(START, "helper")
      .addEdge("helper", "breaks")
      .compile();
    const graph = capture.wrap(team, { workflowType: "team" });
    await expect(graph.invoke({ topic: "x" }, { configurable: { thread_id: "th" } })).rejects.toThrow("no");

    const allowed: Record<string, { required: string[]; optional: string[] }> = {
      invoke_workflow: {
        required: ["gen_ai.operation.name", "gen_ai.workflow.name"],
        optional: ["gen_ai.conversation.id", "error.type"],
      },
      invoke_agent: { required: ["gen_ai.operation.name", "gen_ai.agent.name"], optional: ["error.type"] },
      chat: {
        required: ["gen_ai.operation.name"],
        optional: [
          "gen_ai.provider.name",
          "gen_ai.request.model",
          "gen_ai.response.model",
          "gen_ai.response.finish_reasons",
          "gen_ai.usage.input_tokens",
          "gen_ai.usage.output_tokens",
        ],
      },
      execute_tool: {
        required: ["gen_ai.operation.name", "gen_ai.tool.name"],
        optional: ["gen_ai.tool.call.id", "error.type"],
      },
    };
    const operations = new Set<unknown>();
    for (const { name, attributes, kind } of finished()) {
      const operation = String(attributes["gen_ai.operation.name"] ?? "");
      const known = allowed[operation];
      const theirs = Object.keys(attributes).filter((key) => !key.startsWith("collective_learning."));
      operations.add(operation);
      if (!known) {
        expect(name).toMatch(/^node /);
        expect(theirs.filter((key) => key !== "error.type")).toEqual([]);
        continue;
      }
      expect(name === operation || name.startsWith(`${operation} `)).toBe(true);
      expect(kind).toBe(operation === "chat" ? SpanKind.CLIENT : SpanKind.INTERNAL);
      expect(theirs).toEqual(expect.arrayContaining(known.required));
      expect(theirs.filter((key) => ![...known.required, ...known.optional].includes(key))).toEqual([]);
    }
    expect([...operations].sort()).toEqual(["", "chat", "execute_tool", "invoke_agent", "invoke_workflow"]);
    expect(named("invoke_agent helper").attributes["collective_learning.status"]).toBe("success");
    expect(named("execute_tool look_up").attributes["gen_ai.tool.call.id"]).toBe("call-1");
    expect(named("invoke_workflow team")).toMatchObject({
      attributes: { "gen_ai.conversation.id": "th", "error.type": "E_NO" },
      status: { code: 2, message: "no" },
    });
    expect(named("node breaks").status).toEqual({ code: 2, message: "no" });
    expect(tree(finished()).filter((line) => !line.includes(" > "))).toEqual(["invoke_workflow team"]);
    expect(JSON.stringify(finished().map((s) => [s.attributes, s.events]))).not.toContain("secret");

    const told = (await metrics()).map(({ descriptor, dataPoints }) => [
      descriptor.name,
      descriptor.unit,
      dataPoints.map((p) => [p.attributes["gen_ai.token.type"] ?? p.attributes["error.type"], p.value]).sort(),
    ]);
    const count = (n: number) => expect.objectContaining({ count: n });
    expect(Object.fromEntries(told.map(([name, , points]) => [name, points]))).toEqual({
      "gen_ai.client.token.usage": [
        ["input", expect.objectContaining({ count: 1, sum: 10 })],
        ["output", expect.objectContaining({ count: 1, sum: 3 })],
      ],
      "gen_ai.client.operation.duration": [[undefined, count(2)]],
      "gen_ai.execute_tool.duration": [[undefined, count(1)]],
      "gen_ai.invoke_agent.duration": [[undefined, count(1)]],
      "gen_ai.workflow.duration": [["E_NO", count(1)]],
    });
  });

  it("an agent that is wrapped itself is the root", async () => {
    const { tracer, finished } = telemetry();
    const { tracer: capture } = tracing({ observer: observeWithSpans({ tracer }) });
    const agent = createAgent({ model: fakeModel().respond(new AIMessage("hi")), tools: [], name: "helper" });
    await capture.wrap(agent, { workflowType: "chat" }).invoke({ messages: [new HumanMessage("hello")] });
    expect(tree(finished())).toContain("invoke_agent helper");
    expect(tree(finished())).toContain("node model_request > chat");
  });

  it("with content: messages, arguments and results in the conventions' form, redacted", async () => {
    const { tracer, named } = telemetry();
    const { tracer: capture } = tracing({ redact: ["email"], observer: observeWithSpans({ tracer, content: true }) });
    const send = tool(async ({ to }) => `sent to ${to}`, { name: "send", schema: z.object({ to: z.string() }) });
    const model = fakeModel()
      .respond(
        new AIMessage({ content: "", tool_calls: [{ id: "c1", name: "send", args: { to: "ann@example.com" } }] }),
      )
      .respond(new AIMessage("done"));
    const agent = createAgent({ model, tools: [send] });
    await capture
      .wrap(agent, { workflowType: "mail" })
      .invoke({ messages: [new HumanMessage("Write to ann@example.com")] });
    const { attributes } = named("execute_tool send");
    expect(JSON.parse(String(attributes["gen_ai.tool.call.arguments"]))).toEqual({ to: "[redacted]" });
    expect(String(attributes["gen_ai.tool.call.result"])).toBe('"sent to [redacted]"');
  });

  it.each(["tap", "callbacks"] as const)("have the right parents without a context manager, by %s", async (way) => {
    context.disable();
    try {
      const { tracer, finished } = telemetry();
      const { tracer: capture } = tracing({ capture: way, observer: observeWithSpans({ tracer }) });
      const ask = tool(async () => "yes", { name: "ask", schema: z.object({}) });
      const inner = new StateGraph(State)
        .addNode("deep", async () => ({ log: [String(await ask.invoke({}))] }))
        .addEdge(START, "deep")
        .compile();
      const graph = new StateGraph(State)
        .addNode("host", inner)
        .addNode("next", () => ({ log: ["next"] }))
        .addEdge(START, "host")
        .addEdge("host", "next")
        .compile();
      await capture.wrap(graph, { workflowType: "t" }).invoke({ topic: "x" });
      expect(tree(finished())).toEqual(
        [
          "invoke_workflow t",
          "invoke_workflow t > node host",
          "invoke_workflow t > node next",
          "node deep > execute_tool ask",
          "node host > node deep",
        ].sort(),
      );
    } finally {
      context.setGlobalContextManager(manager.enable());
    }
  });

  it("of functional tasks stand where they were called, and their requests below them", async () => {
    const { tracer, finished } = telemetry();
    const { tracer: capture } = tracing({ observer: observeWithSpans({ tracer }) });
    const fetchIt = task("fetchIt", async (n: number) => {
      tracer.startSpan(`GET /${n}`).end();
      return n;
    });
    const work = entrypoint("work", async (n: number) => (await fetchIt(n)) + (await fetchIt(n + 1)));
    expect(await capture.wrap(work, { workflowType: "f" }).invoke(1)).toBe(3);
    const lines = tree(finished());
    expect(lines.filter((line) => !line.includes(" > "))).toEqual(["invoke_workflow f"]);
    expect(lines).toContain("node fetchIt > GET /1");
    expect(lines).toContain("node fetchIt > GET /2");
  });

  it("of a resumed run are linked to those before the interrupt", async () => {
    const { tracer, finished } = telemetry();
    const { tracer: capture, segments } = tracing({ observer: observeWithSpans({ tracer }) });
    const graph = new StateGraph(State)
      .addNode("ask", () => ({ log: [String(interrupt("?"))] }))
      .addEdge(START, "ask")
      .addEdge("ask", END)
      .compile({ checkpointer: new MemorySaver() });
    const wrapped = capture.wrap(graph, { workflowType: "review" });
    const config = { configurable: { thread_id: "1" } };
    await wrapped.invoke({ topic: "x" }, config);
    await wrapped.invoke(new Command({ resume: "yes" }), config);
    const [first, second] = finished().filter((s) => s.name === "invoke_workflow review");
    expect(first?.attributes["collective_learning.status"]).toBe("interrupted");
    expect(second?.links.map((l) => l.context.spanId)).toEqual([first?.spanContext().spanId]);
    const stored = (await segments()).map((s) => s.traceparent);
    expect(stored).toEqual([first, second].map((s) => `00-${s?.spanContext().traceId}-${s?.spanContext().spanId}-01`));
  });

  it("that fail change nothing of the run: the record says so", async () => {
    const broken = {
      startSpan: () => {
        throw new Error("no spans today");
      },
    };
    const { tracer: capture, trace } = tracing({ observer: observeWithSpans({ tracer: broken }) });
    const graph = new StateGraph(State)
      .addNode("a", () => ({ log: ["a"] }))
      .addEdge(START, "a")
      .compile();
    expect(await capture.wrap(graph, { workflowType: "t" }).invoke({ topic: "x" })).toMatchObject({ log: ["a"] });
    expect((await trace()).nodes.map((n) => n.name)).toEqual(["a"]);
    expect((await trace()).gaps.join()).toContain("no spans today");
  });

  it("of runs that sampling leaves out of the store are told all the same", async () => {
    const { tracer, finished } = telemetry();
    const { tracer: capture, segments } = tracing({
      sampleRate: 0,
      keepFailures: false,
      observer: observeWithSpans({ tracer }),
    });
    const graph = new StateGraph(State)
      .addNode("a", () => ({ log: ["a"] }))
      .addEdge(START, "a")
      .compile();
    await capture.wrap(graph, { workflowType: "t" }).invoke({ topic: "x" });
    expect(tree(finished())).toEqual(["invoke_workflow t", "invoke_workflow t > node a"]);
    expect(await segments()).toEqual([]);
  });

  it("a wrong option is refused by name", async () => {
    await expect(
      CollectiveLearningLoop.open({ store: createMemoryStore(), opentelemetry: { tracer: {} as never } }),
    ).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});
