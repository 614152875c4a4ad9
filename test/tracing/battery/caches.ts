import { type AnyGraph, type Case, cache, say, stateOf, thread } from "./case.js";

/** Served from the cache from its second execution on. */
const CACHED = { cachePolicy: { keyFunc: () => "same" } as object };

/** Nodes served from the cache, of which callbacks tell nothing. */
export const caches: Case[] = [
  {
    name: "nodes served from the cache one after the other, up to the end",
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("a", (s) => ({ n: s.n + 1 }))
        .addNode("dear", say("dear"), CACHED)
        .addNode("last", say("last"), CACHED)
        .addEdge(lib.START, "a")
        .addConditionalEdges("a", (s) => (s.n < 2 ? "a" : lib.END), ["a", lib.END])
        .addEdge("a", "dear")
        .addEdge("dear", "last")
        .compile({ cache: cache() as never }) as AnyGraph,
    expected: {
      status: "success",
      nodes: ["1 a:success", "2 a:success", "2 dear:success", "3 dear:cached", "3 last:success", "4 last:cached"],
      edges: [
        "0 __start__>a:static",
        "1 a>a:conditional",
        "1 a>dear:static",
        "2 a>__end__:conditional",
        "2 a>dear:static",
        "2 dear>last:static",
        "3 dear>last:static",
      ],
    },
  },
  {
    name: "a join and what is sent, served from the cache",
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("a", (s) => ({ n: s.n + 1 }))
        .addNode("p", say("p"))
        .addNode("w", say("w"), { cachePolicy: { keyFunc: JSON.stringify } as object })
        .addNode("q", say("q"))
        .addNode("j", say("j"), CACHED)
        .addNode("r", say("r"))
        .addEdge(lib.START, "a")
        .addEdge("a", "p")
        .addConditionalEdges("p", () => [1, 2].map((n) => new lib.Send("w", { n })), ["w"])
        .addEdge("a", "q")
        .addEdge(["w", "q"], "j")
        .addEdge("j", "r")
        .addConditionalEdges("r", (s) => (s.n < 2 ? "a" : lib.END), ["a", lib.END])
        .compile({ cache: cache() as never }) as AnyGraph,
    expected: {
      status: "success",
      nodes: [
        "1 a:success",
        "10 r:success",
        "2 p:success",
        "2 q:success",
        "3 w:success",
        "3 w:success",
        "4 j:success",
        "5 r:success",
        "6 a:success",
        "7 p:success",
        "7 q:success",
        "8 w:cached",
        "8 w:cached",
        "9 j:cached",
      ],
      edges: [
        "0 __start__>a:static",
        "1 a>p:static",
        "1 a>q:static",
        "10 r>__end__:conditional",
        "2 p>w:send",
        "2 p>w:send",
        "2 q>j:join",
        "3 w>j:join",
        "3 w>j:join",
        "4 j>r:static",
        "5 r>a:conditional",
        "6 a>p:static",
        "6 a>q:static",
        "7 p>w:send",
        "7 p>w:send",
        "7 q>j:join",
        "8 w>j:join",
        "8 w>j:join",
        "9 j>r:static",
      ],
    },
  },
  {
    name: "a node of a subgraph, served from the cache whenever the graph runs again",
    build: (lib) => {
      const sub = new lib.StateGraph(stateOf(lib))
        .addNode("x", say("x"), CACHED)
        .addNode("y", say("y"))
        .addEdge(lib.START, "x")
        .addEdge("x", "y")
        .compile({ cache: cache() as never });
      return new lib.StateGraph(stateOf(lib))
        .addNode("a", (s) => ({ n: s.n + 1 }))
        .addNode("sub", sub)
        .addEdge(lib.START, "a")
        .addEdge("a", "sub")
        .addConditionalEdges("sub", (s) => (s.n < 3 ? "a" : lib.END), ["a", lib.END])
        .compile() as AnyGraph;
    },
    expected: {
      status: "success",
      nodes: [
        "1 a:success",
        "1 sub/x:cached",
        "1 sub/x:cached",
        "1 sub/x:success",
        "2 sub/y:success",
        "2 sub/y:success",
        "2 sub/y:success",
        "2 sub:success",
        "3 a:success",
        "4 sub:success",
        "5 a:success",
        "6 sub:success",
      ],
      edges: [
        "0 __start__>a:static",
        "0 sub/__start__>x:static",
        "0 sub/__start__>x:static",
        "0 sub/__start__>x:static",
        "1 a>sub:static",
        "1 sub/x>y:static",
        "1 sub/x>y:static",
        "1 sub/x>y:static",
        "2 sub>a:conditional",
        "3 a>sub:static",
        "4 sub>a:conditional",
        "5 a>sub:static",
        "6 sub>__end__:conditional",
      ],
    },
  },
  {
    name: "a functional task, served from the cache the second time",
    newest: true,
    build: (lib) => {
      const task = lib.task({ name: "task", ...CACHED } as never, async (n: number) => n + 1);
      return lib.entrypoint({ name: "f", cache: cache() as never }, async (n: number) => task(n)) as AnyGraph;
    },
    run: async (graph) => [await graph.invoke(1), await graph.invoke(1)],
    expected: {
      status: "success",
      nodes: ["0 f/task:cached", "0 f/task:success", "0 f:success", "0 f:success"],
      edges: [],
    },
    // A handler that the host passes is not told of it.
    byHandler: { nodes: ["0 f/task:success", "0 f:success", "0 f:success"] },
  },
  {
    name: "a deferred node that might be served from the cache, and a command that is",
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("a", (s) => ({ n: s.n + 1 }))
        .addNode("b", say("b"))
        .addNode("d", () => new lib.Command({ goto: "r" }), { ...CACHED, defer: true, ends: ["r"] })
        .addNode("r", say("r"))
        .addEdge(lib.START, "a")
        .addEdge("a", "d")
        .addEdge("a", "b")
        .addConditionalEdges("r", (s) => (s.n < 2 ? "a" : lib.END), ["a", lib.END])
        .compile({ cache: cache() as never }) as AnyGraph,
    expected: {
      status: "success",
      nodes: [
        "1 a:success",
        "2 b:success",
        "3 d:success",
        "4 r:success",
        "5 a:success",
        "6 b:success",
        "7 d:cached",
        "8 r:success",
      ],
      edges: [
        "0 __start__>a:static",
        "1 a>b:static",
        "1 a>d:static",
        "3 d>r:command",
        "4 r>a:conditional",
        "5 a>b:static",
        "5 a>d:static",
        "7 d>r:command",
        "8 r>__end__:conditional",
      ],
    },
    byHandler: {
      edges: [
        "0 __start__>a:static",
        "1 a>b:static",
        "1 a>d:static",
        "3 d>r:command",
        "4 r>a:conditional",
        "5 a>b:static",
        "5 a>d:static",
        "7 d>r:command~",
        "8 r>__end__:conditional",
      ],
    },
  },
  {
    name: "an interrupt before a node that might be served from the cache",
    newest: true,
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("a", say("a"))
        .addNode("dear", say("dear"), CACHED)
        .addEdge(lib.START, "a")
        .addEdge("a", "dear")
        .addEdge("dear", "a")
        .compile({
          cache: cache() as never,
          checkpointer: new lib.MemorySaver(),
          interruptBefore: ["dear"],
        }) as AnyGraph,
    run: (graph) => graph.invoke({ n: 0 }, thread()),
    expected: {
      status: "interrupted",
      nodes: ["1 a:success"],
      edges: ["0 __start__>a:static", "1 a>dear:static?"],
    },
  },
];
