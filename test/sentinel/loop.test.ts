import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { END, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { afterAll, expect, it } from "vitest";
import { CollectiveLearningLoop } from "../../src/loop/collective-learning-loop.js";
import { config, input, sentinel } from "./support/crew.js";

const folder = mkdtempSync(join(tmpdir(), "sentinel-loop-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("a Sentinel given to a loop at opening is captured, recorded, and known as a decision point", async () => {
  const graph = sentinel({ exploration: 0 }).compile({ name: "atlas" });
  await using loop = await CollectiveLearningLoop.open({ storagePath: join(folder, "a"), orchestrator: graph });
  const out = await graph.invoke(input, { ...config, metadata: { workflowId: "w" } });
  const decisions = await loop.getDecisions("w");
  expect(decisions.map((d) => d.chosen)).toEqual(out.steps.filter((s) => s.source !== "only").map((s) => s.action));
  const trace = await loop.getTrace("w");
  expect(trace?.workflowType).toBe("atlas");
  expect(trace?.nodes.some((n) => n.name === "weaver" && n.update?.includes('"under"'))).toBe(true);
  expect((await loop.getLearningStatus()).decisionPoints.map((p) => p.decisionPoint)).toEqual(["sentinel"]);
});

it("a loop given to a Sentinel does the same", async () => {
  await using loop = await CollectiveLearningLoop.open({ storagePath: join(folder, "b") });
  const graph = loop.wrap(sentinel({ loop }).compile(), { workflowType: "atlas" });
  await graph.invoke(input, { ...config, metadata: { workflowId: "w" } });
  expect((await loop.getDecisions("w")).length).toBeGreaterThan(5);
});

it("leaves a graph's own callbacks in place, and an earlier loop's handler out", async () => {
  let heard = 0;
  const own = { handleChainStart: () => void heard++ };
  const graph = sentinel()
    .compile()
    .withConfig({ callbacks: [own] });
  for (const name of ["e", "f"]) {
    await using loop = await CollectiveLearningLoop.open({ storagePath: join(folder, name), orchestrator: graph });
    await graph.invoke(input, { ...config, metadata: { workflowId: name } });
    expect((await loop.getTrace(name))?.nodes.length).toBeGreaterThan(5);
  }
  expect(heard).toBeGreaterThan(20);
  expect(graph.config?.callbacks).toHaveLength(2);
});

it("answers what the policy would do in a run's state, and says so where it is none", async () => {
  const graph = sentinel().compile();
  await using loop = await CollectiveLearningLoop.open({ storagePath: join(folder, "g"), orchestrator: graph });
  const state = await graph.invoke(input, config);
  expect(await loop.optimizeOrchestratorDecision(state)).toMatchObject({
    destination: "completeTask",
    source: "fallback",
  });
  await expect(loop.optimizeOrchestratorDecision({ nonsense: 1 })).rejects.toThrow(/a state without an outlook/);
});

it("takes any compiled graph as its orchestrator, and nothing that is neither", async () => {
  const builder = new StateGraph(MessagesAnnotation)
    .addNode("answer", () => ({ messages: [] }))
    .addEdge(START, "answer")
    .addEdge("answer", END);
  const graph = builder.compile();
  await using loop = await CollectiveLearningLoop.open({ storagePath: join(folder, "c"), orchestrator: graph });
  await graph.invoke({ messages: [] }, { metadata: { workflowId: "w" } });
  expect((await loop.getTrace("w"))?.nodes.map((n) => n.name)).toContain("answer");
  expect(() => loop.attach(builder)).toThrow(/a graph that is no Sentinel/);
  await expect(CollectiveLearningLoop.open({ storagePath: join(folder, "d"), orchestrator: {} })).rejects.toThrow(
    /orchestrator/,
  );
});
