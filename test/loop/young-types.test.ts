import { describe, expect, it } from "vitest";
import { createRng } from "../../src/math/rng.js";
import { predictRewardsJob, trainRewardModel } from "../../src/worker/jobs/reward-model.js";
import type { RewardRunExample } from "../../src/worker/reward-examples.js";
import { CollectedFacts } from "../../src/worker/state.js";
import { whenToRefit } from "../../src/worker/when-to-refit.js";
import { decision, judged, segment } from "../feedback/support.js";

const at = (i: number) => new Date(Date.UTC(2026, 0, 1) + i * 60_000).toISOString();

describe("when a reward model is fitted anew", () => {
  /** Rated runs of these types, a minute apart; the model has seen the first `seen` of them. */
  const standing = (types: readonly string[], seen: number, tried: Record<string, number> = {}) => {
    const rated = types.map(
      (type, i): RewardRunExample => ({
        ...{ workflowId: `w${i}`, at: at(i), features: { workflowType: type }, targets: { reward: 0.5 } },
      }),
    );
    const outOfFold = Object.fromEntries(rated.slice(0, seen).map((e) => [e.workflowId, 0.5]));
    return whenToRefit(rated, { trainedTo: at(seen - 1), outOfFold }, new Map(Object.entries(tried)));
  };
  const of = (type: string, count: number) => Array.from({ length: count }, () => type);

  it("waits for a third more and some, which the newest quarter then judges", () => {
    // (300 + 5) / 0.75
    expect(standing(of("a", 390), 300)).toEqual({ missing: 17 });
    expect(standing(of("a", 407), 300)).toEqual({ at: 305 });
  });

  it("does not wait where a type that is new to the model has 20 rated runs, of which it learns half", () => {
    expect(standing([...of("a", 300), ...of("b", 19)], 300)).toEqual({ missing: 88 });
    // The 11th of the new type is the 311th; too few are left to judge.
    expect(standing([...of("a", 300), ...of("b", 20)], 300)).toEqual({ missing: 87 });
    expect(standing([...of("a", 300), ...of("b", 20), ...of("a", 10)], 300)).toEqual({ at: 310, because: ["b"] });
    expect(standing([...of("a", 300), ...of("b", 40)], 300)).toEqual({ at: 320, because: ["b"] });
  });

  it("does so again only with twice as many as it learned from, or as it was tried with", () => {
    const types = [...of("a", 280), ...of("b", 20), ...of("b", 19), ...of("a", 20)];
    expect(standing(types, 300)).toHaveProperty("missing");
    expect(standing([...types, "b"], 300)).toMatchObject({ because: ["b"] });
    expect(standing([...types, "b"], 300, { b: 21 })).toHaveProperty("missing");
  });
});

describe("a new type of workflow in the loop's reward model", () => {
  /** Runs in which `a` is right for short texts, and in the type `new` for long ones; two in three are rated. */
  function facts(from: number, to: number, type: string) {
    const rng = createRng(`${from} ${type}`);
    return Array.from({ length: to - from }, (_, k) => {
      const [i, length] = [from + k, rng.next()];
      const chosen = rng.next() < 0.5 ? "a" : "b";
      const isRight = ((chosen === "a") === length < 0.5) === (type !== "new");
      const rating = judged(`w${i}`, { ratings: { satisfaction: isRight ? 0.9 : 0.1 }, at: at(i) });
      return {
        trace: [segment(`w${i}`, { startedAt: at(i), workflowType: type })],
        decision: [decision(`w${i}`, `d${i}`, { at: at(i), context: { length }, chosen, probabilities: [0.5, 0.5] })],
        feedback: i % 3 === 0 ? [] : [rating],
      };
    });
  }

  it("is learned from its first runs, long before a third more runs are rated", async () => {
    const state = new CollectedFacts();
    const context = { state, cancelled: () => false, progress() {} };
    const input = { reward: {}, seed: 1, minSamples: 20 };
    for (const fact of facts(0, 240, "old")) state.add(fact);
    const { winner } = await trainRewardModel.run(input, context);
    if (!winner) throw new Error("there is no first model");
    for (const fact of facts(240, 315, "new")) state.add(fact);
    const output = await trainRewardModel.run({ ...input, champion: { version: "v1", artifact: winner } }, context);
    expect(output.message).toMatch(/^better on \d+ later runs, fitted because of new$/);
    const ask = { workflowIds: ["w242"], reward: {}, version: "v2", artifact: output.winner };
    expect(await predictRewardsJob.run(ask, context)).toMatchObject({
      predictions: { w242: { reward: { known: true } } },
    });
  }, 60_000);
});
