import { describe, expect, it } from "vitest";
import { aDecision, aFeedback } from "../support/facts.js";
import { openWorld, supportPrompt } from "./support/world.js";

const RUNS = 3000;

/** An experiment with thousands of outcomes that nobody has taken in yet. */
async function manyOutcomes(reward: () => number) {
  const world = await openWorld({ reward });
  const v1 = await world.prompts.register("support", supportPrompt());
  const v2 = await world.prompts.register("support", supportPrompt("Answer with an example."));
  const { key } = await world.prompts.startExperiment({ promptId: "support", variants: [v1, v2], guardrails: [] });
  const ids = (i: number) => ({ workflowId: `w${i}`, at: new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString() });
  const decisions = Array.from({ length: RUNS }, (_, i) =>
    aDecision({
      ...ids(i),
      decisionId: `d${i}`,
      decisionPoint: "prompt/support",
      context: { "prompt.unit": `u${i}`, "prompt.experiment": key, "prompt.stratum": "" },
      candidates: [v1, v2],
      chosen: i % 2 ? v1 : v2,
      probabilities: [0.5, 0.5],
    }),
  );
  await world.store.append("decision", decisions);
  const feedback = Array.from({ length: RUNS }, (_, i) => aFeedback({ ...ids(i), feedbackId: `f${i}` }));
  await world.store.append("feedback", feedback);
  return world.prompts;
}

describe("thousands of outcomes at once", () => {
  it("are judged in one look, which a stop ends before anything is acted on", async () => {
    const prompts = await manyOutcomes(() => 0.5);
    await expect(prompts.refresh(AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");
    expect(prompts.experiments("support")[0]?.report).toBeUndefined();
    const report = await prompts.refresh();
    expect(report.experiments).toMatchObject([{ ended: true, text: expect.stringMatching(/^no difference/) }]);
  });
});
