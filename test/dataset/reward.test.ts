import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { composeReward, DEFAULT_REWARD_WEIGHTS, joinRows } from "../../src/dataset/index.js";
import { runReward } from "../../src/dataset/reward.js";
import { decision, judged, traceOf } from "../feedback/support.js";

describe("composeReward", () => {
  it("is the weighted mean of the parts that are present", () => {
    const { reward, parts } = composeReward({
      feedback: [judged("w", { cat: { score: 10, dimensions: {} }, ratings: { satisfaction: 0.4, usefulness: 0.6 } })],
      trace: traceOf("w", { durationMs: 30_000 }),
    });
    expect(parts).toEqual({ cat: 1, ratings: 0.5, success: 1, latency: 0.5 });
    expect(reward).toBeCloseTo((1 + 0.5 + 0.3 + 0.05 * 0.5) / (1 + 1 + 0.3 + 0.05), 12);
  });

  it("leaves missing parts out instead of reading them as zero", () => {
    expect(composeReward({ feedback: [judged("w", { thumbs: "up" })] }).reward).toBe(1);
    expect(composeReward({ feedback: [judged("w", { comment: "hm" })], trace: traceOf("w") }).reward).toBeUndefined();
    const unfinished = traceOf("w", { status: "interrupted" });
    expect(composeReward({ feedback: [], trace: unfinished, withoutJudgement: true })).toEqual({ parts: {} });
  });

  it("gives a run nobody judged its success composite only when asked to", () => {
    const trace = traceOf("w", { status: "error" });
    expect(composeReward({ feedback: [], trace }).reward).toBeUndefined();
    expect(composeReward({ feedback: [], trace, withoutJudgement: true }).reward).toBeLessThan(0.2);
  });

  it.each([
    ["nobody judged it", [], {}],
    ["nobody judged it, which is asked for all the same", [], { withoutJudgement: true }],
    ["it was compared by another run's judgement alone", [], { preferences: { strengthOf: () => 0.7 } }],
    ["one of its decisions was judged alone", [judged("w", { thumbs: "up", decisionId: "d" })], {}],
    ["somebody judged it", [judged("w", { thumbs: "up" })], {}],
  ])("is what a run as a whole is worth where %s", (_, feedback, options) => {
    const trace = traceOf("w");
    const ofRun = feedback.filter((f) => f.decisionId === undefined);
    const { reward } = composeReward({ ...options, workflowId: "w", feedback: ofRun, trace });
    expect(runReward("w", feedback, trace, options)).toBe(reward);
  });

  it("takes a measured outcome as the reward itself", () => {
    const feedback = [
      judged("w", { thumbs: "down" }),
      judged("w", { userId: "shop", source: "outcome", outcome: 0.7 }),
    ];
    expect(composeReward({ feedback })).toMatchObject({ reward: 0.7, outcome: 0.7, parts: { thumbs: 0 } });
  });

  it("weighs evaluators apart from people", () => {
    const feedback = [
      judged("w", { thumbs: "up" }),
      judged("w", { userId: "judge", source: "evaluator", ratings: { quality: 0.2 } }),
    ];
    const { reward, parts } = composeReward({ feedback });
    expect(parts).toEqual({ thumbs: 1, evaluator: 0.2 });
    expect(reward).toBeCloseTo((0.8 + 0.5 * 0.2) / 1.3, 12);
    expect(composeReward({ feedback, weights: { evaluator: 0 } }).reward).toBe(1);
  });

  it("counts cost only when every call's price is known", () => {
    const call = {
      path: [],
      startedAt: "2026-01-01T00:00:00.000Z",
      durationMs: 1,
      tokensIn: 1,
      tokensOut: 1,
      tokensCached: 0,
    };
    const priced = { ...call, costUsd: DEFAULT_REWARD_WEIGHTS.costHalfUsd / 2 };
    const parts = (modelCalls: (typeof priced | typeof call)[]) =>
      composeReward({ feedback: [], trace: traceOf("w", { modelCalls }) }).parts;
    expect(parts([priced, priced]).cost).toBe(0.5);
    expect(parts([priced, call]).cost).toBeUndefined();
  });

  it("refuses weights that are none, and takes those left undefined for their default", () => {
    const feedback = [judged("w", { thumbs: "up" })];
    const by = (weights: object) => composeReward({ feedback, trace: { ...traceOf("w"), durationMs: 0 }, weights });
    for (const weights of [
      { latencyHalfMs: 0 },
      { costHalfUsd: -1 },
      { cat: Number.NaN },
      { thumbs: -1 },
      { cat: "1" },
    ])
      expect(() => by(weights)).toThrow(/REWARD_INVALID.*for the weight/);
    expect(() => by({ thumb: 1 })).toThrow(/CONFIG_UNKNOWN_KEY.*"thumb".*Did you mean "thumbs"/);
    expect(by({ thumbs: undefined })).toEqual(by({}));
  });

  it("stays in [0,1] and rises with every part, whatever the weights", () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(unit, unit, fc.double({ min: 0.01, max: 9, noNaN: true }), (a, b, w) => {
        const reward = (rating: number) =>
          composeReward({
            feedback: [judged("w", { ratings: { satisfaction: rating }, thumbs: "down" })],
            trace: traceOf("w"),
            weights: { ratings: w },
          }).reward as number;
        expect(reward(a)).toBeGreaterThanOrEqual(0);
        expect(reward(a)).toBeLessThanOrEqual(1);
        if (a <= b) expect(reward(a)).toBeLessThanOrEqual(reward(b));
      }),
      { numRuns: 50 },
    );
  });
});

