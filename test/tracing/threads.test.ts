import * as lib from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/core/index.js";
import { createMemoryStore, type LearningStore } from "../../src/store/index.js";
import { aDecision } from "../support/facts.js";
import { say, stateOf, thread } from "./battery/case.js";
import { tracing } from "./support.js";

function asking(checkpointer = new lib.MemorySaver()) {
  return new lib.StateGraph(stateOf(lib))
    .addNode("a", say("a"))
    .addNode("ask", () => ({ log: [String(lib.interrupt("?"))] }))
    .addEdge(lib.START, "a")
    .addEdge("a", "ask")
    .addEdge("ask", lib.END)
    .compile({ checkpointer });
}

describe.each(["tap", "callbacks", "handler"] as const)("threads by %s", (way) => {
  /** Another process is another tracer over the same store, and another graph over the same checkpoints. */
  const process = (store = createMemoryStore(), checkpointer = new lib.MemorySaver(), sampleRate = 1) => {
    const made = tracing({ store, sampleRate, capture: way === "callbacks" ? "callbacks" : "tap" });
    const bare = asking(checkpointer);
    const graph =
      way === "handler"
        ? bare.withConfig({ callbacks: [made.tracer.handler({ workflowType: "t", graph: bare })] })
        : made.tracer.wrap(bare, { workflowType: "t" });
    return { ...made, graph, checkpointer };
  };

  it("resume in another process as one trace", async () => {
    const first = process();
    await first.graph.invoke({ n: 0 }, thread());
    await first.tracer.close();
    const second = process(first.store, first.checkpointer);
    await second.graph.invoke(new lib.Command({ resume: "yes" }), thread());
    const trace = await second.trace();
    expect(trace.segments.length).toBe(2);
    expect(trace.status).toBe("success");
    const segments = await second.segments();
    expect(new Set(segments.map((s) => s.workflowId)).size).toBe(1);
    expect(segments.map((s) => s.resumed)).toEqual([false, true]);
  });

  it.skipIf(way === "handler")(
    "take a workflow id among the configurable values, as a server passes on what RemoteGraph gives",
    async () => {
      const { graph, segments } = process();
      const config = { configurable: { ...thread("remote").configurable, workflowId: "given" } };
      await graph.invoke({ n: 0 }, config);
      await graph.invoke(new lib.Command({ resume: "yes" }), config);
      expect((await segments()).map((s) => s.workflowId)).toEqual(["given", "given"]);
      const both = { ...config, metadata: { workflowId: "metadata first" } };
      await graph.invoke({ n: 0 }, { ...both, configurable: { ...both.configurable, thread_id: "other" } });
      expect((await segments()).at(-1)?.workflowId).toBe("metadata first");
    },
  );

  it("resume a run whose trace was left out by sampling, found by what it decided", async () => {
    const first = process(undefined, undefined, 0);
    await first.graph.invoke({ n: 0 }, { ...thread("sampled"), metadata: { workflowId: "mine" } });
    const made = { threadId: "sampled", workflowType: "t", workflowId: "mine", at: new Date().toISOString() };
    first.tracer.record(aDecision(made));
    await first.tracer.close();
    const second = process(first.store, first.checkpointer);
    await second.graph.invoke(new lib.Command({ resume: "yes" }), thread("sampled"));
    expect((await second.segments()).map((s) => [s.workflowId, s.resumed])).toEqual([["mine", true]]);
  });

  it("say so where the store cannot tell which run they resume", async () => {
    const first = process();
    await first.graph.invoke({ n: 0 }, thread("failing"));
    await first.tracer.close();
    let isFailing = true;
    const store: LearningStore = {
      ...first.store,
      read(kind, query) {
        if (isFailing) throw new Error("no answer");
        return first.store.read(kind, query);
      },
    };
    const second = process(store, first.checkpointer);
    await second.graph.invoke(new lib.Command({ resume: "yes" }), thread("failing"));
    isFailing = false;
    const [, segment] = await second.segments();
    expect(segment?.gaps).toEqual(["the store did not say in time which run this one resumes"]);
  });

  it("say so where a run that they resume cannot be found because runs are sampled", async () => {
    const first = process(undefined, undefined, 0);
    await first.graph.invoke({ n: 0 }, thread("lost"));
    await first.tracer.close();
    const second = process(first.store, first.checkpointer, 0.999_999);
    await second.graph.invoke(new lib.Command({ resume: "yes" }), thread("lost"));
    const [segment] = await second.segments();
    expect(segment?.gaps).toEqual(["what this run did before it was resumed may have been left out by sampling"]);
  });

  it("keep the id that the caller gave, and begin anew with new input", async () => {
    const { graph, segments } = process();
    await graph.invoke({ n: 0 }, { ...thread(), metadata: { workflowId: "mine" } });
    await graph.invoke(new lib.Command({ resume: "yes" }), thread());
    await graph.invoke({ n: 1 }, thread());
    await graph.invoke({ n: 1 }, thread("t2"));
    const all = await segments();
    expect(all.slice(0, 2).map((s) => s.workflowId)).toEqual(["mine", "mine"]);
    expect(new Set(all.map((s) => s.workflowId)).size).toBe(3);
    expect(all.map((s) => s.resumed)).toEqual([false, true, false, false]);
  });

  it("mark replays and forks and link them to their origin", async () => {
    if (way === "handler") return; // Callbacks alone do not say which checkpoint a run was sent to.
    const { graph, segments } = process();
    await graph.invoke({ n: 0 }, { ...thread(), metadata: { workflowId: "first" } });
    await graph.invoke(new lib.Command({ resume: "yes" }), thread());
    const history: { config: object; next: string[] }[] = [];
    for await (const state of graph.getStateHistory(thread())) history.push(state as never);
    const beforeA = history.find((h) => h.next[0] === "a") as (typeof history)[number];
    await graph.invoke(null, beforeA.config);
    const forked = await graph.updateState(beforeA.config as never, { n: 7 } as never);
    await graph.invoke(null, forked as object);
    const [, , replay, fork] = await segments();
    expect(replay?.origin).toEqual({ kind: "replay", workflowId: "first" });
    expect(replay?.workflowId).not.toBe("first");
    expect(fork?.origin?.kind).toBe("fork");
    expect(fork?.origin?.workflowId).toBe("first");
  });
});

