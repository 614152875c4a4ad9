import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { CollectiveLearningLoop, createMemoryStore, createRng, ManualClock } from "langgraph-collective-learning";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { changedBeside } from "../../src/learning/beside.js";
import { openRegistry } from "../../src/registry/index.js";
import { survey } from "../../src/worker/jobs/survey.js";
import { CollectedFacts } from "../../src/worker/state.js";
import { aDecision } from "../support/facts.js";

const State = new StateSchema({ bs: z.number() });

/** Two decision points of one run; b alone helps at either, both together ruin the run. */
async function opened() {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const rng = createRng("together");
  const loop = await CollectiveLearningLoop.open({
    store: createMemoryStore({ clock }),
    storagePath: "unused",
    clock,
    enablePatternDiscovery: false,
    enableRewardModel: false,
    enablePromptOptimization: false,
    enableRlTraining: false,
  });
  const ways = ["a", "b"] as const;
  const router = (decisionPoint: string) =>
    loop.router({
      decisionPoint,
      destinations: ways,
      context: () => ({ k: 1 }),
      fallback: () => "a",
      exploration: 0.6,
    });
  const graph = loop.wrap(
    new StateGraph(State)
      .addNode("first", () => ({}))
      .addNode("second", () => ({}))
      .addNode("b1", (s) => ({ bs: s.bs + 1 }))
      .addNode("b2", (s) => ({ bs: s.bs + 1 }))
      .addEdge(START, "first")
      .addConditionalEdges("first", router("first"), { a: "second", b: "b1" })
      .addEdge("b1", "second")
      .addConditionalEdges("second", router("second"), { a: END, b: "b2" })
      .addEdge("b2", END)
      .compile(),
    { workflowType: "w" },
  );
  let n = 0;
  const serve = async (runs: number) => {
    let sum = 0;
    for (let i = 0; i < runs; i++) {
      clock.advance(60_000);
      const workflowId = `w${n++}`;
      const { bs } = await graph.invoke({ bs: 0 }, { metadata: { workflowId } });
      const reward = Number(rng.next() < ([0.3, 0.95, 0.02][bs] as number));
      sum += reward;
      await loop.feedback.submitOutcome(workflowId, reward);
    }
    return sum / runs;
  };
  return { loop, serve };
}

describe("two decision points of the same runs", () => {
  it("do not change in one cycle, and the second is judged beside what the first became", async () => {
    const { loop, serve } = await opened();
    const champions = async () =>
      (await loop.getLearningStatus()).decisionPoints.flatMap((p) =>
        p.champion === undefined ? [] : [p.decisionPoint],
      );
    let most = 0;
    for (let cycle = 0; cycle < 3; cycle++) {
      await serve(200);
      await loop.triggerLearningCycle();
      most = Math.max(most, (await champions()).length);
    }
    // Each of both would be promoted by its own decisions, and runs would earn next to nothing.
    expect(most).toBeLessThanOrEqual(1);
    expect(await serve(100)).toBeGreaterThan(0.3);
    await loop.close();
  }, 60_000);

  it("are known by the runs they share, prompts apart", async () => {
    const facts = new CollectedFacts();
    const at = (decisionPoint: string, workflowId: string) =>
      aDecision({ decisionId: `${decisionPoint}${workflowId}`, decisionPoint, workflowId });
    facts.add({ decision: [at("a", "w1"), at("b", "w1"), at("prompt/p", "w1"), at("c", "w2"), at("a", "w3")] });
    const context = { state: facts, progress: () => {}, cancelled: () => false };
    const points = await survey.run({ reward: {} }, context as never);
    expect(Object.fromEntries(points.map((p) => [p.decisionPoint, p.together]))).toEqual({
      a: ["b"],
      b: ["a"],
      "prompt/p": [],
      c: [],
    });
  });

  it("changed when a version was proven or rolled back, not when one was continued", async () => {
    const clock = new ManualClock(Date.UTC(2026, 0, 1));
    const store = createMemoryStore({ clock });
    const registry = await openRegistry({ documents: store.documents, blobs: store.blobs, clock });
    const changed = () => changedBeside(["a", "unknown"], registry, store.documents);
    expect(await changed()).toBeUndefined();
    const name = "policy/a";
    for (const payload of [1, 2]) {
      clock.advance(60_000);
      const { version } = await registry.publish(name, "routing-policy", { payload }, { rows: 1 });
      await registry.promote(name, version, "by proof");
    }
    await store.documents.put("gate/a", { schemaVersion: 1, watch: { anchor: "v1" } });
    expect(await changed()).toBe("2026-01-01T00:01:00.000Z");
    clock.advance(60_000);
    await registry.rollback(name, "worse");
    expect(await changed()).toBe("2026-01-01T00:03:00.000Z");
  });
});
