import { type AnyGraph, type Case, cache, say, stateOf, thread } from "./case.js";

/** Interruptions, caches and time travel. */
export const pauses: Case[] = [
  {
    name: "an interrupt and its resumption, in a subgraph",
    build: (lib) => {
      const sub = new lib.StateGraph(stateOf(lib))
        .addNode("ask", () => ({ log: [String(lib.interrupt("?"))] }))
        .addEdge(lib.START, "ask")
        .compile();
      return new lib.StateGraph(stateOf(lib))
        .addNode("a", say("a"))
        .addNode("sub", sub)
        .addEdge(lib.START, "a")
        .addEdge("a", "sub")
        .addEdge("sub", lib.END)
        .compile({ checkpointer: new lib.MemorySaver() }) as AnyGraph;
    },
    run: async (graph, lib) => {
      const first = (await graph.invoke({ n: 0 }, thread())) as { log: string[] };
      return [first.log, await graph.invoke(new lib.Command({ resume: "yes" }), thread())];
    },
    expected: {
      status: "success",
      nodes: ["1 a:success", "1 sub/ask:interrupted", "1 sub/ask:success", "2 sub:interrupted", "2 sub:success"],
      edges: ["0 __start__>a:static", "0 sub/__start__>ask:static", "1 a>sub:static", "2 sub>__end__:static"],
    },
  },
  {
    name: "an interrupt that nobody answers",
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("ask", () => ({ log: [String(lib.interrupt("?"))] }))
        .addEdge(lib.START, "ask")
        .compile({ checkpointer: new lib.MemorySaver() }) as AnyGraph,
    run: async (graph) => ((await graph.invoke({ n: 0 }, thread())) as { log: string[] }).log,
    expected: { status: "interrupted", nodes: ["1 ask:interrupted"], edges: ["0 __start__>ask:static"] },
  },
  {
    name: "a static interrupt before a node, then on",
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("a", say("a"))
        .addNode("b", say("b"))
        .addEdge(lib.START, "a")
        .addEdge("a", "b")
        .addEdge("b", lib.END)
        .compile({ checkpointer: new lib.MemorySaver(), interruptBefore: ["b"] }) as AnyGraph,
    run: async (graph) => [await graph.invoke({ n: 0 }, thread()), await graph.invoke(null, thread())],
    expected: {
      status: "success",
      nodes: ["1 a:success", "2 b:success"],
      edges: ["0 __start__>a:static", "1 a>b:static", "2 b>__end__:static"],
    },
  },
  {
    name: "a static interrupt before a node, not resumed",
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("a", say("a"))
        .addNode("b", say("b"))
        .addEdge(lib.START, "a")
        .addEdge("a", "b")
        .compile({ checkpointer: new lib.MemorySaver(), interruptBefore: ["b"] }) as AnyGraph,
    run: (graph) => graph.invoke({ n: 0 }, thread()),
    expected: {
      status: "interrupted",
      nodes: ["1 a:success"],
      edges: ["0 __start__>a:static", "1 a>b:static?"],
    },
  },
  {
    name: "a node served from the cache",
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("a", (s) => ({ n: s.n + 1 }))
        .addNode("dear", () => ({ log: ["dear"] }), { cachePolicy: { keyFunc: () => "same" } as object })
        .addNode("c", say("c"))
        .addEdge(lib.START, "a")
        .addConditionalEdges("a", () => "dear", ["dear"])
        .addEdge("dear", "c")
        .addConditionalEdges("c", (s) => (s.n < 2 ? "a" : lib.END), ["a", lib.END])
        .compile({ cache: cache() as never }) as AnyGraph,
    expected: {
      status: "success",
      nodes: ["1 a:success", "2 dear:success", "3 c:success", "4 a:success", "5 dear:cached", "6 c:success"],
      edges: [
        "0 __start__>a:static",
        "1 a>dear:conditional",
        "2 dear>c:static",
        "3 c>a:conditional",
        "4 a>dear:conditional",
        "5 dear>c:static",
        "6 c>__end__:conditional",
      ],
    },
  },
];
