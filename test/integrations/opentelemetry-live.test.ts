import { AIMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { Annotation, START, StateGraph } from "@langchain/langgraph";
import { context, trace as otel, SpanKind } from "@opentelemetry/api";
import { createAgent, fakeModel, HumanMessage } from "langchain";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { CollectiveLearningLoop, UserFeedback } from "../../src/index.js";
import { observeWithSpans } from "../../src/integrations/opentelemetry/index.js";
import { createMemoryStore } from "../../src/store/index.js";
import { localServer } from "../support/http-server.js";
import { tracing } from "../tracing/support.js";
import { contextManager, telemetry, tree } from "./telemetry.js";

beforeAll(contextManager);
afterAll(() => context.disable());

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
    const server = await localServer((request, response) => {
      if (request.url !== "/work") return void response.end("ok");
      const span = tracer.startSpan("POST /work", { kind: SpanKind.SERVER });
      context.with(otel.setSpan(context.active(), span), async () => {
        for (const topic of ["invoice", "crash"]) await graph.invoke({ topic }, { metadata: { workflowId: topic } });
        span.end();
        response.end("done");
      });
    });
    base = server.url;
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
    await server.close();
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
});
