import { type AnyGraph, type Case, Path, say, stateOf } from "./case.js";

/** Every way in which a graph can get from one node to the next. */
export const routes: Case[] = [
  {
    name: "linear",
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("a", say("a"))
        .addNode("b", say("b"))
        .addEdge(lib.START, "a")
        .addEdge("a", "b")
        .addEdge("b", lib.END)
        .compile() as AnyGraph,
    expected: {
      status: "success",
      nodes: ["1 a:success", "2 b:success"],
      edges: ["0 __start__>a:static", "1 a>b:static", "2 b>__end__:static"],
    },
  },
  {
    name: "conditional with a path map, to the end and from the start",
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("a", say("a"))
        .addNode("b", say("b"))
        .addConditionalEdges(lib.START, () => "first", { first: "a", second: "b" })
        .addConditionalEdges("a", () => "go", { go: "b", stop: lib.END })
        .addConditionalEdges("b", () => "stop", { go: "a", stop: lib.END })
        .compile() as AnyGraph,
    expected: {
      status: "success",
      nodes: ["1 a:success", "2 b:success"],
      edges: ["0 __start__>a:conditional", "1 a>b:conditional", "2 b>__end__:conditional"],
    },
  },
  {
    name: "conditional without a path map, several at once",
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("a", say("a"))
        .addNode("b", say("b"))
        .addNode("c", say("c"))
        .addEdge(lib.START, "a")
        .addConditionalEdges("a", () => ["b", "c"])
        .compile() as AnyGraph,
    expected: {
      status: "success",
      nodes: ["1 a:success", "2 b:success", "2 c:success"],
      edges: ["0 __start__>a:static", "1 a>b:conditional", "1 a>c:conditional"],
    },
  },
  {
    name: "conditional to a node and to the end at once",
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("a", say("a"))
        .addNode("b", say("b"))
        .addEdge(lib.START, "a")
        .addConditionalEdges("a", () => ["b", lib.END], ["b", lib.END])
        .addConditionalEdges("b", () => [lib.END, lib.END], [lib.END])
        .compile() as AnyGraph,
    expected: {
      status: "success",
      nodes: ["1 a:success", "2 b:success"],
      edges: ["0 __start__>a:static", "1 a>b:conditional", "2 b>__end__:conditional"],
    },
  },
  {
    name: "several conditional edges and a static one on one source",
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("a", say("a"))
        .addNode("b", say("b"))
        .addNode("c", say("c"))
        .addNode("d", say("d"))
        .addEdge(lib.START, "a")
        .addEdge("a", "d")
        .addConditionalEdges({ source: "a", path: new Path("one", "b"), pathMap: ["b"] })
        .addConditionalEdges({ source: "a", path: new Path("two", "no"), pathMap: { no: lib.END, yes: "c" } })
        .compile() as AnyGraph,
    expected: {
      status: "success",
      nodes: ["1 a:success", "2 b:success", "2 d:success"],
      edges: ["0 __start__>a:static", "1 a>__end__:conditional", "1 a>b:conditional", "1 a>d:static"],
    },
    // These path functions leave no run of their own: what they chose shows only in what starts.
    byCallbacks: {
      edges: ["0 __start__>a:static", "1 a>__end__:conditional~", "1 a>b:conditional~", "1 a>d:static"],
    },
  },
  {
    name: "commands to a node, to several, to the end",
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("a", () => new lib.Command({ update: { log: ["a"] }, goto: "b" }), { ends: ["b"] })
        .addNode("b", () => new lib.Command({ goto: ["c", "d"] }), { ends: ["c", "d"] })
        .addNode("c", () => new lib.Command({ goto: lib.END }), { ends: [lib.END] })
        .addNode("d", say("d"))
        .addEdge(lib.START, "a")
        .compile() as AnyGraph,
    expected: {
      status: "success",
      nodes: ["1 a:success", "2 b:success", "3 c:success", "3 d:success"],
      edges: ["0 __start__>a:static", "1 a>b:command", "2 b>c:command", "2 b>d:command", "3 c>__end__:command"],
    },
  },
  {
    name: "map and reduce by Send, with a join",
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("split", say("split"))
        .addNode("work", (s: { n: number }) => ({ log: [`work${s.n}`] }))
        .addNode("side", say("side"))
        .addNode("reduce", say("reduce"))
        .addEdge(lib.START, "split")
        .addConditionalEdges("split", () => [1, 2, 3].map((n) => new lib.Send("work", { n })), ["work"])
        .addEdge("split", "side")
        .addEdge(["work", "side"], "reduce")
        .addEdge("reduce", lib.END)
        .compile() as AnyGraph,
    expected: {
      status: "success",
      nodes: [
        "1 split:success",
        "2 side:success",
        "2 work:success",
        "2 work:success",
        "2 work:success",
        "3 reduce:success",
      ],
      edges: [
        "0 __start__>split:static",
        "1 split>side:static",
        "1 split>work:send",
        "1 split>work:send",
        "1 split>work:send",
        "2 side>reduce:join",
        "2 work>reduce:join",
        "2 work>reduce:join",
        "2 work>reduce:join",
        "3 reduce>__end__:static",
      ],
    },
  },
  {
    name: "a join whose partner never comes",
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("a", say("a"))
        .addNode("b", say("b"))
        .addNode("j", say("j"))
        .addEdge(lib.START, "a")
        .addConditionalEdges("a", () => lib.END, ["b", lib.END])
        .addEdge(["a", "b"], "j")
        .compile() as AnyGraph,
    expected: {
      status: "success",
      nodes: ["1 a:success"],
      edges: ["0 __start__>a:static", "1 a>__end__:conditional", "1 a>j:join?"],
    },
  },
  {
    name: "a loop",
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("a", (s) => ({ n: s.n + 1 }))
        .addEdge(lib.START, "a")
        .addConditionalEdges("a", (s) => (s.n < 3 ? "a" : lib.END), ["a", lib.END])
        .compile() as AnyGraph,
    expected: {
      status: "success",
      nodes: ["1 a:success", "2 a:success", "3 a:success"],
      edges: ["0 __start__>a:static", "1 a>a:conditional", "2 a>a:conditional", "3 a>__end__:conditional"],
    },
  },
];
