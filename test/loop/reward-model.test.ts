import { beforeAll, describe, expect, it } from "vitest";
import type { Decision, FeedbackRecord, TraceSegment } from "../../src/core/index.js";
import { createRng } from "../../src/math/rng.js";
import {
  imputedRewards,
  predictRewardsJob,
  type TrainRewardModelOutput,
  trainRewardModel,
} from "../../src/worker/jobs/reward-model.js";
import { trainRouting } from "../../src/worker/jobs/train-routing.js";
import { CollectedFacts } from "../../src/worker/state.js";
import { decision, judged, segment } from "../feedback/support.js";

const at = (i: number) => new Date(Date.UTC(2026, 0, 1) + i * 60_000).toISOString();

/** Runs in which `a` is right for short texts; one in three is rated. */
function facts(from: number, to: number, seed: number) {
  const rng = createRng(seed);
  const out = { trace: [] as TraceSegment[], decision: [] as Decision[], feedback: [] as FeedbackRecord[] };
  for (let i = from; i < to; i++) {
    const length = rng.next();
    const chosen = rng.next() < 0.5 ? "a" : "b";
    const reward = (chosen === "a") === length < 0.5 ? 0.9 : 0.1;
    out.trace.push(segment(`w${i}`, { startedAt: at(i) }));
    out.decision.push(
      decision(`w${i}`, `d${i}`, { at: at(i), context: { length }, chosen, probabilities: [0.5, 0.5] }),
    );
    if (i % 3 === 0) out.feedback.push(judged(`w${i}`, { ratings: { satisfaction: reward }, at: at(i) }));
  }
  return out;
}
const routing = (useRewardModel: boolean) => ({
  decisionPoint: "triage",
  rows: { reward: {} },
  learn: {},
  seed: 1,
  trainShare: 0.6,
  minSamples: 10,
  useRewardModel,
});

describe("the reward model in the learning worker", () => {
  const state = new CollectedFacts();
  const context = { state, cancelled: () => false, progress() {} };
  const input = { reward: {}, seed: 1, minSamples: 20 };
  let first: TrainRewardModelOutput;
  beforeAll(async () => {
    state.add(facts(0, 30, 1));
    const early = await trainRewardModel.run(input, context);
    expect(early).toMatchObject({ rated: 10, message: "not enough rated runs yet: about 10 more" });
    expect(imputedRewards(state)).toBeUndefined();
    state.add(facts(30, 180, 2));
    first = await trainRewardModel.run(input, context);
  }, 60_000);

  it("fits a first model and reports the reward's health", () => {
    expect(first).toMatchObject({
      runs: 180,
      rated: 60,
      health: { warnings: [] },
      winner: { trainedTo: at(177), rows: 60 },
    });
    // What the model goes by is kept beside it, as shares of the reward's variance.
    const shares = first.winner?.importances?.map((i) => i.share) ?? [];
    expect(shares.length).toBeGreaterThan(0);
    expect(shares).toEqual([...shares].sort((a, b) => b - a));
    expect(shares[0]).toBeGreaterThan(0.1);
  });

  it("takes new ratings in, imputes unrated runs, and teaches routing by them only where that is fair", async () => {
    const champion = { version: "v1", artifact: first.winner as NonNullable<typeof first.winner> };
    const more = facts(180, 240, 3);
    more.feedback = more.feedback.slice(0, 10);
    state.add(more);
    const output = await trainRewardModel.run({ ...input, champion }, context);
    expect(output).toMatchObject({ updated: 10, message: "took in 10 new ratings; a new fit waits for about 17 more" });
    expect(output.winner).toBeUndefined();
    expect((await trainRewardModel.run({ ...input, champion }, context)).updated).toBe(0);
    const ask = { workflowIds: ["w1", "w2", "none"], reward: {}, version: "v1" };
    const output2 = await predictRewardsJob.run(ask, context);
    expect(output2).toMatchObject({ predictions: { w1: { reward: { known: true } }, w2: {} } });
    expect("predictions" in output2 && Object.keys(output2.predictions)).toEqual(["w1", "w2"]);
    expect(await predictRewardsJob.run({ ...ask, version: "v2" }, context)).toEqual({ needsArtifact: true });
    // The model is younger than what a first challenger is trained on, and the rest must judge it.
    const [judgedLater] = await trainRouting.run(routing(true), context);
    expect(judgedLater).not.toHaveProperty("rewardShares");
    // With trainShare near one the training reaches past what the model was fitted on.
    const [taught] = await trainRouting.run({ ...routing(true), trainShare: 0.95 }, context);
    expect(taught?.rewardShares?.mixed).toBeGreaterThan(0.4);
    const [alone] = await trainRouting.run({ ...routing(false), trainShare: 0.95 }, context);
    expect(alone).not.toHaveProperty("rewardShares");
    expect(taught?.rows).toBe(alone?.rows);
    expect(taught?.fingerprint).not.toBe(alone?.fingerprint);
  });

  it("learns from a rating that came late, and fits anew once there are runs the champion never saw", async () => {
    const later = new CollectedFacts();
    const context = { state: later, cancelled: () => false, progress() {} };
    later.add(facts(0, 180, 2));
    const { winner } = await trainRewardModel.run(input, context);
    const champion = { version: "v1", artifact: winner as NonNullable<typeof winner> };
    later.add({ feedback: [judged("w1", { ratings: { satisfaction: 0.9 }, at: at(200) })] });
    expect((await trainRewardModel.run({ ...input, champion }, context)).updated).toBe(1);
    later.add(facts(180, 270, 3));
    const output = await trainRewardModel.run({ ...input, champion }, context);
    expect(output.comparison?.rows).toBeGreaterThanOrEqual(20);
    expect(output.winner?.trainedTo ?? at(200) > champion.artifact.trainedTo).toBeTruthy();
  }, 60_000);

  it("finds the rated runs among thousands that nobody rated", async () => {
    const many = new CollectedFacts();
    const early = facts(0, 150, 2);
    const unrated = facts(150, 3400, 4);
    many.add(early);
    many.add({ ...unrated, feedback: [] });
    const output = await trainRewardModel.run(input, { ...context, state: many });
    expect(output).toMatchObject({ runs: 3400, rated: 50, message: "first model over 50 rated runs" });
  }, 60_000);

  it("does not repeat a fit that was of no use until a third more is rated", async () => {
    const noise = new CollectedFacts();
    const rng = createRng(5);
    const random = (from: number, to: number) => {
      const made = facts(from, to, 6);
      const feedback = made.feedback.map((f) =>
        judged(f.workflowId, { ratings: { satisfaction: rng.next() }, at: f.at }),
      );
      noise.add({ ...made, feedback });
    };
    const ask = async () => (await trainRewardModel.run(input, { ...context, state: noise })).message;
    random(0, 90);
    expect(await ask()).toBe("the first model predicts no better than the mean; it is not used");
    expect(await ask()).toBe("the last fit was of no use; the next waits for about 10 more ratings");
    random(90, 120);
    expect(await ask()).not.toContain("waits");
  }, 60_000);

  it("has nothing to do where every run is measured", async () => {
    const full = new CollectedFacts();
    const all = facts(0, 90, 1);
    full.add({ ...all, feedback: all.trace.map((t) => judged(t.workflowId, { outcome: 1 })) });
    const output = await trainRewardModel.run(input, { ...context, state: full });
    expect(output.message).toContain("nothing to impute");
    expect(output.health.warnings).toHaveLength(1);
  });
});
