import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { CollectiveLearningLoop, createMemoryStore, createRng, ManualClock } from "langgraph-collective-learning";
import { describe, expect, it } from "vitest";
import { z } from "zod";

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
      const reward = Number(rng.next() < [0.3, 0.95, 0.02][bs]);
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
});