it("gives routers in bare graphs one id per run, the same again for the same task", async () => {
  const { tracer } = tracing();
  const seen: string[] = [];
  const note = (config: object) => seen.push(tracer.identify(config).workflowId);
  const graph = new lib.StateGraph(stateOf(lib))
    .addNode("a", (_, config) => {
      note(config as object);
      return { log: ["a"] };
    })
    .addNode("ask", (_, config) => {
      note(config as object);
      return { log: [String(lib.interrupt("?"))] };
    })
    .addEdge(lib.START, "a")
    .addEdge("a", "ask")
    .compile({ checkpointer: new lib.MemorySaver() });
  await graph.invoke({ n: 0 }, thread());
  expect(new Set(seen).size).toBe(1);
  await graph.invoke({ n: 0 }, thread("t9"));
  expect(new Set(seen).size).toBe(2);
  // A process that resumes without having seen the run finds the same id from the same task.
  const task = { executionInfo: { taskId: "task-1", threadId: "t" } };
  expect(tracing().tracer.identify(task)).toEqual(tracing().tracer.identify(task));
});

it("finds the run to resume when another process went on with the thread meanwhile", async () => {
  const store = createMemoryStore();
  const checkpointer = new lib.MemorySaver();
  const process = () => {
    const made = tracing({ store });
    return { ...made, graph: made.tracer.wrap(asking(checkpointer), { workflowType: "t" }) };
  };
  const [here, there] = [process(), process()];
  await here.graph.invoke({ n: 0 }, { ...thread(), metadata: { workflowId: "one" } });
  await here.tracer.flush();
  await there.graph.invoke(new lib.Command({ resume: "yes" }), thread());
  await there.graph.invoke({ n: 0 }, { ...thread(), metadata: { workflowId: "two" } });
  await there.tracer.flush();
  await here.graph.invoke(new lib.Command({ resume: "yes" }), thread());
  expect((await here.segments()).map((s) => [s.workflowId, s.status])).toEqual([
    ["one", "interrupted"],
    ["one", "success"],
    ["two", "interrupted"],
    ["two", "success"],
  ]);
});

