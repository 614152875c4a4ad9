import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { isLearningError } from "../../src/core/index.js";
import { createRouter } from "../../src/routing/index.js";
import { createWorld, taskConfig } from "./support/world.js";

const State = new StateSchema({ topic: z.string(), visited: z.string().optional() });
type World = ReturnType<typeof createWorld>;

function build(world: World, overrides: Record<string, unknown> = {}) {
  const router = createRouter(
    {
      decisionPoint: "triage",
      destinations: ["billing", "tech", "sales"],
      context: (s: { topic: string }) => ({ topic: s.topic, length: s.topic.length }),
      fallback: (s) => (s.topic === "invoice" ? "billing" : "tech"),
      ...overrides,
    },
    world.deps,
  );
  const graph = new StateGraph(State)
    .addNode("triage", () => ({}))
    .addNode("billing", () => ({ visited: "billing" }))
    .addNode("tech", () => ({ visited: "tech" }))
    .addNode("sales", () => ({ visited: "sales" }))
    .addEdge(START, "triage")
    .addConditionalEdges("triage", router, router.destinations)
    .addEdge("billing", END)
    .addEdge("tech", END)
    .addEdge("sales", END)
    .compile();
  return { router, graph };
}

describe("a router in shadow", () => {
  it("does what the fallback says and logs it", async () => {
    const world = createWorld();
    const { graph, router } = build(world);
    const result = await graph.invoke({ topic: "invoice" }, { metadata: { workflowId: "run-1" } });
    expect(result.visited).toBe("billing");
    expect(world.sink.written).toHaveLength(1);
    expect(world.sink.written[0]).toMatchObject({
      schemaVersion: 1,
      workflowId: "run-1",
      decisionPoint: "triage",
      index: 0,
      context: { topic: "invoice", length: 7 },
      candidates: ["billing", "tech", "sales"],
      chosen: "billing",
      propensity: 1,
      probabilities: [1, 0, 0],
      fallbackChoice: "billing",
      source: "fallback",
      fallbackReason: "shadow",
      mode: "shadow",
    });
    expect(router.status()).toMatchObject({ mode: "shadow", decisions: 1, fallbacks: { shadow: 1 }, explored: 0 });
  });

  it("explores with exactly the propensities it logs", async () => {
    const world = createWorld();
    const { router } = build(world, { exploration: 0.3 });
    const runs = 2000;
    for (let i = 0; i < runs; i++) await router.invoke({ topic: "help" }, taskConfig(`r${i}`));
    const share = (name: string) => world.sink.written.filter((d) => d.chosen === name).length / runs;
    expect(share("tech")).toBeCloseTo(0.8, 1);
    expect(share("billing")).toBeCloseTo(0.1, 1);
    expect(share("sales")).toBeCloseTo(0.1, 1);
    for (const d of world.sink.written) {
      expect(d.propensity).toBeCloseTo(d.chosen === "tech" ? 0.8 : 0.1, 12);
      expect(d.probabilities?.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    }
    expect(world.sink.written.some((d) => d.source === "exploration" && d.chosen === "tech")).toBe(true);
  });

  it("gives the same draws for the same seed and workflow ids, others for another seed", async () => {
    const draws = async (seed: number) => {
      const world = createWorld(seed);
      const { graph } = build(world, { exploration: 0.5 });
      for (let i = 0; i < 12; i++) await graph.invoke({ topic: "help" }, { metadata: { workflowId: `r${i}` } });
      return world.sink.written.map((d) => d.chosen).join();
    };
    expect(await draws(1)).toBe(await draws(1));
    expect(await draws(1)).not.toBe(await draws(2));
  });

  it("leaves no trace when learning is disabled", async () => {
    const world = createWorld();
    const { graph, router } = build(world, { exploration: 1 });
    world.disable();
    expect((await graph.invoke({ topic: "invoice" })).visited).toBe("billing");
    expect(world.sink.written).toEqual([]);
    expect(router.status().fallbacks).toEqual({ disabled: 1 });
  });
});

describe("a doubtful context", () => {
  const cases: [string, () => unknown, string][] = [
    [
      "a throwing context function",
      () => {
        throw new Error("no such column");
      },
      "no such column",
    ],
    ["NaN", () => ({ x: Number.NaN }), "NaN in the field"],
    ["Infinity in a vector", () => ({ x: [1, Number.POSITIVE_INFINITY] }), "in the field"],
    ["a nested object", () => ({ x: { y: 1 } }), "in the field"],
    ["no object at all", () => 7, "7 from the context function"],
    ["a rejected promise", () => Promise.reject(new Error("gone")), "gone"],
  ];
  it.each(cases)("%s sends the run by the fallback, with the reason logged", async (_, context, words) => {
    const world = createWorld();
    const { graph, router } = build(world, { context, exploration: 1 });
    expect((await graph.invoke({ topic: "invoice" })).visited).toBe("billing");
    expect(world.sink.written[0]).toMatchObject({
      chosen: "billing",
      propensity: 1,
      context: {},
      source: "fallback",
      fallbackReason: "context-error",
    });
    expect(world.log[0]).toContain(words);
    expect(router.status().fallbacks).toEqual({ "context-error": 1 });
  });

  it.each([
    ["is a promise", async () => ({ tech: false }), "a promise from the mask function"],
    ["is nothing", () => undefined, "undefined from the mask function"],
    ["allows nothing", () => ({ billing: false, tech: false, sales: false }), "a mask that allows no destination"],
  ])("a mask that %s leaves the choice to the fallback", async (_what, mask, message) => {
    const world = createWorld();
    const { router } = build(world, { mask, exploration: 1 });
    expect(await router.invoke({ topic: "invoice" }, taskConfig("1"))).toBe("billing");
    expect(world.sink.written[0]).toMatchObject({ fallbackReason: "context-error", propensity: 1 });
    expect(world.log.join()).toContain(message);
  });

  it("a context function that never answers is given up after the time budget", async () => {
    const world = createWorld();
    const { router } = build(world, { context: () => new Promise(() => {}), timeBudgetMs: 20 });
    const answer = router.invoke({ topic: "invoice" });
    world.clock.advance(20);
    expect(await answer).toBe("billing");
    expect(world.sink.written[0]?.fallbackReason).toBe("time-budget");
  });
});

describe("wrong options and destinations", () => {
  it.each([
    [{ exploraton: 0.1 }, "CONFIG_UNKNOWN_KEY", '"exploration"'],
    [{ exploration: 2 }, "ROUTER_INVALID", "a number in [0,1]"],
    [{ destinations: ["billing"] }, "ROUTER_INVALID", "at least two"],
    [{ destinations: ["billing", "billing"] }, "ROUTER_INVALID", "differ"],
    [{ context: 1 }, "ROUTER_INVALID", "a function"],
    [{ canary: { share: 0, decisions: 1 } }, "ROUTER_INVALID", "share"],
    [{ mode: "live" }, "ROUTER_INVALID", "shadow"],
  ] as const)("%j is refused with %s", (options, code, words) => {
    const world = createWorld();
    try {
      build(world, options);
      expect.unreachable();
    } catch (error) {
      expect(isLearningError(error, code)).toBe(true);
      expect(String(error)).toContain(words);
    }
  });

  it("a fallback that names an unknown destination is an error that names it", async () => {
    const world = createWorld();
    const { graph } = build(world, { fallback: () => "bilingg" });
    await expect(graph.invoke({ topic: "x" })).rejects.toThrow(
      '[DESTINATION_UNKNOWN] received "bilingg" from the fallback of triage; expected one of billing, tech, sales. Return a destination of the router (the nearest is billing)',
    );
  });

  it("an error of the fallback itself stays what it was", async () => {
    const world = createWorld();
    const { graph } = build(world, {
      fallback: () => {
        throw new TypeError("mine");
      },
    });
    await expect(graph.invoke({ topic: "x" })).rejects.toThrow(TypeError);
  });
});
