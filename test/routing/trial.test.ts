import { START, StateGraph, StateSchema } from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { clusterOfDraws } from "../../src/evaluation/point/cluster.js";
import { routingArtifactName } from "../../src/policies/index.js";
import { createRouter } from "../../src/routing/index.js";
import { trainedArtifact } from "./support/policy.js";
import { createWorld } from "./support/world.js";

const State = new StateSchema({ topic: z.string(), visited: z.string().optional() });
const destinations = ["a", "b", "c"] as const;

/** A graph with one learned edge, whose fallback says a; a version that says b for crashes is on trial. */
async function tried(
  terms: { share: number; uniform: number; unit: "decision" | "run" },
  trial?: { stickyBy: "thread" | "user" },
) {
  const world = createWorld();
  const name = routingArtifactName("way");
  const { version } = await world.registry.publish(name, "routing-policy", trainedArtifact("way", destinations));
  await world.registry.tryOut(name, version, terms);
  const options = { decisionPoint: "way", destinations, context: (s: { topic: string }) => ({ topic: s.topic }) };
  const router = createRouter(
    { ...options, fallback: () => "a", exploration: 0.1, ...(trial && { trial }) },
    world.deps,
  );
  await router.ready();
  const graph = new StateGraph(State)
    .addNode("a", () => ({ visited: "a" }))
    .addNode("b", () => ({ visited: "b" }))
    .addNode("c", () => ({ visited: "c" }))
    .addConditionalEdges(START, router, [...destinations])
    .compile();
  return { world, graph, version };
}

describe("a version on trial", () => {
  it("has its share where it would choose otherwise, logged with its probability", async () => {
    const { world, graph, version } = await tried({ share: 0.3, uniform: 0.06, unit: "decision" });
    for (let i = 0; i < 400; i++) {
      const topic = i % 2 ? "crash" : "invoice";
      await graph.invoke({ topic }, { metadata: { workflowId: `w${i}` } });
    }
    const view = world.sink.view();
    for (const d of view) {
      const crash = d.context.topic === "crash";
      expect(d).toMatchObject({
        mode: "trial",
        trial: { version, share: 0.3, serving: "a", challenger: crash ? "b" : "a" },
      });
      // By hand: 0.06 / 3 everywhere, and of the rest 0.3 to b where the two differ.
      const [a, b, c] = crash ? [0.678, 0.302, 0.02] : [0.96, 0.02, 0.02];
      expect(d.probabilities?.map((p) => Number(p.toFixed(6)))).toEqual([a, b, c]);
    }
    const followed = view.filter((d) => d.context.topic === "crash" && d.chosen === "b").length;
    expect(followed).toBeGreaterThan(0.302 * 200 - 4 * Math.sqrt(200 * 0.302 * 0.698));
    expect(followed).toBeLessThan(0.302 * 200 + 4 * Math.sqrt(200 * 0.302 * 0.698));
    expect(view.filter((d) => d.context.topic === "invoice" && d.source === "policy")).toEqual([]);
  });

  it("ends for every decision at once, and leaves uniform exploration", async () => {
    const { world, graph } = await tried({ share: 0.5, uniform: 0.02, unit: "decision" });
    await world.registry.endTrial(routingArtifactName("way"));
    await graph.invoke({ topic: "crash" }, { metadata: { workflowId: "w" } });
    expect(world.sink.view()[0]).toMatchObject({ mode: "shadow" });
    expect(world.sink.view()[0]?.trial).toBeUndefined();
  });
});

describe("a workflow id that comes again", () => {
  it("draws anew each time", async () => {
    const { world, graph } = await tried({ share: 0.3, uniform: 0.06, unit: "decision" });
    for (let i = 0; i < 200; i++) await graph.invoke({ topic: "crash" }, { metadata: { workflowId: "conversation" } });
    const chosen = world.sink.view().filter((d) => d.chosen === "b").length;
    expect(chosen).toBeGreaterThan(30);
    expect(chosen).toBeLessThan(95);
  });
});

describe("a version on trial, for whole conversations or people", () => {
  const terms = { share: 0.5, uniform: 0, unit: "decision" } as const;
  /** Three runs in each of 60 threads, two threads a person: who went which way, by thread. */
  async function ways(by: "thread" | "user") {
    const { world, graph } = await tried(terms, { stickyBy: by });
    const chosen = new Map<string, Set<string>>();
    for (let i = 0; i < 180; i++) {
      const thread = `t${i % 60}`;
      const [user, workflowId] = [`u${i % 30}`, `w${i}`];
      await graph.invoke(
        { topic: "crash" },
        { metadata: { workflowId, userId: user }, configurable: { thread_id: thread } },
      );
      const way = world.sink.view().at(-1)?.chosen ?? "";
      const key = by === "thread" ? thread : user;
      chosen.set(key, (chosen.get(key) ?? new Set()).add(way));
    }
    return { world, chosen };
  }

  it.each(["thread", "user"] as const)("each %s goes one way, and about half of them the challenger's", async (by) => {
    const { world, chosen } = await ways(by);
    expect([...chosen.values()].every((of) => of.size === 1)).toBe(true);
    const challenger = [...chosen.values()].filter((of) => of.has("b")).length / chosen.size;
    expect(Math.abs(challenger - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / chosen.size));
    // Each alone was as likely as if it had been drawn by itself.
    for (const d of world.sink.view()) expect(d.propensity).toBe(0.5);
  });

  it("is one piece of evidence: runs are never taken apart", () => {
    expect(clusterOfDraws("run", undefined)).toBe("run");
    expect(clusterOfDraws("run", "thread")).toBe("thread");
    expect(clusterOfDraws("run", "user")).toBe("user");
    expect(clusterOfDraws("thread", "user")).toBe("user");
    expect(clusterOfDraws("user", "thread")).toBe("user");
  });
});
