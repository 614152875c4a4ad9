import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { CollectiveLearningLoop, createRng, ManualClock } from "langgraph-collective-learning";
import { fitEncoder } from "langgraph-collective-learning/encoding";
import { type FederationPlan, merge, policyOf } from "langgraph-collective-learning/together";
import { afterEach, expect, it } from "vitest";
import { z } from "zod";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const State = new StateSchema({ topic: z.string(), team: z.string().optional() });
const TOPICS = ["invoice", "crash"];
const plan: FederationPlan = {
  decisionPoint: "triage",
  encoder: fitEncoder(TOPICS.map((topic) => ({ topic }))).snapshot(),
  destinations: ["billing", "tech"],
};

/** A site whose users write about one topic only. */
async function site(name: string, topic: string) {
  const storagePath = mkdtempSync(join(tmpdir(), "site-"));
  folders.push(storagePath);
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const loop = await CollectiveLearningLoop.open({ storagePath, clock, enablePatternDiscovery: false });
  const router = loop.router({
    decisionPoint: "triage",
    destinations: ["billing", "tech"],
    context: (s: { topic: string }) => ({ topic: s.topic }),
    fallback: () => "billing" as const,
    exploration: 0.5,
  });
  const graph = loop.wrap(
    new StateGraph(State)
      .addNode("triage", () => ({}))
      .addNode("billing", () => ({ team: "billing" }))
      .addNode("tech", () => ({ team: "tech" }))
      .addEdge(START, "triage")
      .addConditionalEdges("triage", router, ["billing", "tech"])
      .addEdge("billing", END)
      .addEdge("tech", END)
      .compile(),
    { workflowType: "support" },
  );
  const rng = createRng(name);
  for (let i = 0; i < 60; i++) {
    clock.advance(60_000);
    const workflowId = `${name}-${i}`;
    const { team } = await graph.invoke({ topic }, { metadata: { workflowId } });
    const isRight = (topic === "crash") === (team === "tech");
    await loop.feedback.submitOutcome(workflowId, Number(rng.next() < (isRight ? 0.9 : 0.2)));
  }
  await loop.flush();
  return loop;
}

it("two sites learn from each other what neither saw, and their own gates judge it", async () => {
  const [north, south] = [await site("north", "invoice"), await site("south", "crash")];
  const contributions = [
    await north.federation.contribution(plan, "north"),
    await south.federation.contribution(plan, "south"),
  ];
  // What is sent holds no id, no text and no single row.
  expect(JSON.stringify(contributions)).not.toMatch(/north-\d|crash|invoice/);
  const merged = merge(plan, contributions);
  const rows = [...merged.sums.values()].reduce((n, s) => n + s.rows, 0);
  expect(rows).toBe(120);
  const artifact = policyOf(plan, merged);
  const { version } = await north.federation.offer(artifact, { sites: merged.sites, rows });
  expect(north.registry.champion("policy/triage")).toBeUndefined();
  expect(north.registry.versions("policy/triage").map((v) => v.version)).toContain(version);
  await north.registry.promote("policy/triage", version, "tried by hand");
  const advice = await north.optimizeOrchestratorDecision({ topic: "crash" });
  expect(advice.actions[0]?.destination).toBe("tech");
  await expect(north.federation.contribution({ ...plan, decisionPoint: "other" }, "north")).rejects.toThrow(
    /FEDERATION_INVALID.*"other"/,
  );
  await Promise.all([north.close(), south.close()]);
});
