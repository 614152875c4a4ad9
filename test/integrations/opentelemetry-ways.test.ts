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
import { context } from "@opentelemetry/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { CollectiveLearningLoop } from "../../src/index.js";
import { observeWithSpans } from "../../src/integrations/opentelemetry/index.js";
import { createMemoryStore } from "../../src/store/index.js";
import { tracing } from "../tracing/support.js";
import { contextManager, telemetry, tree } from "./telemetry.js";

beforeAll(contextManager);
afterAll(() => context.disable());

const State = Annotation.Root({
  topic: Annotation<string>,
  log: Annotation<string[]>({ reducer: (a, b) => a.concat(b), default: () => [] }),
});

describe("spans while a run goes on", () => {
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
      contextManager();
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
