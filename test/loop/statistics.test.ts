import { describe, expect, it } from "vitest";
import type { Decision, FeedbackRecord } from "../../src/core/index.js";
import { restoreEncoder } from "../../src/dataset/index.js";
import { createFactCollector } from "../../src/learning/cycle/collector.js";
import type { LearningWorker } from "../../src/learning/thread/host.js";
import { createPolicy, type PolicySpec, restorePolicy } from "../../src/policies/index.js";
import { createMemoryStore } from "../../src/store/index.js";
import type { JobContext } from "../../src/worker/job.js";
import { JOBS } from "../../src/worker/jobs/index.js";
import { ingest } from "../../src/worker/jobs/ingest.js";
import { trainRouting } from "../../src/worker/jobs/train-routing.js";
import type { StatisticsPlan } from "../../src/worker/make-room.js";
import { CollectedFacts } from "../../src/worker/state.js";
import type { PointStatistics } from "../../src/worker/statistics.js";
import { aDecision, aFeedback, asTexts } from "../support/facts.js";

const LIMITS = { decisions: 200, runs: 1000, traceChars: 1e6 };
const learn = { policy: { kind: "linucb" } };
const rows = { reward: {} };
const plan: StatisticsPlan = { rows, learn: { triage: learn }, seed: 1 };
const context = (state: CollectedFacts): JobContext => ({ state, cancelled: () => false, progress() {} });

/** Which of four topics run `n` is about: the first of them only in the oldest runs. */
const topicOf = (n: number) => (n < 300 && n % 2 === 0 ? "old" : ["a", "b", "c"][n % 3]!);

/** Run `n`: `y` is right for what is old, `x` for all else unless the world has turned. */
function run(n: number, turned = false): { decision: Decision; feedback: FeedbackRecord } {
  const topic = topicOf(n);
  const ids = { workflowId: `w${n}`, at: new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString() };
  const chosen = n % 4 < 2 ? "x" : "y";
  const outcome = ((topic === "old") === (chosen === "y")) !== turned ? 1 : 0;
  const even = { propensity: 0.5, probabilities: [0.5, 0.5] };
  return {
    decision: aDecision({ ...ids, ...even, decisionId: `d${n}`, context: { topic }, chosen, candidates: ["x", "y"] }),
    feedback: aFeedback({ ...ids, feedbackId: `f${n}`, outcome }),
  };
}

/** Takes runs in, in batches of ten. */
async function take(state: CollectedFacts, from: number, to: number, how?: StatisticsPlan, turned = false) {
  for (let n = from; n < to; n += 10) {
    const some = Array.from({ length: Math.min(10, to - n) }, (_, i) => run(n + i, turned));
    const facts = { decision: some.map((r) => r.decision), feedback: some.map((r) => r.feedback) };
    await ingest.run({ ...asTexts(facts), ...(how && { plan: how }) }, context(state));
  }
}

const trained = async (state: CollectedFacts) => {
  const input = { decisionPoint: "triage", rows, learn, seed: 1, trainShare: 1, minSamples: 10 };
  const [challenger] = await trainRouting.run(input, context(state));
  return challenger!;
};

/** What a policy expects of both destinations for a topic. */
function expected({ artifact }: Pick<PointStatistics, "artifact">, topic: string): number[] {
  const encoder = restoreEncoder(artifact.encoder);
  const input = { context: encoder.encode({ topic }), candidates: ["x", "y"] };
  return restorePolicy(artifact.policy)
    .predict(input)
    .map((e) => e.mean);
}

