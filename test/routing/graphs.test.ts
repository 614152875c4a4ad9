import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { assertRoutable, createCommandRouter, createRouter } from "../../src/routing/index.js";
import { promote, trainedArtifact } from "./support/policy.js";
import { createWorld } from "./support/world.js";

const State = new StateSchema({ topic: z.string(), went: z.string().optional(), visited: z.string().optional() });
type S = typeof State.State;
const base = { decisionPoint: "triage", context: (s: S) => ({ topic: s.topic }) };

function nodes() {
  return new StateGraph(State)
    .addNode("start", () => ({}))
    .addNode("billing", () => ({ visited: "billing" }))
    .addNode("tech", () => ({ visited: "tech" }))
    .addEdge(START, "start");
}

describe("a Command-returning router node", () => {
  function build(world: ReturnType<typeof createWorld>) {
    const router = createCommandRouter(
      {
        ...base,
        destinations: ["billing", "tech", END],
        fallback: (s) => (s.topic === "invoice" ? "billing" : END),
        update: (_, went) => ({ went }),
      },
      world.deps,
    );
    const graph = new StateGraph(State)
      .addNode("billing", () => ({ visited: "billing" }))
      .addNode("tech", () => ({ visited: "tech" }))
      .addNode("triage", router, { ends: router.ends })
      .addEdge(START, "triage")
      .compile();
    return { router, graph };
  }

  it("goes where the fallback or the policy says, END included, writing its update", async () => {
    const world = createWorld();
    const { graph, router } = build(world);
    assertRoutable(graph);
    expect(await graph.invoke({ topic: "invoice" })).toMatchObject({ went: "billing", visited: "billing" });
    const ended = await graph.invoke({ topic: "other" });
    expect(ended).toMatchObject({ went: END });
    expect(ended.visited).toBeUndefined();
    await promote(world.registry, trainedArtifact("triage", ["billing", "tech", END]));
    await router.ready();
    expect(await graph.invoke({ topic: "crash" }, { metadata: { workflowId: "n" } })).toMatchObject({
      visited: "tech",
    });
    expect(world.sink.view().map((d) => d.chosen)).toEqual(["billing", END, "tech"]);
  });

  it("refuses options it does not know", () => {
    const options = { ...base, destinations: ["a", "b"], fallback: () => "a" as const, updates: 1 };
    expect(() => createCommandRouter(options, createWorld().deps)).toThrow('Did you mean "update"?');
  });
});

describe("assertRoutable", () => {
  const router = (destinations: string[]) =>
    createRouter({ ...base, destinations, fallback: () => destinations[0] }, createWorld().deps);

  it("passes a graph whose learned edge stands alone, and graphs without learned edges", () => {
    assertRoutable(
      nodes()
        .addConditionalEdges("start", router(["billing", "tech"]), ["billing", "tech"])
        .compile(),
    );
    assertRoutable(
      nodes()
        .addConditionalEdges("start", router(["billing", "tech", END]))
        .compile(),
    );
    assertRoutable(nodes().addEdge("start", "billing").addEdge("billing", "tech").compile());
    assertRoutable({});
  });

  it("refuses a static edge beside a learned one", () => {
    const beside = nodes()
      .addConditionalEdges("start", router(["billing", "tech"]), ["billing", "tech"])
      .addEdge("start", "tech");
    expect(() => assertRoutable(beside.compile())).toThrow("the static edge start -> tech beside the learned routing");
    const joined = nodes()
      .addConditionalEdges("start", router(["billing", "tech"]), ["billing", "tech"])
      .addEdge(["start", "billing"], "tech");
    expect(() => assertRoutable(joined.compile())).toThrow("ROUTER_INVALID");
  });

  it("refuses destinations that the path map or the graph lacks, in subgraphs too", () => {
    const missing = nodes()
      .addConditionalEdges("start", router(["billing", "tehc"]), ["billing", "tech"])
      .compile();
    expect(() => assertRoutable(missing)).toThrow('the destination "tehc" of triage, which the path map lacks');
    expect(() => assertRoutable(missing)).toThrow("The nearest is tech");
    const unmapped = nodes()
      .addConditionalEdges("start", router(["billing", "sales"]))
      .compile();
    expect(() => assertRoutable(unmapped)).toThrow("which the graph lacks");
    const host = new StateGraph(State).addNode("inner", missing).addEdge(START, "inner").compile();
    expect(() => assertRoutable(host)).toThrow("DESTINATION_UNKNOWN");
    const node = createCommandRouter(
      { ...base, destinations: ["billing", "sales"], fallback: () => "billing" },
      createWorld().deps,
    );
    const command = nodes()
      .addNode("route", node, { ends: ["billing", "tech"] })
      .addEdge("start", "route")
      .compile();
    expect(() => assertRoutable(command)).toThrow('the destination "sales"');
  });
});
