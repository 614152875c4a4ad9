import { type AnyGraph, type Case, outcome, say, stateOf } from "./case.js";

/** Waits until it is aborted. */
const hang = (_: unknown, config: { signal?: AbortSignal }) =>
  new Promise<{ log: string[] }>((_resolve, reject) => {
    const { signal } = config;
    const stop = () => reject(Object.assign(new Error("Aborted"), { name: "AbortError" }));
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop);
  });

/** What goes wrong, and how graphs deal with it. */
export const failures: Case[] = [
  {
    name: "a failing node",
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("a", () => {
          throw new RangeError("out of range");
        })
        .addEdge(lib.START, "a")
        .compile() as AnyGraph,
    run: (graph) => outcome(graph.invoke({ n: 0 })),
    expected: { status: "error", nodes: ["1 a:error"], edges: ["0 __start__>a:static"] },
  },
  {
    name: "a sibling that fails while another waits",
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("bad", async () => {
          await new Promise((resolve) => setImmediate(resolve));
          throw new Error("bad");
        })
        .addNode("slow", hang)
        .addEdge(lib.START, "bad")
        .addEdge(lib.START, "slow")
        .compile() as AnyGraph,
    run: (graph) => outcome(graph.invoke({ n: 0 })),
    expected: {
      status: "error",
      nodes: ["1 bad:error", "1 slow:cancelled"],
      edges: ["0 __start__>bad:static", "0 __start__>slow:static"],
    },
  },
  {
    name: "retries",
    build: (lib) => {
      let tries = 0;
      return new lib.StateGraph(stateOf(lib))
        .addNode(
          "a",
          () => {
            tries += 1;
            if (tries < 3) throw new Error(`try ${tries}`);
            return { log: ["a"] };
          },
          { retryPolicy: { maxAttempts: 3, initialInterval: 1, jitter: false, logWarning: false } },
        )
        .addEdge(lib.START, "a")
        .addEdge("a", lib.END)
        .compile() as AnyGraph;
    },
    expected: {
      status: "success",
      nodes: ["1 a#2:error", "1 a#3:success", "1 a:error"],
      edges: ["0 __start__>a:static", "1 a>__end__:static"],
    },
  },
  {
    name: "a node that exceeds its time",
    newest: true,
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("slow", hang, { timeout: 20 })
        .addEdge(lib.START, "slow")
        .compile() as AnyGraph,
    run: (graph) => outcome(graph.invoke({ n: 0 })).then((o) => String(o).replace(/\d+(\.\d+)?\s*m?s/g, "T")),
    expected: { status: "error", nodes: ["1 slow:error"], edges: ["0 __start__>slow:static"] },
  },
  {
    name: "a node that is idle too long, tried again",
    newest: true,
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("slow", hang, {
          timeout: { idleTimeout: 20 },
          retryPolicy: { maxAttempts: 2, initialInterval: 1, jitter: false, logWarning: false },
        })
        .addEdge(lib.START, "slow")
        .compile() as AnyGraph,
    run: (graph) => outcome(graph.invoke({ n: 0 })).then((o) => String(o).replace(/\d+(\.\d+)?\s*m?s/g, "T")),
    expected: { status: "error", nodes: ["1 slow#2:error", "1 slow:error"], edges: ["0 __start__>slow:static"] },
  },
  {
    name: "an error handler",
    newest: true,
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode(
          "a",
          () => {
            throw new Error("no");
          },
          { errorHandler: () => new lib.Command({ update: { log: ["handled"] }, goto: "b" }) } as object,
        )
        .addNode("b", say("b"))
        .addEdge(lib.START, "a")
        .addEdge("b", lib.END)
        .compile() as AnyGraph,
    expected: {
      status: "success",
      nodes: ["1 __error_handler__a:success", "1 a:error", "2 b:success"],
      edges: [
        "0 __start__>a:static",
        "1 __error_handler__a>b:command",
        "1 a>__error_handler__a:static~",
        "2 b>__end__:static",
      ],
    },
  },
  {
    name: "the recursion limit",
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("a", say("a"))
        .addEdge(lib.START, "a")
        .addConditionalEdges("a", () => "a", ["a"])
        .compile() as AnyGraph,
    run: (graph) => outcome(graph.invoke({ n: 0 }, { recursionLimit: 2 })),
    expected: {
      status: "error",
      nodes: ["1 a:success", "2 a:success"],
      edges: ["0 __start__>a:static", "1 a>a:conditional", "2 a>a:conditional?"],
    },
  },
  {
    name: "an abort signal",
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("a", say("a"))
        .addNode("slow", hang)
        .addEdge(lib.START, "a")
        .addEdge("a", "slow")
        .compile() as AnyGraph,
    run: async (graph) => {
      const controller = new AbortController();
      const running = outcome(graph.invoke({ n: 0 }, { signal: controller.signal }));
      setTimeout(() => controller.abort(), 60);
      return running;
    },
    expected: {
      status: "cancelled",
      nodes: ["1 a:success", "2 slow:cancelled"],
      edges: ["0 __start__>a:static", "1 a>slow:static"],
    },
  },
  {
    name: "a stream that is left early",
    // Older versions do not abort their nodes then; the run goes on to its end.
    newest: true,
    build: (lib) =>
      new lib.StateGraph(stateOf(lib))
        .addNode("a", say("a"))
        .addNode("slow", hang)
        .addEdge(lib.START, "a")
        .addEdge("a", "slow")
        .compile() as AnyGraph,
    run: async (graph) => {
      for await (const chunk of await graph.stream({ n: 0 }, { streamMode: "updates" })) return chunk;
      return undefined;
    },
    expected: {
      status: "cancelled",
      nodes: ["1 a:success", "2 slow:cancelled"],
      edges: ["0 __start__>a:static", "1 a>slow:static"],
    },
  },
  {
    name: "input that the graph refuses",
    build: (lib) =>
      new lib.StateGraph(stateOf(lib)).addNode("a", say("a")).addEdge(lib.START, "a").compile() as AnyGraph,
    run: (graph) => outcome(graph.invoke(null)),
    expected: { status: "error", nodes: [], edges: [] },
  },
];
