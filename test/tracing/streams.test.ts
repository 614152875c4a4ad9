import * as lib from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ManualClock } from "../../src/core/index.js";
import { say, stateOf } from "./battery/case.js";
import { brief, collect, tracing } from "./support.js";

function graphs(capture: "tap" | "callbacks") {
  const sub = new lib.StateGraph(stateOf(lib))
    .addNode("x", (_, config) => {
      config.writer?.({ note: "custom" });
      return { log: ["x"] };
    })
    .addEdge(lib.START, "x")
    .compile();
  const graph = new lib.StateGraph(stateOf(lib))
    .addNode("a", (s) => ({ n: s.n + 1, log: ["a"] }))
    .addNode("sub", sub)
    .addNode("b", say("b"))
    .addEdge(lib.START, "a")
    .addConditionalEdges("a", () => "sub", ["sub", lib.END])
    .addEdge("sub", "b")
    .addEdge("b", lib.END)
    .compile();
  const made = tracing({ capture });
  return { graph, wrapped: made.tracer.wrap(graph, { workflowType: "t" }), ...made };
}

describe.each(["tap", "callbacks"] as const)("streams through %s", (capture) => {
  it.each(["values", "updates", "custom", "messages", "tasks", "checkpoints", "debug"] as const)(
    "mode %s",
    async (streamMode) => {
      const { graph, wrapped, segments } = graphs(capture);
      for (const subgraphs of [false, true]) {
        const bare = await collect(await graph.stream({ n: 0 }, { streamMode, subgraphs }));
        expect(await collect(await wrapped.stream({ n: 0 }, { streamMode, subgraphs }))).toEqual(bare);
      }
      expect((await segments()).map((s) => [s.status, s.nodes.length])).toEqual([
        ["success", 4],
        ["success", 4],
      ]);
    },
  );

  it("several modes at once", async () => {
    const { graph, wrapped } = graphs(capture);
    const streamMode: ("values" | "updates" | "custom")[] = ["values", "updates", "custom"];
    const bare = await collect(await graph.stream({ n: 0 }, { streamMode }));
    expect(await collect(await wrapped.stream({ n: 0 }, { streamMode }))).toEqual(bare);
  });

  it("events, versions 2 and 3", async () => {
    const { graph, wrapped, segments } = graphs(capture);
    const bare = await collect(graph.streamEvents({ n: 0 }, { version: "v2" }));
    expect(await collect(wrapped.streamEvents({ n: 0 }, { version: "v2" }))).toEqual(bare);
    const third = async (g: typeof graph) =>
      collect((await g.streamEvents({ n: 0 }, { version: "v3" })) as AsyncIterable<unknown>);
    expect((await third(wrapped)).length).toBe((await third(graph)).length);
    expect((await segments()).map((s) => s.status)).toEqual(["success", "success"]);
  });

  it("batch, withConfig and pipe", async () => {
    const { graph, wrapped, segments } = graphs(capture);
    const inputs = [1, 2, 3].map((n) => ({ n }));
    expect(await wrapped.batch(inputs)).toEqual(await graph.batch(inputs));
    const tagged = wrapped.withConfig({ tags: ["mine"], metadata: { team: "red" } });
    await tagged.invoke({ n: 0 });
    expect(await wrapped.pipe((s: { n: number }) => s.n).invoke({ n: 4 })).toBe(5);
    const all = await segments();
    expect(all.length).toBe(5);
    expect(new Set(all.map((s) => s.workflowId)).size).toBe(5);
    expect(all[3]).toMatchObject({ tags: ["mine"], metadata: { team: "red" } });
  });

  it("200 runs at once stay apart, and routers inside learn the id of their own run", async () => {
    const { tracer, segments } = tracing({ capture });
    const seen = new Map<number, Set<string>>();
    const note = (n: number, config: object) => {
      const ids = seen.get(n) ?? new Set();
      seen.set(n, ids.add(tracer.identify(config).workflowId));
    };
    const sub = new lib.StateGraph(stateOf(lib))
      .addNode("x", (s, config) => {
        note(s.n, config as object);
        return { log: ["x"] };
      })
      .addEdge(lib.START, "x")
      .compile();
    const graph = new lib.StateGraph(stateOf(lib))
      .addNode("a", async (s, config) => {
        await new Promise((resolve) => setImmediate(resolve));
        note(s.n, config as object);
        return { log: [`a${s.n}`] };
      })
      .addNode("sub", sub)
      .addEdge(lib.START, "a")
      .addConditionalEdges(
        "a",
        (s, config) => {
          note(s.n, config as object);
          return "sub";
        },
        ["sub"],
      )
      .compile();
    const wrapped = tracer.wrap(graph, { workflowType: "t" });
    await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        wrapped.invoke({ n }, n % 2 ? { metadata: { workflowId: `given-${n}` } } : undefined),
      ),
    );
    const all = await segments();
    expect(all.length).toBe(200);
    for (const s of all) expect(s.nodes.map((node) => node.name)).toEqual(["a", "sub", "x"]);
    const recorded = new Set(all.map((s) => s.workflowId));
    for (let n = 0; n < 200; n++) {
      const ids = [...(seen.get(n) as Set<string>)];
      expect(ids.length).toBe(1);
      expect(recorded.has(ids[0])).toBe(true);
      if (n % 2) expect(ids[0]).toBe(`given-${n}`);
    }
  });

  it("a handler of the same tracer beside it records nothing twice", async () => {
    const { graph, wrapped, tracer, segments } = graphs(capture);
    const handler = tracer.handler({ workflowType: "t", graph });
    await wrapped.invoke({ n: 0 }, { callbacks: [handler] });
    await wrapped.withConfig({ callbacks: [handler] }).invoke({ n: 0 });
    await graph.invoke({ n: 0 }, { callbacks: [handler] });
    expect((await segments()).map((s) => [s.capture, s.nodes.length])).toEqual([
      [capture, 4],
      [capture, 4],
      ["callbacks", 4],
    ]);
  });

  it("leaves the given graph alone and wraps once only", async () => {
    const { graph, wrapped, tracer, trace } = graphs(capture);
    const before = Object.keys(graph.nodes).map((name) => graph.nodes[name as never]);
    const twice = tracer.wrap(wrapped, { workflowType: "again" });
    await graph.invoke({ n: 0 });
    expect(Object.keys(graph.nodes).map((name) => graph.nodes[name as never])).toEqual(before);
    await twice.invoke({ n: 0 });
    const only = await trace();
    expect(only.workflowType).toBe("again");
    expect(brief(only).nodes).toEqual(["1 a:success", "1 sub/x:success", "2 sub:success", "3 b:success"]);
  });
});

