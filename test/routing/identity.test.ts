import { Command, interrupt, MemorySaver, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createRouter } from "../../src/routing/index.js";
import { createWorld } from "./support/world.js";

const State = new StateSchema({ topic: z.string(), visited: z.string().optional() });
const destinations = ["a", "b", "c", "d"] as const;

/** A graph whose node calls a router by hand (twice), then asks or fails as `within` says. */
function build(world: ReturnType<typeof createWorld>, within: (picks: string[]) => void, saver?: MemorySaver) {
  const make = (decisionPoint: string) =>
    createRouter(
      {
        decisionPoint,
        destinations,
        context: (s: { topic: string }) => ({ topic: s.topic }),
        fallback: () => "a",
        exploration: 1,
      },
      world.deps,
    );
  const [inner, edge] = [make("inner"), make("edge")];
  const graph = new StateGraph(State)
    .addNode(
      "work",
      async (s: typeof State.State, config) => {
        within([await inner.invoke(s, config), await inner.invoke(s, config)]);
        return {};
      },
      { retryPolicy: { maxAttempts: 3, initialInterval: 1, jitter: false, logWarning: false } },
    )
    .addNode("a", () => ({ visited: "a" }))
    .addNode("b", () => ({ visited: "b" }))
    .addNode("c", () => ({ visited: "c" }))
    .addNode("d", () => ({ visited: "d" }))
    .addEdge(START, "work")
    .addConditionalEdges("work", edge, edge.destinations)
    .compile({ checkpointer: saver });
  return graph;
}

const chosen = (world: ReturnType<typeof createWorld>) =>
  world.sink.view().map((d) => `${d.decisionPoint}:${d.chosen}`);
const thread = (id: string) => ({ configurable: { thread_id: id } });

describe("one decision is one record", () => {
  it("over retries of the node", async () => {
    const world = createWorld();
    const seen: string[][] = [];
    const graph = build(world, (picks) => {
      seen.push(picks);
      if (seen.length < 3) throw new Error("flaky");
    });
    await graph.invoke({ topic: "x" }, { metadata: { workflowId: "w1" } });
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
    expect(world.sink.written).toHaveLength(7);
    expect(world.sink.view().map((d) => d.index)).toEqual([0, 1, 2]);
  });

  it("over an interrupt in the router's node and a resume, in the same and in a new process", async () => {
    for (const fresh of [false, true]) {
      const saver = new MemorySaver();
      const first = createWorld();
      const seen: string[][] = [];
      const ask = (picks: string[]) => {
        seen.push(picks);
        interrupt("ok?");
      };
      const graph = build(first, ask, saver);
      await graph.invoke({ topic: "x" }, thread("t1"));
      const second = fresh ? createWorld() : first;
      const resumed = fresh ? build(second, ask, saver) : graph;
      await resumed.invoke(new Command({ resume: "yes" }), thread("t1"));
      expect(seen).toHaveLength(2);
      expect(seen[1]).toEqual(seen[0]);
      const ids = new Set([...first.sink.written, ...second.sink.written].map((d) => d.decisionId));
      expect(ids.size).toBe(3);
    }
  });

  it("over a replay from the same checkpoint, while a fork is a decision of its own", async () => {
    const world = createWorld();
    const graph = build(world, () => {}, new MemorySaver());
    await graph.invoke({ topic: "x" }, thread("t2"));
    const before = world.sink.view().length;
    const states = [];
    for await (const s of graph.getStateHistory(thread("t2"))) states.push(s);
    const start = states.find((s) => s.next.includes("work"));
    await graph.invoke(null, start?.config);
    const replayed = world.sink.view().length;
    const fork = await graph.updateState(start?.config ?? {}, { topic: "y" }, START);
    await graph.invoke(null, fork);
    expect({ before, replayed: replayed - before, forked: world.sink.view().length - replayed }).toEqual({
      before: 3,
      replayed: 3,
      forked: 3,
    });
    expect(chosen(world)).toHaveLength(9);
  });

  it("for each of many concurrent runs and a batch", async () => {
    const world = createWorld();
    const graph = build(world, () => {});
    const inputs = Array.from({ length: 20 }, (_, i) => ({ topic: `t${i}` }));
    await Promise.all(inputs.map((x, i) => graph.invoke(x, { metadata: { workflowId: `c${i}` } })));
    await graph.batch(
      inputs,
      inputs.map((_, i) => ({ metadata: { workflowId: `b${i}` } })),
    );
    const view = world.sink.view();
    expect(view).toHaveLength(120);
    for (const d of view) expect(["0inner", "1inner", "2edge"]).toContain(`${d.index}${d.decisionPoint}`);
  });

  it("for LangGraph releases that name the task among the configurable values only", async () => {
    const world = createWorld();
    const router = createRouter(
      { decisionPoint: "old", destinations, context: () => ({ x: 1 }), fallback: () => "a", exploration: 1 },
      world.deps,
    );
    const attempt = () => ({ configurable: { __pregel_task_id: "task", checkpoint_ns: "n:task" } });
    const [first, retry] = [attempt(), attempt()];
    const picks = [];
    for (const config of [first, first, retry, retry]) picks.push(await router.invoke({}, config));
    expect(picks.slice(2)).toEqual(picks.slice(0, 2));
    expect(world.sink.view()).toHaveLength(2);
  });
});
