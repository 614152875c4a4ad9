import { describe, expect, it } from "vitest";
import { composeReward, fitPreferences } from "../../src/dataset/index.js";
import { createRng } from "../../src/math/rng.js";
import { judged } from "../feedback/support.js";

const says = (run: string, verdict: "better" | "equal" | "worse", over: string, userId = "u") =>
  judged(run, { userId, preference: { over, verdict } });

describe("fitPreferences", () => {
  it("puts runs in the order of their strengths, known by hand for one comparison", () => {
    const { strengthOf } = fitPreferences([says("a", "better", "b")]);
    // Mode of log sigmoid(2s) - s^2 / 4 (two runs at s and -s, variance 4): 2 (1 - sigmoid(2s)) = s / 2.
    const s = Math.log((strengthOf("a") as number) / (1 - (strengthOf("a") as number)));
    expect(1 - 1 / (1 + Math.exp(-2 * s))).toBeCloseTo(s / 4, 5);
    expect((strengthOf("a") as number) + (strengthOf("b") as number)).toBeCloseTo(1, 6);
    expect(strengthOf("c")).toBeUndefined();
    expect(fitPreferences([says("a", "equal", "b")]).strengthOf("a")).toBeCloseTo(0.5, 9);
  });

  it("finds the strengths that comparisons were drawn by", () => {
    const rng = createRng(1);
    const truth = Array.from({ length: 20 }, (_, i) => (i - 9.5) / 5);
    const facts = Array.from({ length: 3000 }, (_, k) => {
      const a = rng.int(20);
      const b = (a + 1 + rng.int(19)) % 20;
      const won = rng.next() < 1 / (1 + Math.exp(truth[b] - truth[a]));
      return says(`r${a}`, won ? "better" : "worse", `r${b}`, `u${k}`);
    });
    const { strengthOf } = fitPreferences(facts);
    truth.forEach((t, i) => {
      expect(Math.abs((strengthOf(`r${i}`) as number) - 1 / (1 + Math.exp(-t)))).toBeLessThan(0.08);
    });
  });

  it("gives both runs of a comparison their part, and takes it back with a withdrawal", () => {
    const given = says("a", "better", "b");
    const rewardOf = (workflowId: string, facts: ReturnType<typeof says>[]) =>
      composeReward({
        workflowId,
        feedback: facts.filter((f) => f.workflowId === workflowId),
        preferences: fitPreferences(facts),
      }).reward;
    expect(rewardOf("a", [given])).toBeGreaterThan(0.6);
    expect(rewardOf("b", [given])).toBeLessThan(0.4);
    expect(rewardOf("b", [given, judged("a", { userId: "u", withdraws: given.feedbackId })])).toBeUndefined();
    // A win over a run that beats everything says more than one over a run that beats nothing.
    const chain = [says("x", "better", "strong"), says("y", "better", "weak")];
    for (let i = 0; i < 5; i++)
      chain.push(says("strong", "better", `o${i}`, `u${i}`), says("weak", "worse", `o${i}`, `v${i}`));
    expect(rewardOf("x", chain)).toBeGreaterThan((rewardOf("y", chain) as number) + 0.1);
  });
});