it("keeps the runs of two graphs apart that share a thread id", async () => {
  const { tracer, segments } = tracing();
  const asks = tracer.wrap(asking(), { workflowType: "asks" });
  const other = tracer.wrap(asking(), { workflowType: "other" });
  await asks.invoke({ n: 0 }, { ...thread(), metadata: { workflowId: "mine" } });
  await other.invoke({ n: 0 }, thread());
  await other.invoke(new lib.Command({ resume: "yes" }), thread());
  await asks.invoke(new lib.Command({ resume: "yes" }), thread());
  expect((await segments()).at(-1)).toMatchObject({ workflowId: "mine", resumed: true });
});

it("dates a run from its first segment when it looks for the origin of a replay", async () => {
  const { tracer, segments } = tracing();
  const graph = tracer.wrap(asking(), { workflowType: "t" });
  for (const workflowId of ["one", "two"]) {
    await graph.invoke({ n: 0 }, { ...thread(), metadata: { workflowId } });
    const paused = Date.now();
    await expect.poll(() => Date.now(), { interval: 1 }).toBeGreaterThan(paused + 1);
    await graph.invoke(new lib.Command({ resume: "yes" }), thread());
  }
  const history: { config: object; next: string[] }[] = [];
  for await (const state of graph.getStateHistory(thread())) history.push(state as never);
  await graph.invoke(null, history.find((h) => h.next[0] === "a")?.config);
  expect((await segments()).at(-1)?.origin).toEqual({ kind: "replay", workflowId: "two" });
});

it("finds the origin of a replay among runs long past, and when other processes went on with the thread", async () => {
  const [store, checkpointer] = [createMemoryStore(), new lib.MemorySaver()];
  // The first run begins long before its checkpoints are made, all others long after.
  let aheadMs = -1000;
  const process = () => {
    const { tracer } = tracing({ store, clock: { ...systemClock, now: () => Date.now() + aheadMs } });
    const graph = tracer.wrap(asking(checkpointer), { workflowType: "t" });
    const run = async (workflowId?: string, config: object = { ...thread(), metadata: { workflowId } }) => {
      await graph.invoke(workflowId === undefined ? null : { n: 0 }, config);
      await tracer.flush();
    };
    return { graph, run };
  };
  const [here, there] = [process(), process()];
  await here.run("first");
  const { config: paused } = await here.graph.getState(thread());
  aheadMs = 1000;
  await there.run("second");
  await there.run(undefined, paused);
  for (let n = 0; n < 10; n++) await here.run(`later ${n}`);
  await here.run(undefined, paused);
  const origins: unknown[] = [];
  for await (const { facts } of store.read("trace")) origins.push(...facts.flatMap((s) => s.origin ?? []));
  expect(origins).toEqual(Array(2).fill({ kind: "replay", workflowId: "first" }));
});

it.each(["tap", "callbacks"] as const)("names a run by %s as other tracing services do", async (capture) => {
  const { tracer, segments } = tracing({ capture });
  const seen: string[] = [];
  const handler = {
    handleChainStart(_chain: unknown, _inputs: unknown, runId: string, parentRunId?: string) {
      if (parentRunId === undefined) seen.push(runId);
    },
  };
  await tracer.wrap(asking(), { workflowType: "t" }).invoke({ n: 0 }, { ...thread(), callbacks: [handler] });
  expect((await segments()).map((s) => [s.workflowId, s.runId])).toEqual([[seen[0], seen[0]]]);
});