/** Nodes side by side: one that is done at once and has a further edge to write, and one that takes some turns of the event loop. */
function race(turns: number, schema: "plain" | "validated") {
  const wait = async () => {
    for (let i = 0; i < turns; i++) await undefined;
    return { log: ["slow"] };
  };
  const list = { inputSchema: z.array(z.string()), reducer: (a: string[], b: string[]) => a.concat(b) };
  const log = new lib.ReducedValue(z.array(z.string()).default([]), list);
  return new lib.StateGraph(schema === "plain" ? stateOf(lib) : (new lib.StateSchema({ log }) as never))
    .addNode("first", say("first"))
    .addNode("slow", wait)
    .addNode("fast", say("fast"))
    .addNode("after", say("after"))
    .addEdge(lib.START, "first")
    .addEdge(lib.START, "slow")
    .addEdge(lib.START, "fast")
    .addEdge("fast", "after")
    .compile();
}

it.each([
  ["as it is written", "plain"],
  ["validated", "validated"],
] as const)("nodes side by side end in the order of the bare graph, their state %s", async (_, schema) => {
  const { tracer } = tracing({ calls: false });
  const updates = async (graph: ReturnType<typeof race>) =>
    collect(await graph.stream({ log: [] } as never, { streamMode: "updates" }));
  for (let turns = 0; turns < 24; turns++) {
    const graph = race(turns, schema);
    expect(await updates(tracer.wrap(graph, { workflowType: "t" }))).toEqual(await updates(graph));
  }
});

