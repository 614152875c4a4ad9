import { describe, expect, it } from "vitest";
import { isAsking, ratingOf, standsFor } from "../../src/core/index.js";
import { joinRows, meanReward } from "../../src/dataset/index.js";
import { aDecision, aFeedback } from "../support/facts.js";

const feedback = (workflowId: string, more: Parameters<typeof aFeedback>[0]) => aFeedback({ workflowId, ...more });
const decision = (workflowId: string, more: Parameters<typeof aDecision>[0]) => aDecision({ workflowId, ...more });

describe("who was asked", () => {
  it("is told from the judgements behind a reward", () => {
    const of = (...facts: Parameters<typeof feedback>[1][]) => ratingOf(facts.map((f) => feedback("w", f)));
    expect(of({ thumbs: "up", askedProbability: 0.2 })).toEqual({ ratedBy: "asked", probability: 0.2 });
    expect(of({ thumbs: "up" })).toEqual({ ratedBy: "unasked" });
    expect(of({ thumbs: "up" }, { feedbackId: "g", userId: "b", thumbs: "down", askedProbability: 0.4 })).toMatchObject(
      {
        ratedBy: "asked",
      },
    );
    // A measured outcome or an evaluator's score would have been there without any answer.
    expect(of({ source: "outcome", outcome: 1 })).toEqual({ ratedBy: "measured" });
    expect(of({ thumbs: "up", askedProbability: 0.2 }, { source: "evaluator", ratings: { a: 1 } })).toEqual({
      ratedBy: "measured",
    });
    expect(of()).toEqual({ ratedBy: "measured" });
    // One that judges a sample of the runs makes no answer any likelier, and is none itself.
    const sampled = { source: "evaluator", ratings: { a: 1 }, sampled: true } as const;
    expect(of({ thumbs: "up", askedProbability: 0.2 }, sampled)).toEqual({ ratedBy: "asked", probability: 0.2 });
    expect(of(sampled)).toEqual({ ratedBy: "unasked" });
    expect(of(sampled, { source: "outcome", outcome: 1 })).toEqual({ ratedBy: "measured" });
  });

  it("stands on the row, for a decision judged by itself by that judgement", () => {
    const facts = [
      feedback("w", { ratings: { a: 1 }, askedProbability: 0.5 }),
      feedback("w", { feedbackId: "g", userId: "b", decisionId: "d2", ratings: { a: 0 } }),
    ];
    const rows = joinRows(
      [decision("w", { decisionId: "d1" }), decision("w", { decisionId: "d2", index: 1 })],
      new Map([["w", facts]]),
      new Map(),
    );
    expect(rows.map((r) => [r.ratedBy, r.ratedProbability])).toEqual([
      ["asked", 0.5],
      ["unasked", undefined],
    ]);
  });

  it("makes a mean that of all runs, by hand", () => {
    const rows = [
      { reward: 1, ratedBy: "asked" as const, ratedProbability: 1 },
      { reward: 0, ratedBy: "asked" as const, ratedProbability: 0.25 },
      { reward: 1, ratedBy: "measured" as const },
      { reward: 0, ratedBy: "unasked" as const },
      {},
    ];
    expect(isAsking(rows)).toBe(true);
    // (1 * 1 + 4 * 0 + 1 * 1) / 6, over three that count.
    expect(meanReward(rows)).toMatchObject({ mean: expect.closeTo(1 / 3, 12), count: 3 });
    expect(meanReward(rows.slice(2))?.mean).toBe(0.5);
    expect(standsFor({ ratedBy: "asked", ratedProbability: 0.001 }, true)).toBe(20);
  });
});