describe("decisions beyond those that are held", () => {
  it("are learned from as one batch of all of them is, in memory that does not grow", async () => {
    const state = new CollectedFacts(LIMITS);
    await take(state, 0, 3000, plan);
    expect(state.decisions.size).toBeLessThanOrEqual(1.1 * LIMITS.decisions);
    const [kept] = state.statistics.snapshot();
    expect(kept!.rows + state.decisions.size).toBe(3000);
    expect(kept).toMatchObject({ from: run(0).decision.at, until: run(kept!.rows - 1).decision.at });

    const encoder = restoreEncoder(kept!.artifact.encoder);
    const batch = createPolicy((kept!.artifact.policy as unknown as { spec: PolicySpec }).spec);
    batch.learn(
      Array.from({ length: kept!.rows }, (_, n) => {
        const { decision, feedback } = run(n);
        const { candidates } = decision;
        const chosen = candidates.indexOf(decision.chosen);
        return { context: encoder.encode(decision.context), candidates, chosen, reward: Number(feedback.outcome) };
      }),
    );
    for (const topic of ["old", "a", "b", "c"]) {
      const whole = expected({ artifact: { ...kept!.artifact, policy: batch.snapshot() } }, topic);
      expected(kept!, topic).forEach((mean, i) => {
        expect(mean).toBeCloseTo(whole[i]!, 9);
      });
    }
  });

  it("count in what is learned anew, which without them knows nothing of what only they were about", async () => {
    const [kept, lost] = [new CollectedFacts(LIMITS), new CollectedFacts(LIMITS)];
    await take(kept, 0, 1000, plan);
    await take(lost, 0, 1000);
    const [knowing, unknowing] = [await trained(kept), await trained(lost)];
    const [x = 0, y = 0] = expected(knowing, "old");
    expect(y - x).toBeGreaterThan(0.8);
    const [otherX = 0, otherY = 0] = expected(unknowing, "old");
    expect(otherY).toBeLessThanOrEqual(otherX);
    expect(knowing).toMatchObject({ rows: 1000, dataFrom: run(0).decision.at });
    expect(unknowing.rows).toBe(LIMITS.decisions);
  });

  it("are no part of it where feedback is what there is too much of, either", async () => {
    const state = new CollectedFacts({ ...LIMITS, decisions: 1000, runs: 200 });
    await take(state, 0, 1500, plan);
    const [kept] = state.statistics.snapshot();
    expect(kept!.rows + state.decisions.size).toBe(1500);
    expect([...state.decisions.values()].every((d) => state.feedback.has(d.workflowId))).toBe(true);
  });

  it("are dropped where they predict the newest worse than what is held alone, or the settings are others", async () => {
    const state = new CollectedFacts(LIMITS);
    await take(state, 0, 1000, plan);
    await take(state, 1000, 1220, plan, true);
    expect(await trained(state)).toMatchObject({ rows: state.decisions.size });
    await take(state, 1220, 1500, plan, true);
    expect((await trained(state)).rows).toBeGreaterThan(state.decisions.size);
    const [before] = state.statistics.snapshot();
    await take(state, 1500, 1600, { ...plan, learn: { triage: { policy: { kind: "thompson" } } } }, true);
    const [after] = state.statistics.snapshot();
    expect(after!.rows).toBeLessThan(before!.rows);
    expect(after!.artifact.policy.kind).toBe("thompson");
  });

  it("of a point that nobody declared are forgotten", async () => {
    const state = new CollectedFacts(LIMITS);
    await take(state, 0, 500, { ...plan, learn: {} });
    expect(state.statistics.snapshot()).toEqual([]);
    expect(state.decisions.size).toBeLessThanOrEqual(1.1 * LIMITS.decisions);
  });

  it("are kept in the store, and not read again by a learner that starts", async () => {
    const store = createMemoryStore();
    const begin = () => {
      const state = new CollectedFacts(LIMITS);
      const run_ = (job: keyof typeof JOBS, input: never) => JOBS[job].run(input, context(state));
      const worker = { generation: 0, run: async (...given: Parameters<typeof run_>) => run_(...given) };
      return { state, collector: createFactCollector(store, worker as unknown as LearningWorker, 64, () => plan) };
    };
    const append = async (from: number, to: number) => {
      for (let n = from; n < to; n++) {
        await store.append("decision", [run(n).decision]);
        await store.append("feedback", [run(n).feedback]);
      }
    };
    const first = begin();
    await append(0, 10);
    await first.collector.collect();
    await append(10, 700);
    await first.collector.collect();
    await append(700, 900);
    const second = begin();
    await second.collector.collect();
    const [kept] = second.state.statistics.snapshot();
    expect(kept!.rows).toBeGreaterThan(0);
    expect([...second.state.decisions.values()].filter((d) => d.at <= kept!.until)).toEqual([]);
    const [x = 0, y = 0] = expected(await trained(second.state), "old");
    expect(y - x).toBeGreaterThan(0.8);
  });

  it("are not lost, nor is what was on its way, when the thread fails to take a batch in", async () => {
    const store = createMemoryStore();
    for (let n = 0; n < 900; n++) {
      await store.append("decision", [run(n).decision]);
      await store.append("feedback", [run(n).feedback]);
    }
    const state = new CollectedFacts(LIMITS);
    let untilFailure = Number.POSITIVE_INFINITY;
    const worker = {
      generation: 0,
      async run(job: keyof typeof JOBS, input: { decision?: unknown }) {
        if (job === "facts.ingest" && input.decision && untilFailure-- <= 0) throw new Error("stopped");
        return JOBS[job].run(input as never, context(state));
      },
    };
    const collector = createFactCollector(store, worker as unknown as LearningWorker, 64, () => plan);
    await collector.collect();
    for (let n = 900; n < 1800; n++) {
      await store.append("decision", [run(n).decision]);
      await store.append("feedback", [run(n).feedback]);
    }
    untilFailure = 8;
    await expect(collector.collect()).rejects.toThrow("stopped");
    const [before] = state.statistics.snapshot();
    expect(before!.rows).toBeGreaterThan(0);
    untilFailure = Number.POSITIVE_INFINITY;
    await collector.collect();
    const held = new Set([...state.decisions.values()].map((d) => d.decisionId));
    const [kept] = state.statistics.snapshot();
    expect(kept!.rows).toBeGreaterThanOrEqual(before!.rows);
    const missing = Array.from({ length: 1800 }, (_, n) => run(n).decision).filter(
      (d) => d.at > kept!.until && !held.has(d.decisionId),
    );
    expect(missing).toEqual([]);
  });
});