it("nodes that call functional tasks end in the order of the bare graph", async () => {
  const { tracer } = tracing({ calls: false });
  const task = lib.task("task", async () => "done");
  const outer = lib.task("outer", () => task());
  const graphOf = (turns: number) =>
    new lib.StateGraph(stateOf(lib))
      .addNode("calls", async () => ({ log: [await outer()] }))
      .addNode("waits", async () => {
        for (let i = 0; i < turns; i++) await undefined;
        return { log: ["waits"] };
      })
      .addEdge(lib.START, "calls")
      .addEdge(lib.START, "waits")
      .compile();
  const updates = async (graph: ReturnType<typeof graphOf>) =>
    collect(await graph.stream({ n: 0 }, { streamMode: "updates" }));
  for (let turns = 0; turns < 40; turns++)
    expect(await updates(tracer.wrap(graphOf(turns), { workflowType: "t" }))).toEqual(await updates(graphOf(turns)));
});

it.each(["tap", "callbacks"] as const)(
  "a node that was busy for long and then cancelled was not idle, by %s",
  async (capture) => {
    const clock = new ManualClock();
    const { tracer, trace } = tracing({ capture, clock });
    const graph = new lib.StateGraph(stateOf(lib))
      .addNode(
        "busy",
        (_, { signal }) =>
          new Promise<never>((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
        { timeout: { idleTimeout: 1000 } },
      )
      .addNode("bad", async () => {
        clock.advance(5000);
        throw new Error("no");
      })
      .addEdge(lib.START, "busy")
      .addEdge(lib.START, "bad")
      .compile();
    await expect(tracer.wrap(graph, { workflowType: "t" }).invoke({ n: 0 })).rejects.toThrow("no");
    expect(brief(await trace()).nodes).toEqual(["1 bad:error", "1 busy:cancelled"]);
  },
);

it("a disabled tracer leaves the bare graph", async () => {
  const { tracer, segments } = tracing({ enabled: false });
  const graph = new lib.StateGraph(stateOf(lib)).addNode("a", say("a")).addEdge(lib.START, "a").compile();
  const wrapped = tracer.wrap(graph, { workflowType: "t" });
  expect(await wrapped.invoke({ n: 0 })).toEqual(await graph.invoke({ n: 0 }));
  tracer.enabled = true;
  await wrapped.invoke({ n: 0 });
  tracer.enabled = false;
  await wrapped.invoke({ n: 0 });
  expect((await segments()).length).toBe(1);
});

it.each([
  ["something that is no graph", {}, { workflowType: "t" }, "compiled LangGraph graph"],
  ["no workflow type", undefined, {}, "workflowType"],
  ["a wrong way of capture", undefined, { workflowType: "t", capture: "magic" }, "one of tap, callbacks"],
  ["a sample rate out of range", undefined, { workflowType: "t", sampleRate: 2 }, "[0, 1]"],
  ["a flag that is none", undefined, { workflowType: "t", calls: "no" }, "true or false"],
  ["an unknown redaction", undefined, { workflowType: "t", redact: ["emails"] }, "email, phone, card, key"],
])("refuses to wrap with %s", (_, given, options, message) => {
  const { tracer } = tracing();
  const graph = given ?? new lib.StateGraph(stateOf(lib)).addNode("a", say("a")).addEdge(lib.START, "a").compile();
  expect(() => tracer.wrap(graph, options as never)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  expect(() => tracer.wrap(graph, options as never)).toThrow(message);
});

it("refuses options that mean nothing: a redaction written wrong must not go unnoticed", () => {
  const graph = new lib.StateGraph(stateOf(lib)).addNode("a", say("a")).addEdge(lib.START, "a").compile();
  const { tracer } = tracing();
  const wrong = { workflowType: "t", redacted: ["email"] };
  for (const refused of [
    () => tracer.wrap(graph, wrong as never),
    () => tracer.handler(wrong as never),
    () => tracing(wrong as never),
  ])
    expect(refused).toThrow(expect.objectContaining({ code: "CONFIG_UNKNOWN_KEY" }));
  expect(() => tracer.wrap(graph, wrong as never)).toThrow('Did you mean "redact"?');
  expect(() => tracing({ buffer: { batchRecords: 0 } })).toThrow(
    "0 for buffer.batchRecords; expected a number of at least 1",
  );
});
