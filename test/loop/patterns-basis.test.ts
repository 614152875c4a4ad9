import { expect, it } from "vitest";
import { learnPatterns } from "../../src/worker/jobs/learn-patterns.js";
import { CollectedFacts } from "../../src/worker/state.js";
import { aDecision, aFeedback, aTrace } from "../support/facts.js";

const factsOf = (from: number, to: number, change = {}) => {
  const ids = Array.from({ length: to - from }, (_, i) => `w${from + i}`);
  return {
    trace: ids.map((workflowId) => aTrace({ workflowId, segmentId: `s-${workflowId}` })),
    decision: ids.map((workflowId) => aDecision({ workflowId, decisionId: `d-${workflowId}`, ...change })),
    feedback: ids.map((workflowId) => aFeedback({ workflowId, feedbackId: `f-${workflowId}` })),
  };
};

const basisOf = async (state: CollectedFacts) =>
  (await learnPatterns.run({ options: {}, rows: { reward: {} } }, { state, cancelled: () => false, progress() {} }))
    .basis;

it("names the same facts alike, whether they came at once or cycle by cycle, and others otherwise", async () => {
  const [grown, atOnce] = [new CollectedFacts(), new CollectedFacts()];
  grown.add(factsOf(0, 12));
  const before = await basisOf(grown);
  grown.add(factsOf(12, 15));
  atOnce.add(factsOf(0, 15));
  const basis = await basisOf(grown);
  expect(basis).toBe(await basisOf(atOnce));
  expect(basis).not.toBe(before);
  grown.add({ decision: factsOf(3, 4, { chosen: "y" }).decision });
  expect(await basisOf(grown)).not.toBe(basis);
});
