import { describe, expect, it } from "vitest";
import type { FeedbackRecord } from "../../src/core/index.js";
import { composeReward, fitRaterCorrection } from "../../src/dataset/index.js";
import { createRng } from "../../src/math/rng.js";
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

  it("does not take easy runs for a lenient rater, nor chance for a difference", () => {
    const rng = createRng(2);
    const say = (i: number, userId: string, workflowType: string, value: number) =>
      judged(`w${i}`, { userId, workflowType, ratings: { satisfaction: Math.min(1, Math.max(0, value)) } });
    const noise = () => 0.1 * rng.normal();
    // Alice sees easy runs only, Bob hard ones only, Carol both: nobody is lenient.
    const split = Array.from({ length: 200 }, (_, i) =>
      i % 2
        ? say(i, i % 4 === 1 ? "alice" : "carol", "easy", 0.8 + noise())
        : say(i, i % 4 === 0 ? "bob" : "carol", "hard", 0.3 + noise()),
    );
    const { correct } = fitRaterCorrection(split);
    for (const [who, value] of [
      ["alice", 0.8],
      ["bob", 0.3],
      ["carol", 0.5],
    ] as const)
      expect(Math.abs(correct(who, "ratings", value) - value)).toBeLessThan(0.05);
    // Thirty raters of five scores each, all alike: their different means are chance.
    const alike = Array.from({ length: 150 }, (_, i) => say(i, `r${i % 30}`, "t", 0.5 + 2 * noise()));
    const shifts = Array.from(
      { length: 30 },
      (_, i) => fitRaterCorrection(alike).correct(`r${i}`, "ratings", 0.5) - 0.5,
    );
    expect(Math.max(...shifts.map(Math.abs))).toBeLessThan(0.06);
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
