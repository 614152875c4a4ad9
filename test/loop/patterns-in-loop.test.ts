import { CollectiveLearningLoop } from "langgraph-collective-learning";
import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../src/store/index.js";
import { learnPatterns } from "../../src/worker/jobs/learn-patterns.js";
import { CollectedFacts } from "../../src/worker/state.js";
import { aSegment } from "../patterns/support/traces.js";
import { aDecision, aFeedback } from "../support/facts.js";

const facts = () => ({
  trace: Array.from({ length: 40 }, (_, i) => aSegment(`w${i}`, i % 2 ? ["a", "b"] : ["a", "c"])),
  decision: Array.from({ length: 40 }, (_, i) => aDecision({ workflowId: `w${i}`, decisionId: `d${i}` })),
  feedback: Array.from({ length: 40 }, (_, i) =>
    aFeedback({ workflowId: `w${i}`, feedbackId: `f${i}`, outcome: i % 2 }),
  ),
});
const input = { options: { seed: 1, permutations: 99 }, rows: { reward: {} } };

describe("patterns of the same facts", () => {
  const learn = async (state: CollectedFacts, known?: object, change: object = {}) => {
    let mined = false;
    const progress = () => {
      mined = true;
    };
    const context = { state, cancelled: () => false, progress };
    const learned = await learnPatterns.run({ ...input, ...change, ...(known && { known }) }, context);
    return { ...learned, mined };
  };
  const collected = () => {
    const state = new CollectedFacts();
    state.add(facts());
    return state;
  };

  it("are not mined again, in a new process neither", async () => {
    const first = await learn(collected());
    expect(first).toMatchObject({ mined: true, fresh: { report: { runs: 40 } } });
    expect(await learn(collected(), { basis: first.basis })).toEqual({ basis: first.basis, mined: false });
  });

  it.each<[string, (state: CollectedFacts) => void]>([
    ["a rating comes", (s) => s.add({ feedback: [aFeedback({ workflowId: "w3", feedbackId: "late", outcome: 0 })] })],
    ["a run comes", (s) => s.add({ trace: [aSegment("w99", ["a", "b"])] })],
    [
      "a decision is recorded anew",
      (s) => s.add({ decision: [aDecision({ workflowId: "w3", decisionId: "d3", chosen: "y" })] }),
    ],
  ])("are mined again when %s", async (_, change) => {
    const { basis } = await learn(collected());
    const state = collected();
    change(state);
    expect(await learn(state, { basis })).toMatchObject({ mined: true });
  });

  it("are mined again when rewards are composed differently; a report that stays the same is not given back", async () => {
    const { basis, fresh } = await learn(collected());
    const other = await learn(
      collected(),
      { basis, content: fresh?.content },
      { rows: { reward: { weights: { cost: 0.06 } } } },
    );
    expect(other).toMatchObject({ mined: true });
    expect(other.basis).not.toBe(basis);
    expect(other.fresh).toBeUndefined();
  });
});

describe("the loop over a store it learned from before", () => {
  it("publishes no second report", async () => {
    const store = createMemoryStore();
    const all = facts();
    await store.append("trace", all.trace);
    await store.append("feedback", all.feedback);
    const cycle = async () => {
      const loop = await CollectiveLearningLoop.open({ store, enableRewardModel: false });
      const { steps } = await loop.triggerLearningCycle();
      await loop.close();
      return steps.find((s) => s.component === "patterns");
    };
    expect(await cycle()).toMatchObject({ state: "done", samples: 40 });
    expect(await cycle()).toMatchObject({ state: "idle", samples: 40, message: "nothing new since v1" });
  });
});
