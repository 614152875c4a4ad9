import { describe, expect, it } from "vitest";
import { createRng } from "../../src/math/rng.js";
import { judgedRuns } from "../../src/worker/reward-examples.js";
import { rewardViews } from "../../src/worker/reward-views.js";
import { rowsByPoint } from "../../src/worker/rows.js";
import { CollectedFacts } from "../../src/worker/state.js";
import { decision, judged, segment } from "../feedback/support.js";

function world() {
  const state = new CollectedFacts();
  const rng = createRng(5);
  for (let i = 0; i < 200; i++) {
    const truth = 0.2 + 0.6 * rng.next();
    const rater = i % 2 ? "harsh" : "kind";
    const said = Math.min(1, Math.max(0, truth + (rater === "harsh" ? -0.2 : 0.2) + 0.03 * rng.normal()));
    state.add({
      trace: [segment(`w${i}`, { workflowType: "support" })],
      decision: [decision(`w${i}`, `d${i}`)],
      feedback: [
        judged(`w${i}`, { userId: rater, ratings: { satisfaction: said } }),
        judged(`w${i}`, { userId: "evaluator:good", source: "evaluator", ratings: { good: 0.5 + 0.4 * said } }),
        judged(`w${i}`, { userId: "evaluator:blind", source: "evaluator", ratings: { blind: rng.next() } }),
        judged(`w${i}`, {
          userId: "evaluator:new",
          source: "evaluator",
          ratings: { new: 0.9 },
          ...(i > 5 && { decisionId: `d${i}` }),
        }),
      ],
    });
  }
  return state;
}

describe("the views that rewards are composed by", () => {
  it("even out raters, correct evaluators that help, and leave those out that do not", () => {
    const state = world();
    const { options, evaluators } = rewardViews(state, {});
    expect(options.raters?.correct("harsh", "ratings", 0.3)).toBeCloseTo(0.5, 1);
    expect(options.raters?.correct("kind", "ratings", 0.7)).toBeCloseTo(0.5, 1);
    expect(evaluators).toMatchObject({
      "evaluator:good": { helps: true, pairs: 200 },
      "evaluator:blind": { pairs: 200 },
    });
    expect(options.evaluators?.correct("evaluator:good", 0.7, "w1")).toBeCloseTo(0.5, 1);
    if (!evaluators["evaluator:blind"]?.helps)
      expect(options.evaluators?.correct("evaluator:blind", 1, "w1")).toBeUndefined();
    // Too few runs that people scored as well: taken as it is.
    expect(options.evaluators?.correct("evaluator:new", 0.9, "w1")).toBe(0.9);
    expect(rewardViews(state, { correctRaters: false }).options.raters).toBeUndefined();
  });

  it("take out of an evaluator what it gives for many tokens", () => {
    const state = new CollectedFacts();
    const rng = createRng(6);
    for (let i = 0; i < 200; i++) {
      const truth = rng.next();
      const tokensOut = Math.round(2 ** (4 + 6 * rng.next()));
      const call = { node: "a", path: [], startedAt: "", durationMs: 1, tokensIn: 1, tokensOut, tokensCached: 0 };
      const wordy = Math.min(1, 0.4 * truth + 0.06 * Math.log2(tokensOut));
      state.add({
        trace: [segment(`w${i}`, { modelCalls: i === 0 ? [] : [call] })],
        feedback: [
          judged(`w${i}`, { userId: "person", ratings: { satisfaction: truth } }),
          judged(`w${i}`, { userId: "evaluator:wordy", source: "evaluator", ratings: { wordy } }),
        ],
      });
    }
    const { options, evaluators } = rewardViews(state, {});
    const found = evaluators["evaluator:wordy"];
    expect(found?.perDoubling).toBeLessThan(-0.1);
    expect(found?.rmse.corrected).toBeLessThan(0.05);
    const corrected = (id: string) => options.evaluators?.correct("evaluator:wordy", 0.6, id) as number;
    const tokensOf = (id: string) => state.traces.get(id)?.[0]?.modelCalls[0]?.tokensOut as number;
    const ids = [...state.traces.keys()].filter((id) => id !== "w0").sort((a, b) => tokensOf(a) - tokensOf(b));
    expect(corrected(ids[20])).toBeGreaterThan(corrected(ids[180]) + 0.3);
  });

  it("reach the rows that policies learn from and the runs that the reward model learns from", () => {
    const state = world();
    state.add({ feedback: [judged("w1", { userId: "p", preference: { over: "lonely", verdict: "better" } })] });
    state.add({ trace: [segment("lonely")], decision: [decision("lonely", "dl")] });
    const rewards = (correctRaters: boolean) => {
      const rows = rowsByPoint(state, { reward: { correctRaters } }).get("triage") ?? [];
      const of = (odd: number) =>
        rows.filter((r) => Number(r.workflowId.slice(1)) % 2 === odd).flatMap((r) => r.reward ?? []);
      const mean = (v: number[]) => v.reduce((a, b) => a + b, 0) / v.length;
      return Math.abs(mean(of(0)) - mean(of(1)));
    };
    expect(rewards(true)).toBeLessThan(0.3 * rewards(false));
    const lonely = judgedRuns(state, {}).find((r) => r.workflowId === "lonely");
    expect(lonely?.targets["reward"]).toBeGreaterThan(0.3);
    expect(lonely?.targets["reward"]).toBeLessThan(0.6);
    // What evaluators say is nobody's stated dimension.
    expect(Object.keys(judgedRuns(state, {}).find((r) => r.workflowId === "w5")?.targets ?? {}).sort()).toEqual([
      "rating:satisfaction",
      "reward",
    ]);
  });
});
