import { describe, expect, it } from "vitest";
import { aDecision, aFeedback } from "../support/facts.js";
import { countTurns } from "../support/turns.js";
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
  it("leave the event loop to others in between", async () => {
    const loop = countTurns();
    const perTurn = new Map<number, number>();
    const prompts = await manyOutcomes(() => {
      perTurn.set(loop.turns, (perTurn.get(loop.turns) ?? 0) + 1);
      return 0.5;
    });
    expect(await prompts.refresh()).toMatchObject({ outcomes: RUNS });
    loop.stop();
    expect(Math.max(...perTurn.values())).toBeLessThanOrEqual(256);
  });

  it("are given up where the learning is stopped, and all taken in the next time", async () => {
    const stop = new AbortController();
    let asked = 0;
    const prompts = await manyOutcomes(() => {
      if (++asked === 1000) stop.abort(new Error("stopped"));
      return 0.5;
    });
    await expect(prompts.refresh(stop.signal)).rejects.toThrow("stopped");
    expect(asked).toBeLessThan(1300);
    expect((await prompts.refresh()).outcomes).toBe(RUNS);
    await expect(prompts.refresh(AbortSignal.abort(new Error("before")))).rejects.toThrow("before");
  });
});
