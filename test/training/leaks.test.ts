import { describe, expect, it } from "vitest";
import { chooseBackend } from "../../src/tensor/index.js";
import {
  cloneBehaviour,
  createDqn,
  createPpo,
  learnOffline,
  loggedEpisodes,
  randomActor,
  train,
} from "../../src/training/index.js";
import { identityEnv } from "./support.js";

const engine = "tensorflow";
const options = { makeEnv: identityEnv, totalSteps: 400, evaluateEvery: 200, evaluationEpisodes: 2 };

describe("training on TensorFlow.js", () => {
  it.each([
    ["PPO", createPpo, { hidden: [4], engine, epochs: 1 } as const],
    ["DQN", createDqn, { hidden: [4], engine, learningStarts: 64, gradientSteps: 2 } as const],
  ])("leaves no tensor behind, nor piles them up on the way (%s)", async (_, create, settings) => {
    const { tf } = await chooseBackend();
    const counts: number[] = [];
    await train({
      ...options,
      makeLearner: (shape, rng) => create(shape, settings, rng),
      onProgress: () => counts.push(tf.memory().numTensors),
    });
    expect(counts.at(-1)).toBeGreaterThan(0);
    expect(counts.at(-1)).toBe(counts.find((c) => c > 0));
    expect(tf.memory().numTensors).toBe(0);
  });

  it("leaves no tensor behind offline", async () => {
    const { tf } = await chooseBackend();
    const data = loggedEpisodes(randomActor(3), { makeEnv: identityEnv, actions: ["a", "b", "c"], episodes: 5 });
    await cloneBehaviour(data, { engine, hidden: [4], epochs: 1 });
    await learnOffline(data, { engine, hidden: [4], iterations: 1, gradientSteps: 3 });
    expect(tf.memory().numTensors).toBe(0);
  });
});
