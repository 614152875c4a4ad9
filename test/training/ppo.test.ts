import { describe, expect, it } from "vitest";
import { cartPole, cliffWorld, repairWorld, tabularEnv } from "../../src/environments/index.js";
import { forward } from "../../src/math/network.js";
import { createRng } from "../../src/math/rng.js";
import { advantagesOf } from "../../src/training/gae.js";
import { createPpo, type PpoOptions, type TrainingCheckpoint, train } from "../../src/training/index.js";
import { policyLoss } from "../../src/training/ppo-loss.js";
import { identityEnv, shareOfOptimum } from "./support.js";

const ppo = (options: PpoOptions) => (shape: { inputs: number; actions: number }, rng: ReturnType<typeof createRng>) =>
  createPpo(shape, options, rng);

describe("PPO's loss", () => {
  const rng = createRng(1);
  const logits = Float64Array.from({ length: 18 }, () => rng.normal());
  const batch = {
    masks: Uint8Array.from([1, 1, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
    actions: Int32Array.of(0, 2, 1, 0, 1, 2),
    // Some far from what the logits give, so that both sides of the clip are met.
    logProbabilities: Float64Array.of(-1, -0.2, -3, -4, -0.05, -1.2),
    advantages: Float64Array.of(1, -2, 0.5, 2, 1, -1),
  };

  it("has the gradient that differences give, and none for illegal actions", () => {
    const { gradient, clipped } = policyLoss(logits, batch, 0.2, 0.03);
    expect(clipped).toBeGreaterThan(0);
    expect(clipped).toBeLessThan(1);
    for (let k = 0; k < logits.length; k++) {
      const at = (shift: number) =>
        policyLoss(
          logits.map((z, j) => (j === k ? z + shift : z)),
          batch,
          0.2,
          0.03,
        ).loss;
      expect(gradient[k]).toBeCloseTo((at(1e-6) - at(-1e-6)) / 2e-6, 6);
    }
    expect([gradient[4], gradient[6]]).toEqual([0, 0]);
  });
});

describe("advantages", () => {
  it("are what hand arithmetic gives, and stop at the end of an episode", () => {
    // Environment 0 goes on; environment 1 ends at its first step.
    const advantages = advantagesOf(
      {
        rewards: Float64Array.of(1, 5, 2, 7),
        values: Float64Array.of(10, 20, 30, 40),
        ended: Uint8Array.of(0, 1, 0, 0),
        lastValues: Float64Array.of(100, 200),
      },
      0.5,
      0.5,
    );
    const late = 2 + 0.5 * 100 - 30;
    expect([...advantages]).toEqual([1 + 0.5 * 30 - 10 + 0.25 * late, 5 - 20, late, 7 + 0.5 * 200 - 40]);
  });
});

describe("PPO", () => {
  it("solves the identity task", async () => {
    const { evaluations, stopped } = await train({
      makeEnv: identityEnv,
      makeLearner: ppo({ hidden: [16], learningRate: 0.01, gamma: 0.5, epochs: 5 }),
      totalSteps: 8000,
      evaluateEvery: 1000,
      evaluationEpisodes: 20,
      targetReturn: 10,
    });
    expect(stopped).toBe("target");
    expect(evaluations.at(-1)?.mean).toBe(10);
  });

  it.each([cliffWorld(), repairWorld()])(
    "comes within 3 % of the exact optimum of $id, illegal actions untried",
    async (model) => {
      const { network } = await train({
        makeEnv: () => tabularEnv(model),
        makeLearner: ppo({
          hidden: [24],
          learningRate: 0.01,
          gamma: model.discount,
          lambda: 0.95,
          epochs: 4,
          entropyWeight: 0.02,
        }),
        totalSteps: 12000,
        evaluateEvery: 4000,
        evaluationEpisodes: 100,
        seed: 1,
      });
      expect(shareOfOptimum(model, (x) => forward(network, x))).toBeGreaterThan(0.97);
    },
  );

  it("gives the same numbers from the same seed, whether or not it was interrupted", async () => {
    const checkpoints: TrainingCheckpoint[] = [];
    const options = {
      makeEnv: cartPole,
      makeLearner: ppo({ hidden: [8], epochs: 2 }),
      totalSteps: 1500,
      evaluateEvery: 500,
      evaluationEpisodes: 5,
      seed: 3,
    };
    const whole = await train({ ...options, onCheckpoint: (c) => checkpoints.push(c) });
    expect(await train(options)).toEqual(whole);
    expect((await train({ ...options, seed: 4 })).network).not.toEqual(whole.network);
    const resumed = await train({ ...options, resume: structuredClone(checkpoints[0]) });
    expect(resumed).toEqual(whole);
  });

  it("goes over a rollout again only while the policy has not moved too far", async () => {
    const passes = async (targetDivergence?: number) => {
      const clipped: number[] = [];
      await train({
        makeEnv: cartPole,
        makeLearner: ppo({ hidden: [8], epochs: 20, learningRate: 0.02, targetDivergence }),
        totalSteps: 512,
        evaluateEvery: 512,
        evaluationEpisodes: 1,
        onProgress: ({ figures }) => clipped.push(figures.divergence),
      });
      return clipped[0];
    };
    expect(await passes(0.001)).toBeLessThan((await passes()) / 2);
  });

  it("stops when asked, handing back the last point to resume from", async () => {
    let rounds = 0;
    const options = { makeEnv: cartPole, makeLearner: ppo({ hidden: [8], epochs: 1 }), totalSteps: 2000 };
    const result = await train({
      ...options,
      evaluateEvery: 512,
      evaluationEpisodes: 2,
      onProgress: () => rounds++,
      cancelled: () => rounds === 3,
    });
    expect(result).toMatchObject({ stopped: "cancelled", steps: 768 });
    expect(result.checkpoint.steps).toBe(512);
  });

  it("stops when it gets no better", async () => {
    const result = await train({
      makeEnv: cartPole,
      makeLearner: ppo({ hidden: [4], learningRate: 0, epochs: 1 }),
      totalSteps: 5000,
      evaluateEvery: 256,
      evaluationEpisodes: 2,
      patience: 3,
    });
    expect(result.stopped).toBe("patience");
    expect(result.steps).toBe(1024);
  });

  it("refuses a checkpoint of another shape or learner", async () => {
    const options = { makeEnv: cartPole, totalSteps: 300, evaluateEvery: 300, evaluationEpisodes: 1 };
    const { checkpoint } = await train({ ...options, makeLearner: ppo({ hidden: [4] }) });
    const resume = (c: TrainingCheckpoint, hidden: number[]) =>
      train({ ...options, totalSteps: 600, makeLearner: ppo({ hidden }), resume: c });
    await expect(resume(checkpoint, [5])).rejects.toThrow(/parameters.policy with 30 entries; expected 37/);
    const other = { ...checkpoint, learner: { ...checkpoint.learner, kind: "dqn" } };
    await expect(resume(other, [4])).rejects.toThrow(/a checkpoint of "dqn"/);
  });
});

it.each([
  [{ batchSize: 0 }, /received 0 for batchSize; expected a whole number from 1/],
  [{ gamma: 1.5 }, /received 1.5 for gamma; expected a number in \[0,1\]/],
  [{ hidden: [0] }, /expected whole numbers from 1/],
  [{ learnRate: 0.1 }, /unknown key "learnRate".*Did you mean "learningRate"/],
])("PPO refuses the settings %j instead of never ending or learning nothing", async (options, message) => {
  await expect(createPpo({ inputs: 2, actions: 2 }, options as never, createRng(1))).rejects.toThrow(message);
});
