import * as lib from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import { type AnyGraph, stateOf } from "./battery/case.js";
import { brief, tracing } from "./support.js";

/** Fails when the node is stopped, as a request does that was given the node's signal; else never ends. */
const request = (_: unknown, { signal }: lib.LangGraphRunnableConfig) =>
  new Promise<never>((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
/** Does not listen to anybody. */
const deaf = () => new Promise<object>((resolve) => setTimeout(() => resolve({}), 120));

/** A request of the node's own that it stops itself. */
const ownRequest = (reason?: unknown) => async () => {
  const own = new AbortController();
  setTimeout(() => own.abort(reason), 5);
  await new Promise((_, reject) => own.signal.addEventListener("abort", () => reject(own.signal.reason)));
  return {};
};

const later = (reason?: unknown) => () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 15);
  return { signal: controller.signal };
};

interface Stopped {
  nodes: Record<string, unknown>;
  /** Of all nodes. */
  options?: object;
  config?: () => object;
  stepTimeout?: number;
  expected: { run: string; nodes: string[] };
}

const cases: Record<string, Stopped> = {
  "the caller's abort": {
    nodes: { a: request },
    config: later(),
    expected: { run: "cancelled", nodes: ["a:cancelled"] },
  },
  "the caller's abort, with an error": {
    nodes: { a: request },
    config: later(new Error("closed by the user")),
    expected: { run: "cancelled", nodes: ["a:cancelled"] },
  },
  "the caller's abort, with a text": {
    nodes: { a: request },
    config: later("closed"),
    expected: { run: "cancelled", nodes: ["a:cancelled"] },
  },
  "the caller's abort, not heard by the node": {
    nodes: { a: deaf },
    config: later(),
    expected: { run: "cancelled", nodes: ["a:cancelled"] },
  },
  "the caller's AbortSignal.timeout": {
    nodes: { a: request },
    config: () => ({ signal: AbortSignal.timeout(15) }),
    expected: { run: "cancelled", nodes: ["a:cancelled"] },
  },
  "the option timeout": {
    nodes: { a: request },
    config: () => ({ timeout: 15 }),
    expected: { run: "cancelled", nodes: ["a:cancelled"] },
  },
  "the graph's step timeout": {
    nodes: { a: request },
    stepTimeout: 15,
    expected: { run: "error", nodes: ["a:error TimeoutError"] },
  },
  "the node's timeout": {
    nodes: { a: request },
    options: { timeout: 15 },
    expected: { run: "error", nodes: ["a:error NodeTimeoutError"] },
  },
  "the node's own controller": {
    nodes: { a: ownRequest() },
    expected: { run: "error", nodes: ["a:error AbortError"] },
  },
  "the node's own controller, with a timeout's name": {
    nodes: { a: ownRequest(new DOMException("late", "TimeoutError")) },
    expected: { run: "error", nodes: ["a:error TimeoutError"] },
  },
  "an error that is called Aborted": {
    nodes: {
      a: async () => {
        throw new Error("Aborted");
      },
    },
    expected: { run: "error", nodes: ["a:error Error"] },
  },
  "a failing sibling": {
    nodes: { a: request, b: ownRequest(new RangeError("no")) },
    expected: { run: "error", nodes: ["a:cancelled", "b:error RangeError"] },
  },
};

function build({ nodes, options, stepTimeout }: Stopped) {
  const builder = new lib.StateGraph(stateOf(lib)) as unknown as {
    addNode(name: string, node: unknown, options?: object): void;
    addEdge(from: string, to: string): void;
    compile(): AnyGraph & { stepTimeout?: number };
  };
  for (const [name, node] of Object.entries(nodes)) {
    builder.addNode(name, node, options);
    builder.addEdge(lib.START, name);
  }
  const graph = builder.compile();
  if (stepTimeout !== undefined) graph.stepTimeout = stepTimeout;
  return graph;
}

describe.each(Object.entries(cases))("%s", (_, test) => {
  it.each(["tap", "callbacks", "handler"] as const)("by %s", async (way) => {
    const { tracer, trace } = tracing({ capture: way === "callbacks" ? "callbacks" : "tap" });
    const graph = build(test);
    const config = test.config?.() ?? {};
    const run =
      way === "handler"
        ? graph.invoke({ n: 0 }, { ...config, callbacks: [tracer.handler({ workflowType: "t", graph })] })
        : tracer.wrap(graph, { workflowType: "t" }).invoke({ n: 0 }, config);
    await expect(run).rejects.toBeDefined();
    // A root's error may come to handlers after the graph has rejected.
    await expect.poll(async () => (await trace())?.status, { interval: 5 }).toBe(test.expected.run);
    const kept = await trace();
    expect(kept.nodes.map((n) => `${n.name}:${n.status}${n.error ? ` ${n.error.name}` : ""}`).sort()).toEqual(
      test.expected.nodes,
    );
  });
});

it.each(["tap", "callbacks"] as const)("a stream that is left early is a cancelled run, by %s", async (capture) => {
  const { tracer, trace } = tracing({ capture });
  const graph = build({ nodes: { a: () => ({}), b: request }, expected: { run: "", nodes: [] } });
  const wrapped = tracer.wrap(graph, { workflowType: "t" });
  for await (const _ of await wrapped.stream({ n: 0 }, { streamMode: "updates" })) break;
  expect(brief(await trace())).toMatchObject({ status: "cancelled", nodes: ["1 a:success", "1 b:cancelled"] });
});
