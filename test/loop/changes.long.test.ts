import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { CollectiveLearningLoop, createRng, ManualClock } from "langgraph-collective-learning";
import { createMemoryStore } from "langgraph-collective-learning/store";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { DestinationChange } from "../../src/evaluation/improvement.js";
import type { TrainedChallenger } from "../../src/evaluation/point/challenger.js";
import { inputOf } from "../../src/evaluation/point/encode.js";
import { servable } from "../../src/evaluation/point/judged-rows.js";
import { destinationChanges } from "../../src/worker/changes.js";
import { trainRouting } from "../../src/worker/jobs/train-routing.js";
import { rowsByPoint } from "../../src/worker/rows.js";
import { CollectedFacts } from "../../src/worker/state.js";
import { aDecision, aFeedback } from "../support/facts.js";

const rows = { reward: {} };
const timeOf = (i: number) => new Date(Date.UTC(2026, 0, 1) + i * 60_000).toISOString();

/** Decisions of one point by coin; `x` earns with probability `rate(i)`, `y` with one half. */
function collect(facts: CollectedFacts, from: number, to: number, rate: (i: number) => number): void {
  for (let i = from; i < to; i++) {
    const rng = createRng(`run ${i}`);
    const ids = { workflowId: `w${i}`, at: timeOf(i) };
    const chosen = rng.next() < 0.5 ? "x" : "y";
    const outcome = Number(rng.next() < (chosen === "x" ? rate(i) : 0.5));
    const even = { propensity: 0.5, probabilities: [0.5, 0.5] };
    const decision = aDecision({ ...ids, ...even, decisionPoint: "p", decisionId: `d${i}`, chosen });
    facts.add({ decision: [decision], feedback: [aFeedback({ ...ids, feedbackId: `f${i}`, outcome })] });
  }
}

const changesOf = (facts: CollectedFacts, known: readonly DestinationChange[], now: number) =>
  destinationChanges(facts, "p", rowsByPoint(facts, rows).get("p") ?? [], known, timeOf(now));

/** What a policy learned from the beginning expects of `x`. */
async function expectedOf(state: CollectedFacts, changes: readonly DestinationChange[]): Promise<number> {
  const context = { state, progress: () => {}, cancelled: () => false };
  const input = { decisionPoint: "p", rows, learn: {}, seed: 1, trainShare: 1, minSamples: 10, changes };
  const [trained] = (await trainRouting.run(input, context)) as [TrainedChallenger];
  const { policy, encoders } = servable(trained.artifact);
  const row = rowsByPoint(state, rows).get("p")?.at(-1);
  if (!row) throw new Error("no row");
  return policy.predict(inputOf(row, encoders))[0]?.mean ?? 0.5;
}

describe("a destination that changes", () => {
  it("is found as decisions come, and what it was before is left out of what is learned", async () => {
    const facts = new CollectedFacts();
    collect(facts, 0, 600, () => 0.9);
    expect(changesOf(facts, [], 600)).toEqual([]);
    collect(facts, 600, 700, () => 0.1);
    const found = changesOf(facts, [], 700);
    expect(found).toMatchObject([{ destination: "x", seenAt: timeOf(700) }]);
    expect(Math.abs(Date.parse(found[0]?.at ?? "") - Date.parse(timeOf(600)))).toBeLessThan(30 * 60_000);
    expect(found[0]?.shift).toBeLessThan(-0.5);
    // The same decisions tell nothing twice, also when the watch begins anew in another process.
    expect(changesOf(facts, found, 701)).toBe(found);
    const restarted = new CollectedFacts();
    collect(restarted, 0, 700, (i) => (i < 600 ? 0.9 : 0.1));
    expect(changesOf(restarted, found, 702)).toBe(found);
    const [without, all] = [await expectedOf(facts, found), await expectedOf(facts, [])];
    expect(without).toBeLessThan(0.3);
    expect(all).toBeGreaterThan(without);
  });

  it("is not found where people only complain unasked beside those who are asked", async () => {
    const facts = new CollectedFacts();
    collect(facts, 0, 900, () => 0.7);
    const all = (rowsByPoint(facts, rows).get("p") ?? []).map((row, i) => {
      const complains = i >= 600 && i % 2 === 0 && row.chosen === "x";
      if (complains) return { ...row, reward: 0, ratedBy: "unasked" as const };
      return { ...row, ratedBy: "asked" as const, ratedProbability: 0.5 };
    });
    expect(destinationChanges(facts, "p", all, [], timeOf(900))).toEqual([]);
    const measured = all.map((row) => ({ ...row, ratedBy: "measured" as const }));
    expect(destinationChanges(new CollectedFacts(), "p", measured, [], timeOf(900))).toMatchObject([
      { destination: "x" },
    ]);
  });

  it("is known at once when an earlier time of it comes back", async () => {
    const facts = new CollectedFacts();
    const rate = (i: number) => (i >= 500 && i < 1000 ? 0.1 : 0.9);
    collect(facts, 0, 500, rate);
    collect(facts, 500, 1000, rate);
    collect(facts, 1000, 1100, rate);
    const found = changesOf(facts, [], 1100);
    expect(found.map((c) => Math.sign(c.shift))).toEqual([-1, 1]);
    expect(await expectedOf(facts, found)).toBeGreaterThan(0.75);
  });

  it("stands in the status and in the warnings, with the day and how much", async () => {
    const clock = new ManualClock(Date.UTC(2026, 0, 1));
    const options = { enablePatternDiscovery: false, enableRewardModel: false, enablePromptOptimization: false };
    const loop = await CollectiveLearningLoop.open({ store: createMemoryStore({ clock }), clock, seed: 1, ...options });
    const State = new StateSchema({ kind: z.string() });
    const router = loop.router({
      decisionPoint: "p",
      destinations: ["x", "y"] as const,
      context: (s: typeof State.State) => ({ kind: s.kind }),
      fallback: () => "x" as const,
      exploration: 0.4,
    });
    const graph = loop.wrap(
      new StateGraph(State)
        .addNode("begin", () => ({}))
        .addNode("x", () => ({ kind: "x" }))
        .addNode("y", () => ({ kind: "y" }))
        .addEdge(START, "begin")
        .addConditionalEdges("begin", router, ["x", "y"])
        .addEdge("x", END)
        .addEdge("y", END)
        .compile(),
      { workflowType: "w" },
    );
    const rng = createRng("outcomes");
    for (let i = 0; i < 500; i++) {
      clock.advance(60_000);
      const { kind } = await graph.invoke({ kind: "mail" }, { metadata: { workflowId: `w${i}` } });
      await loop.feedback.submitOutcome(`w${i}`, Number(rng.next() < (kind === "x" && i >= 380 ? 0.05 : 0.9)));
    }
    await loop.triggerLearningCycle();
    const { decisionPoints, warnings } = await loop.getLearningStatus();
    expect(decisionPoints[0]?.changes).toMatchObject([{ destination: "x" }]);
    expect(warnings).toContainEqual(
      expect.stringMatching(/^p: x earns 0\.\d\d less than before in like cases, since 2026/),
    );
    await loop.close();
  });
});
