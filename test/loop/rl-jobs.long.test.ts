import { afterEach, describe, expect, it } from "vitest";
import { type Decision, defaultLogger, type FeedbackRecord, isoTime } from "../../src/core/index.js";
import { denseVector, restoreEncoder } from "../../src/dataset/index.js";
import { type LearningWorker, startLearningWorker } from "../../src/learning/thread/host.js";
import { createRng } from "../../src/math/rng.js";
import { restorePolicy } from "../../src/policies/index.js";
import type { LearnOfflineInput, OfflineChallenger } from "../../src/worker/jobs/learn-offline.js";
import type { TrainRlInput } from "../../src/worker/jobs/train-rl.js";
import { aDecision, aFeedback, asTexts } from "../support/facts.js";

let worker: LearningWorker;
const start = () => {
  const entry = new URL("../../dist/worker/main.js", import.meta.url);
  worker = startLearningWorker({ logger: defaultLogger({ LEARNING_LOG: "off" }), entry });
  return worker;
};
afterEach(() => worker.close());

const cart: TrainRlInput = {
  environment: { kind: "cart-pole" },
  algorithm: { kind: "ppo", hidden: [8], epochs: 2 },
  totalSteps: 1024,
  evaluateEvery: 512,
  evaluationEpisodes: 3,
  seed: 1,
};

describe("the job train-rl", () => {
  it("hands back a policy that serves without TensorFlow.js", async () => {
    const heard: number[] = [];
    const onProgress = (share: number) => heard.push(share);
    const { policy, evaluations, stopped } = await start().run("orchestrator.train", cart, { onProgress });
    expect([stopped, evaluations.length, heard.at(-1)]).toEqual(["finished", 2, 1]);
    const served = restorePolicy(JSON.parse(JSON.stringify(policy)));
    const input = { context: denseVector([0, 0, 0.1, 0.5]), candidates: ["left", "right"] };
    expect([...served.score(input)].sort()).toEqual([0, 1]);
  });

  it("sets what it trained against chance, the baseline and the incumbent, on the same episodes", async () => {
    const input: TrainRlInput = {
      environment: { kind: "orchestrator" },
      algorithm: { kind: "ppo", hidden: [4], epochs: 1 },
      totalSteps: 64,
      evaluateEvery: 64,
      evaluationEpisodes: 1,
      comparisonEpisodes: 5,
      seed: 1,
    };
    const { policy, comparison } = await start().run("orchestrator.train", input);
    expect(Object.keys(comparison.gains)).toEqual(["random", "baseline"]);
    const again = await worker.run("orchestrator.train", { ...input, incumbent: policy });
    expect(again.comparison.gains.incumbent).toMatchObject({ mean: 0, low: 0, high: 0, episodes: 5 });
    expect(again.comparison.returns.random).toEqual(comparison.returns.random);
  });

  it("refuses an environment it does not know", async () => {
    const wrong = { ...cart, environment: { kind: "chess" } } as unknown as TrainRlInput;
    await expect(start().run("orchestrator.train", wrong)).rejects.toThrow(/environment of kind "chess"/);
  });
});

/** Runs through a loop that may think again up to twice; hard ones are worth it, easy ones are not. */
function loopingRuns(count: number): { decision: Decision[]; feedback: FeedbackRecord[] } {
  const rng = createRng(9);
  const decision: Decision[] = [];
  const feedback: FeedbackRecord[] = [];
  for (let r = 0; r < count; r++) {
    const workflowId = `run-${r}`;
    const at = isoTime(Date.UTC(2026, 0, 1) + r * 1000);
    const hard = rng.next() < 0.5;
    let depth = 0;
    for (let over = false; !over; depth++) {
      const mask = [depth < 2, true];
      const chosen = mask[0] && rng.next() < 0.5 ? "again" : "stop";
      const decisionId = `${workflowId}/${depth}`;
      const context = { depth, hard };
      const candidates = ["again", "stop"];
      decision.push(
        aDecision({
          decisionId,
          workflowId,
          decisionPoint: "loop",
          at,
          index: depth,
          context,
          candidates,
          mask,
          chosen,
        }),
      );
      over = chosen === "stop";
    }
    const outcome = hard ? (depth - 1) / 2 : 1 - (depth - 1) / 2;
    feedback.push(aFeedback({ feedbackId: `f${r}`, workflowId, outcome }));
  }
  return { decision, feedback };
}

describe("the job learn-offline", () => {
  const base: LearnOfflineInput = { decisionPoint: "loop", rows: { reward: {} }, seed: 1 };

  it("learns to loop where looping pays, from the logs of a graph that looped at random", async () => {
    const options = {
      conservatism: 0.02,
      hidden: [16],
      iterations: 20,
      gradientSteps: 50,
      gamma: 1,
      learningRate: 0.01,
    };
    await start().run("facts.ingest", asTexts(loopingRuns(300)));
    const found = (await worker.run("routing.learn-offline", { ...base, options })) as OfflineChallenger;
    expect([found.kind, found.runs, found.skipped]).toEqual(["new", 300, {}]);
    expect(found.agreement).toBeGreaterThan(0.3);
    const encoder = restoreEncoder(found.artifact.encoder);
    const policy = restorePolicy(found.artifact.policy);
    for (const hard of [true, false])
      for (const depth of [0, 1]) {
        const context = encoder.encode({ depth, hard });
        const p = policy.score({ context, candidates: ["again", "stop"] });
        expect([hard, depth, p[0]]).toEqual([hard, depth, hard ? 1 : 0]);
      }
  });

  it("imitates, where asked to, and leaves later decisions to judge", async () => {
    await start().run("facts.ingest", asTexts(loopingRuns(60)));
    const upTo = "2026-01-01T00:00:39.999Z";
    const options = { hidden: [8], epochs: 3 };
    const clone = { ...base, method: "clone" as const, upTo, options };
    const { runs, dataTo, artifact } = (await worker.run("routing.learn-offline", clone)) as OfflineChallenger;
    expect([runs, dataTo]).toEqual([40, "2026-01-01T00:00:39.000Z"]);
    expect(artifact.candidates).toEqual(["again", "stop"]);
  });

  it("learns from the newest runs, whole", async () => {
    await start().run("facts.ingest", asTexts(loopingRuns(60)));
    const options = { hidden: [4], epochs: 1 };
    const clone = { ...base, method: "clone" as const, maxDecisions: 40, minRuns: 5, options };
    const { rows, runs, dataFrom, dataTo } = (await worker.run("routing.learn-offline", clone)) as OfflineChallenger;
    expect(rows).toBeGreaterThan(36);
    expect(rows).toBeLessThanOrEqual(40);
    expect(runs).toBe((Date.parse(dataTo) - Date.parse(dataFrom)) / 1000 + 1);
    expect(dataTo).toBe("2026-01-01T00:00:59.000Z");
  });

  it("has nothing to say where runs do not loop, or too few are rated", async () => {
    await start().run("facts.ingest", asTexts(loopingRuns(20)));
    const learn = (change: Partial<LearnOfflineInput>) => worker.run("routing.learn-offline", { ...base, ...change });
    await expect(learn({})).resolves.toBeUndefined();
    await expect(learn({ minRuns: 10, minDecisionsPerRun: 2.9 })).resolves.toBeUndefined();
    await expect(learn({ decisionPoint: "nowhere" })).resolves.toBeUndefined();
    await expect(learn({ minRuns: 10, maxFeatures: 1 })).resolves.toBeUndefined();
  });
});
