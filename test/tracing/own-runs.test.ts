import * as lib from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import { RunContext } from "../../src/tracing/tap/run-context.js";
import * as TapGraph from "../../src/tracing/tap/tap-graph.js";
import { type AnyGraph, say, stateOf } from "./battery/case.js";
import { tracing } from "./support.js";

const graphOf = (node: (state: { n: number }, config: lib.LangGraphRunnableConfig) => unknown, name = "x") =>
  new lib.StateGraph(stateOf(lib))
    .addNode(name, node as () => { log: string[] })
    .addEdge(lib.START, name)
    .compile() as unknown as AnyGraph & object;

const withId = (workflowId: string) => ({ metadata: { workflowId } });

describe.each(["tap", "callbacks"] as const)("by %s, a wrapped graph inside a node", (capture) => {
  it("that is given an id of its own is a run of its own, and says in which it was started", async () => {
    const { tracer, segments } = tracing({ capture });
    const ids: string[] = [];
    const inner = tracer.wrap(
      graphOf((_, config) => {
        ids.push(tracer.identify(config as object).workflowId);
        return {};
      }),
      { workflowType: "inner" },
    );
    const host = graphOf(async (_, config) => {
      await inner.invoke({ n: 0 }, withId("job"));
      ids.push(tracer.identify(config as object).workflowId);
      return {};
    }, "host");
    await tracer.wrap(host, { workflowType: "outer" }).invoke({ n: 0 }, withId("chat"));
    const all = await segments();
    expect(ids).toEqual(["job", "chat"]);
    expect(all.map((s) => [s.workflowId, s.nodes.map((n) => n.name), s.gaps])).toEqual([
      ["job", ["x"], []],
      ["chat", ["host"], []],
    ]);
    const hostTask = all[1]?.nodes[0]?.taskId;
    expect(all[0]?.parent).toEqual(
      capture === "tap" ? { workflowId: "chat", node: "host", taskId: hostTask } : { workflowId: "chat" },
    );
    expect(all[1]?.parent).toBeUndefined();
  });

  it("that inherits the id, or is given none, belongs to the run around it", async () => {
    for (const config of [undefined, withId("chat")]) {
      const { tracer, segments } = tracing({ capture });
      const inner = tracer.wrap(graphOf(say("x")), { workflowType: "inner" });
      const host = graphOf(async () => inner.invoke({ n: 0 }, config) as never, "host");
      await tracer.wrap(host, { workflowType: "outer" }).invoke({ n: 0 }, withId("chat"));
      expect((await segments()).map((s) => [s.workflowId, s.nodes.map((n) => n.name)])).toEqual([
        ["chat", ["host", "x"]],
      ]);
    }
  });

  it("that is started when the run around it is over, in what is left of its context, is a run of its own", async () => {
    const { tracer, segments } = tracing({ capture });
    const ids: string[] = [];
    const inner = tracer.wrap(
      graphOf((_, config) => {
        ids.push(tracer.identify(config as object).workflowId);
        return {};
      }),
      { workflowType: "inner" },
    );
    // A worker that is made on first use keeps the context of the node that used it first.
    let work: (config?: object) => void = () => {};
    const host = graphOf(() => {
      const queue: { config: object | undefined; done: () => void }[] = [];
      let wake = () => {};
      void (async () => {
        for (;;) {
          for (const job of queue.splice(0)) await inner.invoke({ n: 0 }, job.config).then(job.done);
          if (queue.length > 0) continue;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      })();
      work = (config) =>
        new Promise<void>((done) => {
          queue.push({ config, done });
          wake();
        });
      return {};
    }, "host");
    await tracer.wrap(host, { workflowType: "outer" }).invoke({ n: 0 }, withId("chat"));
    await (work(withId("job 1")) as unknown as Promise<void>);
    await (work() as unknown as Promise<void>);
    const all = await segments();
    expect(all.map((s) => [s.workflowType, s.nodes.length, s.parent])).toEqual([
      ["outer", 1, undefined],
      ["inner", 1, undefined],
      ["inner", 1, undefined],
    ]);
    expect(all.slice(0, 2).map((s) => s.workflowId)).toEqual(["chat", "job 1"]);
    // The id of the run that is over came with the context: nobody gave it to this one.
    expect(all[2]?.workflowId).not.toBe("chat");
    expect(ids).toEqual([all[1]?.workflowId, all[2]?.workflowId]);
  });

  it("of another loop does not vanish in the run of this one", async () => {
    const one = tracing({ capture });
    const two = tracing({ capture });
    const inner = two.tracer.wrap(
      graphOf((_, config) => ({ log: [two.tracer.identify(config as object).workflowId] })),
      { workflowType: "inner" },
    );
    const host = graphOf(async () => inner.invoke({ n: 0 }) as never, "host");
    const result = (await one.tracer.wrap(host, { workflowType: "outer" }).invoke({ n: 0 })) as { log: string[] };
    const [own] = await two.segments();
    expect(own).toMatchObject({ workflowType: "inner", workflowId: result.log[0] });
    expect((await one.segments()).map((s) => [s.workflowType, s.nodes[0]?.name])).toEqual([["outer", "host"]]);
  });
});

it("a handler keeps a graph with an id of its own apart", async () => {
  const { tracer, segments } = tracing();
  const ids: string[] = [];
  const inner = graphOf((_, config) => {
    ids.push(tracer.identify(config as object).workflowId);
    return {};
  });
  const host = graphOf(async () => {
    await inner.invoke({ n: 0 }, withId("job"));
    return {};
  }, "host");
  await host.invoke({ n: 0 }, { ...withId("chat"), callbacks: [tracer.handler({ workflowType: "t" })] });
  expect(ids).toEqual(["job"]);
  expect((await segments()).map((s) => [s.workflowId, s.nodes.map((n) => n.name), s.parent?.workflowId])).toEqual([
    ["job", ["x"], "chat"],
    ["chat", ["host"], undefined],
  ]);
});

it("a router in a graph that nobody wrapped, run inside a captured node, knows the run", async () => {
  for (const options of [{ calls: false }, { calls: true }, { capture: "callbacks" as const }]) {
    const { tracer } = tracing(options);
    const bare = graphOf((_, config) => ({ log: [tracer.identify(config as object).workflowId] }));
    const host = graphOf(async () => bare.invoke({ n: 0 }) as never, "host");
    const wrapped = tracer.wrap(host, { workflowType: "outer" });
    expect(await wrapped.invoke({ n: 0 }, withId("chat"))).toMatchObject({ log: ["chat"] });
  }
});

describe("a graph that two loops wrap", () => {
  it("is known as wrapped by whichever copy of the package is loaded, and recorded once", async () => {
    const copy: string = "../../src/tracing/tap/tap-graph.js?copy";
    const { hookGraph, isWrappedElsewhere } = (await import(/* @vite-ignore */ copy)) as typeof TapGraph;
    expect(hookGraph).not.toBe(TapGraph.hookGraph);
    const { tracer, segments } = tracing();
    const ours = tracer.wrap(
      graphOf(() => ({})),
      { workflowType: "ours" },
    ) as unknown as Parameters<typeof hookGraph>[0];
    expect(isWrappedElsewhere(ours, new RunContext())).toBe(true);
    const silent = { begin: () => undefined, resolve: () => undefined, end: () => {}, isCallHandler: () => false };
    const settings = { context: new RunContext(), records: true, calls: false };
    const theirs = hookGraph(ours, silent as never, settings as never) as unknown as AnyGraph;
    await theirs.invoke({ n: 0 });
    expect(await segments()).toEqual([]);
  });

  it.each([
    ["the same graph", (wrapped: AnyGraph & object) => wrapped],
    [
      "one within it",
      (wrapped: AnyGraph & object) =>
        new lib.StateGraph(stateOf(lib))
          .addNode("inner", wrapped as never)
          .addEdge(lib.START, "inner")
          .compile() as unknown as AnyGraph & object,
    ],
  ])("is told of, since only the latest records: %s", async (_, within) => {
    const told: string[] = [];
    const silent = () => {};
    const logger = { debug: silent, info: silent, warn: (text: string) => void told.push(text), error: silent };
    const [first, second] = [tracing(), tracing({ logger })];
    const inner = first.tracer.wrap(
      graphOf(() => ({})),
      { workflowType: "first" },
    );
    await second.tracer.wrap(within(inner), { workflowType: "second" }).invoke({ n: 0 });
    expect(told).toEqual([expect.stringMatching(/is wrapped by another loop, which records none of these runs/)]);
    expect([(await first.segments()).length, (await second.segments()).length]).toEqual([0, 1]);
    second.tracer.wrap(
      second.tracer.wrap(
        graphOf(() => ({})),
        { workflowType: "once" },
      ),
      { workflowType: "again" },
    );
    expect(told).toHaveLength(1);
  });
});