describe("joinRows", () => {
  const runs = [
    decision("w1", "d1", { index: 0 }),
    decision("w1", "d2", { index: 1, decisionPoint: "review", chosen: "b" }),
    decision("w2", "d3"),
    decision("w1", "d2", { index: 1, decisionPoint: "review", chosen: "a", propensity: undefined, mode: "advise" }),
  ];

  it("credits a run's reward to all its decisions, each counted once, the last fact winning", () => {
    const feedback = new Map([["w1", [judged("w1", { outcome: 0.8, askedProbability: 0.25 })]]]);
    const rows = joinRows(runs, feedback, new Map());
    expect(rows.map((r) => [r.decisionId, r.index, r.decisionsInRun, r.chosen, r.reward])).toEqual([
      ["d1", 0, 2, "a", 0.8],
      ["d2", 1, 2, "a", 0.8],
      ["d3", 0, 1, "a", undefined],
    ]);
    expect(rows[0]).toMatchObject({ rewardSource: "measured", ratedProbability: 0.25 });
    expect(rows[1]).not.toHaveProperty("propensity");
  });

  it("discounts the reward-to-go and lets feedback on a decision decide that decision", () => {
    const feedback = new Map([
      ["w1", [judged("w1", { outcome: 1 }), judged("w1", { userId: "bob", decisionId: "d2", outcome: 0.1 })]],
    ]);
    const rows = joinRows(runs, feedback, new Map(), { discount: 0.5 });
    expect(rows.map((r) => r.reward)).toEqual([0.5, 0.1, undefined]);
  });

  it("follows a withdrawal that does not name the decision", () => {
    const given = judged("w1", { decisionId: "d1", outcome: 1 });
    const feedback = new Map([["w1", [given, judged("w1", { withdraws: given.feedbackId })]]]);
    expect(joinRows(runs, feedback, new Map())[0]?.reward).toBeUndefined();
  });

  it("takes what the trace gives, and the chosen decision points only", () => {
    const rows = joinRows(runs, new Map(), new Map([["w2", traceOf("w2")]]), {
      withoutJudgement: true,
      decisionPoints: ["triage"],
    });
    expect(rows.map((r) => [r.decisionId, r.decisionsInRun, r.reward === undefined])).toEqual([
      ["d1", 2, true],
      ["d3", 1, false],
    ]);
  });
});
