import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { adviceSchema, assertRoutable, createAdvisorGraph, createPolicyNode } from "../../src/routing/index.js";
import { promote, trainedArtifact } from "./support/policy.js";
import { createWorld } from "./support/world.js";

const destinations = ["billing", "tech", "sales"] as const;
const State = new StateSchema({ topic: z.string(), advice: adviceSchema.optional(), visited: z.string().optional() });
type S = typeof State.State;
const options = { decisionPoint: "triage", destinations, context: (s: S) => ({ topic: s.topic }) };

describe("a policy node", () => {
  function build(world: ReturnType<typeof createWorld>, mode?: "auto") {
    const node = createPolicyNode({ ...options, fallback: () => "sales", exploration: 0.2, mode }, world.deps);
    const graph = new StateGraph(State)
      .addNode("policy", node)
      .addNode("work", (s) => ({ visited: s.advice?.destination }))
      .addEdge(START, "policy")
      .addEdge("policy", "work")
      .compile();
    return { node, graph };
  }

  it("writes under the key of the state that it is given", async () => {
    const world = createWorld();
    const node = createPolicyNode({ ...options, fallback: () => "sales", stateKey: "hint" }, world.deps);
    const Other = new StateSchema({ topic: z.string(), hint: adviceSchema.optional() });
    const graph = new StateGraph(Other)
      .addNode("policy", node)
      .addEdge(START, "policy")
      .addEdge("policy", END)
      .compile();
    expect((await graph.invoke({ topic: "crash" })).hint).toMatchObject({ destination: "sales", source: "fallback" });
  });

  it("writes advice, and records it without a propensity, since its reader may do otherwise", async () => {
    const world = createWorld();
    const version = await promote(world.registry, trainedArtifact("triage", destinations));
    const { node, graph } = build(world);
    await node.ready();
    const { advice, visited } = await graph.invoke({ topic: "crash" });
    expect(visited).toBe("tech");
    expect(advice).toMatchObject({
      decisionPoint: "triage",
      destination: "tech",
      source: "policy",
      policyVersion: version,
    });
    expect(advice?.why).toMatch(/^tech over \w+: topic/);
    expect(world.sink.written[0]).toMatchObject({ mode: "advise", chosen: "tech", source: "policy" });
    expect(world.sink.written[0]).not.toHaveProperty("propensity");
  });

  it("says what the fallback says while there is no policy", async () => {
    const world = createWorld();
    const { advice } = await build(world).graph.invoke({ topic: "crash" });
    expect(advice).toMatchObject({ destination: "sales", source: "fallback", confidence: 0, why: "no-policy" });
    expect(world.sink.written[0]).not.toHaveProperty("propensity");
    world.disable();
    const off = await build(world).graph.invoke({ topic: "crash" });
    expect(off.advice).toMatchObject({ destination: "sales", why: "learning is disabled" });
  });

  it("is logged like a router where the graph follows it", async () => {
    const world = createWorld();
    const { node, graph } = build(world, "auto");
    const shadow = await graph.invoke({ topic: "crash" }, { metadata: { workflowId: "1" } });
    expect(shadow.advice?.probabilities.sales).toBeCloseTo(1 - 0.2 + 0.2 / 3, 12);
    await promote(world.registry, trainedArtifact("triage", destinations));
    await node.ready();
    for (let i = 0; i < 20; i++) {
      const { advice } = await graph.invoke({ topic: "crash" }, { metadata: { workflowId: `r${i}` } });
      const logged = world.sink.written.at(-1);
      expect(logged).toMatchObject({ mode: "act", chosen: advice?.destination });
      expect(logged?.propensity).toBeCloseTo(advice?.probabilities[logged?.chosen ?? ""] ?? -1, 12);
    }
  });
});

describe("an advisor graph", () => {
  it("is an uncompiled graph that writes advice into its host's state", async () => {
    const world = createWorld();
    await promote(world.registry, trainedArtifact("triage", destinations));
    const advisor = createAdvisorGraph(
      {
        decisionPoint: "triage",
        destinations,
        state: { topic: z.string() },
        context: (s) => {
          expectTypeOf(s.topic).toEqualTypeOf<string>();
          return { topic: s.topic };
        },
        fallback: () => "sales",
      },
      world.deps,
    ).compile();
    await new Promise((done) => setImmediate(done));
    const host = new StateGraph(State)
      .addNode("advisor", advisor)
      .addNode("work", (s) => ({ visited: s.advice?.destination }))
      .addEdge(START, "advisor")
      .addEdge("advisor", "work")
      .addEdge("work", END)
      .compile();
    assertRoutable(host);
    const result = await host.invoke({ topic: "invoice" }, { metadata: { workflowId: "h" } });
    expect(result.visited).toBe("billing");
    expect(adviceSchema.parse(result.advice)).toEqual(result.advice);
    expect(world.sink.view()).toHaveLength(1);
  });
});
