import { type AnyGraph, type Case, cache, outcome, say, stateOf, thread } from "./case.js";

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
    name: "commands as input, to a node and with a Send",
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("a", say("a"), { ends: ["b"] })
        .addNode("b", say("b"))
        .addNode("c", say("c"))
        .addEdge(lib.START, "a")
        .addEdge("b", "c")
        .compile({ checkpointer: new lib.MemorySaver() }) as AnyGraph,
    run: async (graph, lib) => {
      const command = new lib.Command({ goto: ["b", new lib.Send("c", { n: 1 })], update: { log: ["u"] } });
      return graph.invoke(command, { ...thread(), metadata: { workflowId: "w" } });
    },
    expected: {
      status: "success",
      nodes: ["0 b:success", "0 c:success", "1 c:success"],
      edges: ["-1 __start__>b:command", "-1 __start__>c:send", "0 b>c:static"],
    },
  },
  {
    name: "an interrupt answered by a command that also goes elsewhere",
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("ask", () => ({ log: [String(lib.interrupt("?"))] }), { ends: ["b"] })
        .addNode("b", say("b"))
        .addEdge(lib.START, "ask")
        .compile({ checkpointer: new lib.MemorySaver() }) as AnyGraph,
    run: async (graph, lib) => {
      await graph.invoke({ n: 0 }, thread());
      return graph.invoke(new lib.Command({ resume: "yes", goto: "b" }), thread());
    },
    expected: {
      status: "success",
      nodes: ["1 ask:interrupted", "1 ask:success", "1 b:success"],
      edges: ["0 __start__>ask:static", "0 __start__>b:command"],
    },
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
  {
    name: "two interrupts at once, answered one after the other",
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("p", () => ({ log: [`p${lib.interrupt("p?")}`] }))
        .addNode("q", () => ({ log: [`q${lib.interrupt("q?")}`] }))
        .addNode("j", say("j"))
        .addEdge(lib.START, "p")
        .addEdge(lib.START, "q")
        .addEdge(["p", "q"], "j")
        .compile({ checkpointer: new lib.MemorySaver() }) as AnyGraph,
    run: async (graph, lib) => {
      const first = (await graph.invoke({ n: 0 }, thread())) as { __interrupt__: { id: string }[] };
      for (const [i, { id }] of first.__interrupt__.entries()) {
        const result = (await graph.invoke(new lib.Command({ resume: { [id]: i } }), thread())) as { log: string[] };
        if (i > 0) return result.log;
      }
      return undefined;
    },
    expected: {
      status: "success",
      nodes: ["1 p:interrupted", "1 p:success", "1 q:interrupted", "1 q:interrupted", "1 q:success", "2 j:success"],
      edges: ["0 __start__>p:static", "0 __start__>q:static", "1 p>j:join", "1 q>j:join"],
    },
  },
  {
    name: "Sends to a subgraph that interrupts, all answered at once",
    build: (lib) => {
      const sub = new lib.StateGraph(stateOf(lib))
        .addNode("x", (s) => ({ log: [`${s.n}${lib.interrupt(s.n)}`] }))
        .addEdge(lib.START, "x")
        .addEdge("x", lib.END)
        .compile();
      return new lib.StateGraph(stateOf(lib))
        .addNode("split", say("split"))
        .addNode("sub", sub)
        .addEdge(lib.START, "split")
        .addConditionalEdges("split", () => [1, 2].map((n) => new lib.Send("sub", { n })), ["sub"])
        .addEdge("sub", lib.END)
        .compile({ checkpointer: new lib.MemorySaver() }) as AnyGraph;
    },
    run: async (graph, lib) => {
      const first = (await graph.invoke({ n: 0 }, thread())) as { __interrupt__: { id: string; value: number }[] };
      const resume = Object.fromEntries(first.__interrupt__.map(({ id, value }) => [id, `-${value}`]));
      return ((await graph.invoke(new lib.Command({ resume }), thread())) as { log: string[] }).log;
    },
    expected: {
      status: "success",
      nodes: [
        "1 split:success",
        "1 sub/x:interrupted",
        "1 sub/x:interrupted",
        "1 sub/x:success",
        "1 sub/x:success",
        "2 sub:interrupted",
        "2 sub:interrupted",
        "2 sub:success",
        "2 sub:success",
      ],
      edges: [
        "0 __start__>split:static",
        "0 sub/__start__>x:static",
        "0 sub/__start__>x:static",
        "1 split>sub:send",
        "1 split>sub:send",
        "1 sub/x>__end__:static",
        "1 sub/x>__end__:static",
        "2 sub>__end__:static",
        "2 sub>__end__:static",
      ],
    },
  },
  {
    name: "a run that fails and is taken up again",
    build: (lib) => {
      let tries = 0;
      return new lib.StateGraph(stateOf(lib))
        .addNode("a", say("a"))
        .addNode("b", () => {
          tries += 1;
          if (tries === 1) throw new Error("once");
          return { log: ["b"] };
        })
        .addEdge(lib.START, "a")
        .addEdge("a", "b")
        .addEdge("b", lib.END)
        .compile({ checkpointer: new lib.MemorySaver() }) as AnyGraph;
    },
    run: async (graph) => [await outcome(graph.invoke({ n: 0 }, thread())), await graph.invoke(null, thread())],
    expected: {
      status: "success",
      nodes: ["1 a:success", "2 b:error", "2 b:success"],
      edges: ["0 __start__>a:static", "1 a>b:static", "2 b>__end__:static"],
    },
  },
];
