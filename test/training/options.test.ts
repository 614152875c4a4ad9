import { describe, expect, it } from "vitest";
import { createRng } from "../../src/math/rng.js";
import { createDqn, createPpo, type DqnOptions, type LoggedData, learnOffline } from "../../src/training/index.js";
import { identityEnv } from "./support.js";

const SHAPE = { inputs: 3, actions: 3 };
type Vectors = { online: Float64Array; target: Float64Array };

describe("DQN's options", () => {
  /** Weights before and after `steps` steps that end the training. */
  async function lastSteps(options: DqnOptions, steps = 32) {
    const learner = await createDqn(
      SHAPE,
      { hidden: [4], learningStarts: 0, trainEvery: 32, gradientSteps: 3, batchSize: 8, ...options },
      createRng(1),
    );
    const before = learner.save() as unknown as Vectors;
    const segment = { envs: [identityEnv()], steps, stepsBefore: 1000 - steps, totalSteps: 1000, rng: createRng(2) };
    for (const _ of learner.learn(segment));
    const after = learner.save() as unknown as Vectors;
    learner.dispose();
    return { before, after };
  }

  it("decay: the learning rate has come to zero at the end, or is what it was", async () => {
    const fallen = await lastSteps({ decay: true });
    expect(fallen.after.online).toEqual(fallen.before.online);
    const kept = await lastSteps({ decay: false });
    expect(kept.after.online).not.toEqual(kept.before.online);
  });

  it("targetEvery: how many gradient steps the target network stays behind", async () => {
    const rare = await lastSteps({ decay: false, targetEvery: 1000 });
    expect(rare.after.target).toEqual(rare.before.online);
    const often = await lastSteps({ decay: false, targetEvery: 1 });
    expect(often.after.target).not.toEqual(often.before.online);
    // Copied before each of the three steps: it lacks the last one alone.
    expect(often.after.target).not.toEqual(often.after.online);
  });
});

describe("PPO's options", () => {
  it("rolloutSteps: steps in each environment between updates", async () => {
    const learner = await createPpo(SHAPE, { hidden: [4], epochs: 1, rolloutSteps: 5, environments: 2 }, createRng(1));
    const envs = [identityEnv(), identityEnv()];
    const reports = [...learner.learn({ envs, steps: 24, stepsBefore: 0, totalSteps: 24, rng: createRng(2) })];
    expect(reports.map((r) => r.steps)).toEqual([10, 10, 4]);
    learner.dispose();
  });
});

describe("the options of offline Q-learning", () => {
  it("onIteration: is told of each iteration and its loss", async () => {
    const step = { x: Float64Array.of(1, 0), mask: Uint8Array.of(1, 1), action: 0, reward: 1 };
    const data: LoggedData = { inputs: 2, actions: ["a", "b"], episodes: [{ steps: [step, step] }], skipped: {} };
    const told: [number, number][] = [];
    const onIteration = (iteration: number, loss: number) => void told.push([iteration, loss]);
    const { losses } = await learnOffline(data, { hidden: [4], iterations: 3, gradientSteps: 2, onIteration });
    expect(losses).toHaveLength(3);
    expect(told).toEqual(losses.map((loss, i) => [i, loss]));
  });
});
