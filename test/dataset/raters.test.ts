import { describe, expect, it } from "vitest";
import { createRng, type FeedbackRecord } from "../../src/core/index.js";
import { composeReward, fitRaterCorrection } from "../../src/dataset/index.js";
import { judged } from "../feedback/support.js";

describe("fitRaterCorrection", () => {
  it("brings raters together, and leaves a newcomer's harsh score harsh", () => {
    const rng = createRng(1);
    const feedback: FeedbackRecord[] = [];
    const say = (userId: string, i: number, value: number) =>
      feedback.push(
        judged(`w${i}`, { userId, cat: { score: Math.min(10, Math.max(1, 1 + 9 * value)), dimensions: {} } }),
      );
    for (let i = 0; i < 300; i++) {
      const truth = 0.3 + 0.4 * rng.next();
      say("fair", i, truth + 0.03 * rng.normal());
      say("harsh", i, 0.2 + 0.5 * (truth - 0.3) + 0.03 * rng.normal());
    }
    say("newcomer", 1, 0.1);
    const { correct } = fitRaterCorrection(feedback);
    const gap = (fair: number, harsh: number) =>
      Math.abs(correct("fair", "cat", fair) - correct("harsh", "cat", harsh));
    expect(gap(0.5, 0.3)).toBeLessThan(0.05);
    expect(gap(0.65, 0.375)).toBeLessThan(0.05);
    expect(correct("newcomer", "cat", 0.1)).toBeLessThan(0.2);
    expect(correct("stranger", "cat", 0.1)).toBe(0.1);
    const reward = (userId: string, score: number) =>
      composeReward({ feedback: [judged("w", { userId, cat: { score, dimensions: {} } })], raters: { correct } })
        .reward;
    expect(Math.abs((reward("fair", 5.5) as number) - (reward("harsh", 3.7) as number))).toBeLessThan(0.05);
  });

  it("stays in [0,1] and changes nothing without variation", () => {
    const same = Array.from({ length: 5 }, (_, i) => judged(`w${i}`, { ratings: { satisfaction: 0.5 } }));
    expect(fitRaterCorrection(same).correct("alice", "ratings", 0.5)).toBe(0.5);
    const wide = [0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1].map((v, i) => judged(`w${i}`, { ratings: { satisfaction: v } }));
    const { correct } = fitRaterCorrection(wide);
    for (const v of [0, 0.5, 1]) expect(correct("alice", "ratings", v)).toBeGreaterThanOrEqual(0);
    for (const v of [0, 0.5, 1]) expect(correct("alice", "ratings", v)).toBeLessThanOrEqual(1);
  });
});
