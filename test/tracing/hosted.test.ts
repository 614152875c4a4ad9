import * as lib from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import { type AnyGraph, say, stateOf, thread } from "./battery/case.js";
import { brief, tracing } from "./support.js";

/** A wrapped graph that an unwrapped one hosts, as a node or by hand. */
describe.each([
  ["as a node", "tap"],
  ["as a node", "callbacks"],
  ["by hand", "tap"],
  ["by hand", "callbacks"],
] as const)("a wrapped graph hosted %s, by %s", (how, capture) => {
  function hosted(node: () => unknown) {
    const made = tracing({ capture });
    const inner = new lib.StateGraph(stateOf(lib))
      .addNode("x", node as () => { log: string[] })
      .addEdge(lib.START, "x")
      .addEdge("x", lib.END)
      .compile();
    const wrapped = made.tracer.wrap(inner, { workflowType: "inner" });
    const graph = new lib.StateGraph(stateOf(lib))
      .addNode("host", how === "as a node" ? wrapped : (s) => wrapped.invoke(s), { ends: ["after"] })
      .addNode("after", say("after"))
      .addEdge(lib.START, "host")
      .compile({ checkpointer: new lib.MemorySaver() }) as AnyGraph;
    const told = async () => (await made.segments()).map((s) => ({ ...brief(s as never), error: s.error }));
    return { ...made, graph, told };
  }
  const edges = ["0 __start__>x:static", "1 x>__end__:static"];

  it("is traced as if it ran alone", async () => {
    const { graph, told } = hosted(say("x"));
    await graph.invoke({ n: 0 }, thread());
    expect(await told()).toEqual([{ status: "success", nodes: ["1 x:success"], edges }]);
  });

  it("does not take an interrupt for an error", async () => {
    const { graph, told, segments } = hosted(() => ({ log: [String(lib.interrupt("?"))] }));
    await graph.invoke({ n: 0 }, thread());
    await graph.invoke(new lib.Command({ resume: "yes" }), thread());
    expect(await told()).toEqual([
      { status: "interrupted", nodes: ["1 x:interrupted"], edges: edges.slice(0, 1) },
      { status: "success", nodes: ["1 x:success"], edges: edges.slice(1) },
    ]);
    expect(new Set((await segments()).map((s) => s.workflowId)).size).toBe(1);
  });

  it("does not take a command to the host for an error", async () => {
    const { graph, told } = hosted(() => new lib.Command({ graph: lib.Command.PARENT, goto: "after" }));
    await graph.invoke({ n: 0 }, thread());
    expect(await told()).toEqual([{ status: "success", nodes: ["1 x:success"], edges: edges.slice(0, 1) }]);
  });
});

it("a wrapped graph that a wrapped one runs by hand belongs to it, whichever way", async () => {
  for (const capture of ["tap", "callbacks"] as const) {
    const { tracer, segments } = tracing({ capture });
    const inner = tracer.wrap(
      new lib.StateGraph(stateOf(lib)).addNode("x", say("x")).addEdge(lib.START, "x").compile(),
      { workflowType: "inner" },
    );
    const outer = new lib.StateGraph(stateOf(lib))
      .addNode("host", (s) => inner.invoke(s))
      .addEdge(lib.START, "host")
      .compile();
    await tracer.wrap(outer, { workflowType: "outer" }).invoke({ n: 0 });
    const all = await segments();
    expect(all.map((s) => [s.workflowType, s.status])).toEqual([["outer", "success"]]);
    expect(brief(all[0] as never).nodes).toEqual(["1 host/x:success", "1 host:success"]);
  }
});

it("without calls, only graphs that do not report themselves are said to be missing", async () => {
  const { tracer, segments } = tracing({ calls: false });
  const bare = new lib.StateGraph(stateOf(lib)).addNode("x", say("x")).addEdge(lib.START, "x").compile();
  const wrapped = tracer.wrap(bare, { workflowType: "inner" });
  const task = lib.task("task", async (n: number) => bare.invoke({ n }));
  const outer = new lib.StateGraph(stateOf(lib))
    .addNode("seen", (s) => wrapped.invoke(s))
    .addNode("both", async (s) => bare.invoke(await wrapped.invoke(s)))
    .addNode("functional", async (s) => task(s.n))
    .addEdge(lib.START, "seen")
    .addEdge("seen", "both")
    .addEdge("both", "functional")
    .compile();
  await tracer.wrap(outer, { workflowType: "outer" }).invoke({ n: 0 });
  const [segment] = await segments();
  expect(brief(segment as never).nodes).toEqual([
    "1 both/x:success",
    "1 seen/x:success",
    "1 seen:success",
    "2 both:success",
    "3 functional/task:success",
    "3 functional:success",
  ]);
  expect(segment?.gaps).toEqual(
    ["both", "task"].map((name) => `node ${name} ran 1 graph(s) of its own, which were not captured (calls: false)`),
  );
});

it("without calls, a node that is tried again misses no graphs of the tries before", async () => {
  const { tracer, segments } = tracing({ calls: false });
  const bare = new lib.StateGraph(stateOf(lib)).addNode("x", say("x")).addEdge(lib.START, "x").compile();
  const wrapped = tracer.wrap(bare, { workflowType: "inner" });
  let tries = 0;
  const twice = async (inner: AnyGraph) => {
    await inner.invoke({ n: 0 });
    tries += 1;
    if (tries % 2 === 1) throw new Error("once more");
    return {};
  };
  const retryPolicy = { maxAttempts: 2, initialInterval: 1, jitter: false, logWarning: false };
  const outer = new lib.StateGraph(stateOf(lib))
    .addNode("seen", () => twice(wrapped as AnyGraph), { retryPolicy })
    .addNode("unseen", () => twice(bare as AnyGraph), { retryPolicy })
    .addEdge(lib.START, "seen")
    .addEdge("seen", "unseen")
    .compile();
  await tracer.wrap(outer, { workflowType: "outer" }).invoke({ n: 0 });
  const [segment] = await segments();
  expect(segment?.gaps).toEqual(["node unseen ran 1 graph(s) of its own, which were not captured (calls: false)"]);
});

it("a clock or an id that fails does not reach the graph", async () => {
  const failing = () => {
    throw new Error("broken");
  };
  const clock = { now: failing, monotonic: failing, schedule: () => () => {} };
  for (const options of [{ clock }, { makeId: failing }]) {
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    const { tracer } = tracing({ ...options, logger });
    const graph = new lib.StateGraph(stateOf(lib))
      .addNode("x", say("x"))
      .addEdge(lib.START, "x")
      .compile({ checkpointer: new lib.MemorySaver() });
    const expected = { n: 0, log: ["x"] };
    expect(await tracer.wrap(graph, { workflowType: "t" }).invoke({ n: 0 }, thread())).toEqual(expected);
    const handler = tracer.handler({ workflowType: "t" });
    expect(await graph.invoke({ n: 0 }, { ...thread("t2"), callbacks: [handler] })).toEqual(expected);
  }
});
