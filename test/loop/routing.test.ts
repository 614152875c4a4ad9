import { Command, END, interrupt, MemorySaver, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { adviceSchema, CollectiveLearningLoop } from "langgraph-collective-learning";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { routingArtifactName } from "../../src/policies/index.js";
import { createMemoryStore } from "../../src/store/index.js";
import { trainedArtifact } from "../routing/support/policy.js";

const State = new StateSchema({
  topic: z.string(),
  advice: adviceSchema.optional(),
  solved: z.string().optional(),
  routed: z.string().optional(),
});
type S = typeof State.State;
const destinations = ["billing", "tech", END] as const;
const context = (s: S) => ({ topic: s.topic });

let loop: CollectiveLearningLoop;
beforeEach(async () => {
  loop = await CollectiveLearningLoop.open({ store: createMemoryStore(), capture: { capture: "tap" } });
});
afterEach(() => loop.close());

async function promote(point: string, names: readonly string[]): Promise<void> {
  const name = routingArtifactName(point);
  const { version } = await loop.registry.publish(name, "routing-policy", trainedArtifact(point, names), { rows: 150 });
  await loop.registry.promote(name, version, "test");
}

function build() {
  const router = loop.commandRouter({
    decisionPoint: "triage",
    destinations,
    context,
    fallback: () => "billing",
    update: (_, routed) => ({ routed }),
    control: 0,
  });
  const advisor = loop.advisorGraph({
    decisionPoint: "advisor",
    destinations: ["billing", "tech", "sales"],
    state: { topic: z.string() },
    context: (s) => ({ topic: s.topic }),
    fallback: () => "sales",
  });
  return new StateGraph(State)
    .addNode("advisor", advisor.compile())
    .addNode("billing", () => ({ solved: "billing" }))
    .addNode("tech", () => ({ solved: "tech" }))
    .addNode("triage", router, { ends: router.ends })
    .addEdge(START, "advisor")
    .addEdge("advisor", "triage")
    .addEdge("billing", END)
    .addEdge("tech", END)
    .compile({ checkpointer: new MemorySaver() });
}

describe("the loop's routing", () => {
  it("advises, routes, explains, draws and replays in one wrapped graph", async () => {
    await promote("triage", destinations);
    await promote("advisor", ["billing", "tech", "sales"]);
    const graph = loop.wrap(build(), { workflowType: "support" });
    await loop.triggerLearningCycle();
    const config = { configurable: { thread_id: "t" }, metadata: { workflowId: "w" } };
    const result = await graph.invoke({ topic: "crash" }, config);
    expect(result).toMatchObject({ routed: "tech", solved: "tech", advice: { destination: "tech", source: "policy" } });
    const decisions = await loop.getDecisions("w");
    expect(decisions.map((d) => `${d.index} ${d.decisionPoint} ${d.mode}`)).toEqual([
      "0 advisor advise",
      "1 triage act",
    ]);
    const decision = decisions[1];
    expect(await loop.explainDecision(decision)).toMatchObject({ preferred: "tech", policyVersion: "v1" });
    await expect(loop.explainDecision({ ...decision, policyVersion: undefined })).rejects.toThrow("ARTIFACT_UNKNOWN");
    const drawn = await loop.drawGraph(graph);
    expect(drawn).toMatch(/\|"100 % of traffic \(1\)<br\/>preference 1\.00"\|/);
    const pair = await loop.counterfactual(graph, { decision, destination: "billing", pure: ["billing"] });
    expect([pair.factual.values.solved, pair.counterfactual.values.solved]).toEqual(["tech", "billing"]);
    expect(await loop.getDecisions("w")).toHaveLength(2);
    expect((await loop.getLearningStatus()).capture.routing).toHaveProperty("advisor.decisions", 1);
  });

  it("serves what is promoted to the next run of a conversation's id, and not to one that is interrupted", async () => {
    const router = loop.router({
      ...{ decisionPoint: "turn", control: 0, destinations, context },
      fallback: ({ routed }: S) => (routed ? END : "billing"),
    });
    const graph = new StateGraph(State)
      .addNode("start", () => ({}))
      .addNode("billing", ({ topic }: S) => ({ routed: topic === "ask" ? interrupt("which?") : "billing" }))
      .addNode("tech", () => ({}))
      .addEdge(START, "start")
      .addConditionalEdges("start", router, [...destinations])
      .addConditionalEdges("billing", router, [...destinations])
      .addEdge("tech", END);
    const chat = loop.wrap(graph.compile(), { workflowType: "chat" });
    const asking = loop.wrap(graph.compile({ checkpointer: new MemorySaver() }), { workflowType: "asking" });
    const config = (id: string) => ({ configurable: { thread_id: id }, metadata: { workflowId: id } });
    await chat.invoke({ topic: "crash" }, config("chat"));
    await asking.invoke({ topic: "ask" }, config("asking"));
    await promote("turn", destinations);
    await loop.triggerLearningCycle();
    await chat.invoke({ topic: "crash" }, config("chat"));
    await asking.invoke(new Command({ resume: "billing" }), config("asking"));
    const modesOf = async (id: string) => (await loop.getDecisions(id)).map((d) => d.mode);
    expect(await modesOf("chat")).toEqual(["shadow", "shadow", "act"]);
    expect(await modesOf("asking")).toEqual(["shadow", "shadow"]);
  });

  it("refuses to wrap a graph that would run static and learned edges together", () => {
    const router = loop.router({ decisionPoint: "edge", destinations: ["a", "b"], context, fallback: () => "a" });
    const graph = new StateGraph(State)
      .addNode("start", () => ({}))
      .addNode("a", () => ({}))
      .addNode("b", () => ({}))
      .addEdge(START, "start")
      .addConditionalEdges("start", router, router.destinations)
      .addEdge("start", "b")
      .compile();
    expect(() => loop.wrap(graph, { workflowType: "x" })).toThrow("ROUTER_INVALID");
  });
});
