import { describe, expect, it } from "vitest";
import { type Decision, defaultLogger, type FeedbackRecord, ManualClock } from "../../src/core/index.js";
import type { ComponentContext } from "../../src/learning/component.js";
import { type LoopConfig, resolveConfig } from "../../src/learning/config.js";
import { openPointBook } from "../../src/learning/points.js";
import { createRoutingLearner } from "../../src/learning/routing-learner.js";
import { createRng } from "../../src/math/rng.js";
import type { LearnOptions } from "../../src/policies/index.js";
import { openRegistry } from "../../src/registry/index.js";
import { createMemoryStore } from "../../src/store/index.js";
import { JOBS } from "../../src/worker/jobs/index.js";
import { trainRewardModel } from "../../src/worker/jobs/reward-model.js";
import { CollectedFacts } from "../../src/worker/state.js";
import { decision, judged, segment } from "../feedback/support.js";

const at = (i: number) => new Date(Date.UTC(2026, 0, 1) + i * 60_000).toISOString();

/** The learner of one point over facts that are held here; its jobs run in this thread. */
async function learnerOf(learn: LearnOptions, change: LoopConfig = {}, elder?: LearnOptions) {
  const clock = new ManualClock(Date.UTC(2026, 0, 3));
  const store = createMemoryStore({ clock });
  const points = await openPointBook(store.documents);
  points.declare({ name: "triage", destinations: ["a", "b"], exploration: 0.5, learn });
  if (elder) points.declare({ name: "elder", destinations: ["a", "b"], exploration: 0.5, learn: elder });
  const state = new CollectedFacts();
  const worker = {
    run: (name: keyof typeof JOBS, input: never) =>
      JOBS[name].run(input, { state, cancelled: () => false, progress() {} }),
  };
  const logger = defaultLogger({ LEARNING_LOG: "off" });
  const context = {
    documents: store.documents,
    registry: await openRegistry({ ...store, clock, logger }),
    worker,
    clock,
    logger,
    seed: 1,
    signal: new AbortController().signal,
  } as unknown as ComponentContext;
  const routing = createRoutingLearner({ config: resolveConfig(change), store, points });
  const learned = async () => {
    const point = (await routing.survey(context)).find((p) => p.decisionPoint === "triage");
    if (!point) throw new Error("no point");
    return { point, judged: await routing.learn(point, context) };
  };
  return { state, learned };
}

/** Runs in which `a` is right for short texts, one in `every` of them rated. */
function facts(runs: number, every: number, decisionPoint = "triage") {
  const rng = createRng("facts");
  const out = {
    trace: [] as ReturnType<typeof segment>[],
    decision: [] as Decision[],
    feedback: [] as FeedbackRecord[],
  };
  for (let i = 0; i < runs; i++) {
    const length = rng.next();
    const chosen = rng.next() < 0.5 ? "a" : "b";
    const run = decisionPoint === "triage" ? `w${i}` : `${decisionPoint}${i}`;
    out.trace.push(segment(run, { startedAt: at(i) }));
    const even: Partial<Decision> = { probabilities: [0.5, 0.5], fallbackChoice: "a", mode: "shadow", decisionPoint };
    out.decision.push(decision(run, `d-${run}`, { at: at(i), context: { length }, chosen, ...even }));
    const satisfaction = (chosen === "a") === length < 0.5 ? 0.9 : 0.1;
    if (i % every === 0) out.feedback.push(judged(run, { ratings: { satisfaction }, at: at(i) }));
  }
  return out;
}

describe("what is said of a decision point", () => {
  it("creditDiscount: a decision is credited less of the run's reward for each later one", async () => {
    const mean = async (learn: LearnOptions) => {
      const { state, learned } = await learnerOf(learn);
      const two = [0, 1].map((index) => decision("w", `d${index}`, { at: at(index), index }));
      state.add({ decision: two, feedback: [judged("w", { outcome: 1 })] });
      return (await learned()).point.meanReward;
    };
    expect(await mean({})).toBe(1);
    expect(await mean({ creditDiscount: 0.5 })).toBe((0.5 + 1) / 2);
  });

  it("provenFrom: older decisions prove nothing", async () => {
    const outcome = async (learn: LearnOptions) => {
      const { state, learned } = await learnerOf(learn);
      state.add(facts(200, 1));
      return (await learned()).judged;
    };
    expect(await outcome({})).not.toHaveProperty("isIdle", true);
    expect(await outcome({ provenFrom: at(50) })).not.toHaveProperty("isIdle", true);
    const since = at(1000);
    const idle = await outcome({ provenFrom: since });
    expect(idle).toMatchObject({ isIdle: true });
    expect(idle.reason).toContain(`too few rewarded decisions since ${since}`);
  });

  it("from, tenant: a young one begins from others of its tenant, and of another where it names them", async () => {
    const points = async (young: LearnOptions, elder: LearnOptions) => {
      const { state, learned } = await learnerOf(young, {}, elder);
      state.add(facts(60, 1));
      state.add(facts(300, 1, "elder"));
      return (await learned()).judged.challenger?.warmStart?.points;
    };
    expect(await points({}, {})).toEqual(["elder"]);
    expect(await points({ tenant: "north" }, { tenant: "north" })).toEqual(["elder"]);
    expect(await points({ tenant: "north" }, {})).toBeUndefined();
    expect(await points({ tenant: "north" }, { tenant: "south" })).toBeUndefined();
    expect(await points({ tenant: "north", from: ["elder"] }, { tenant: "south" })).toEqual(["elder"]);
    expect(await points({ from: "none" }, {})).toBeUndefined();
  });

  it("learnFromPredictedRewards: what the reward model says of unrated runs teaches, or does not", async () => {
    const input = { reward: {}, seed: 1, minSamples: 20 };
    const idle = { cancelled: () => false, progress() {} };
    const first = new CollectedFacts();
    first.add(facts(120, 3));
    const { winner } = await trainRewardModel.run(input, { ...idle, state: first });
    if (!winner) throw new Error("no reward model");
    const champion = { version: "v1", artifact: winner };
    const shares = async (learnFromPredictedRewards: boolean) => {
      const { state, learned } = await learnerOf({}, { learnFromPredictedRewards });
      state.add(facts(200, 3));
      await trainRewardModel.run({ ...input, champion }, { ...idle, state });
      const { judged: answer } = await learned();
      expect(answer.challenger).toBeDefined();
      return answer.challenger?.rewardShares;
    };
    expect(await shares(false)).toBeUndefined();
    expect((await shares(true))?.mixed).toBeGreaterThan(0);
  });
});
