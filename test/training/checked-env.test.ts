import { describe, expect, it } from "vitest";
import { Box, type Env, type StepResult } from "../../src/environments/index.js";
import { createDqn, createPpo, episodeReturns, type TrainingOptions, train } from "../../src/training/index.js";
import { identityEnv } from "./support.js";

/** Pays for nothing in particular; at step 7 of the second episode something is wrong. */
function broken(change: Partial<StepResult<Float64Array>>): () => Env<Float64Array, number> {
  return () => {
    const inner = identityEnv();
    let [episode, step] = [0, 0];
    return {
      id: "Broken",
      observationSpace: new Box(-1, 3, 1),
      actionSpace: inner.actionSpace,
      reset(options) {
        episode++;
        step = 0;
        const { observation, info } = inner.reset(options);
        return { observation: Float64Array.of(observation), info };
      },
      step(action) {
        step++;
        const taken = inner.step(action);
        const good = { ...taken, observation: Float64Array.of(taken.observation) };
        return episode === 2 && step === 7 ? { ...good, ...change } : good;
      },
    };
  };
}

const LEARNERS: [string, TrainingOptions["makeLearner"]][] = [
  ["ppo", (shape, rng) => createPpo(shape, { hidden: [4], environments: 2, engine: "plain" }, rng)],
  ["dqn", (shape, rng) => createDqn(shape, { hidden: [4], engine: "plain" }, rng)],
];

describe.each(LEARNERS)("%s", (_, makeLearner) => {
  it.each<[string, Partial<StepResult<Float64Array>>, RegExp]>([
    [
      "an observation that is no number",
      { observation: Float64Array.of(Number.NaN) },
      /NaN at position 0 of the observation of step 7 of episode 2 in Broken/,
    ],
    [
      "an infinite observation",
      { observation: Float64Array.of(Number.POSITIVE_INFINITY) },
      /Infinity at position 0 of the observation/,
    ],
    ["a reward that is no number", { reward: Number.NaN }, /a reward of NaN at step 7 of episode 2/],
    ["an infinite reward", { reward: Number.NEGATIVE_INFINITY }, /a reward of -Infinity at step 7/],
    [
      "a mask that allows nothing",
      { info: { actionMask: [false, false, false] } },
      /a mask that allows no action at step 7/,
    ],
    [
      "a short observation",
      { observation: new Float64Array(0) },
      /0 numbers for the observation of step 7 .*expected 1/,
    ],
    ["a short mask", { info: { actionMask: [true] } }, /a mask of 1 for 3 actions at step 7/],
    ["a mask that is no list", { info: { actionMask: "ttt" as never } }, /the mask "ttt" at step 7 of episode 2/],
    ["no info", { info: undefined as never }, /as what step\(\) gave for step 7 of episode 2/],
    ["an end that is not said", { terminated: undefined as never }, /terminated = undefined at step 7 of episode 2/],
    ["an end that is no boolean", { truncated: 0 as never }, /truncated = 0 at step 7 of episode 2/],
  ])("names %s where it comes", async (_what, change, message) => {
    const training = train({ makeEnv: broken(change) as never, makeLearner, totalSteps: 600, evaluationEpisodes: 2 });
    await expect(training).rejects.toThrow(message);
    await expect(training).rejects.toMatchObject({ code: "TRAINING_INVALID" });
  });

  it.each<[string, (env: Env<Float64Array, number>) => Partial<Env<Float64Array, number>>, RegExp]>([
    ["nothing from reset", () => ({ reset: () => undefined as never }), /undefined as what reset\(\) gave for step 0/],
    ["nothing from step", () => ({ step: () => undefined as never }), /undefined as what step\(\) gave for step 1/],
    [
      "a promise from reset",
      (env) => ({ reset: (options) => Promise.resolve(env.reset(options)) as never }),
      /what reset\(\) gave for step 0 of episode 1.*environments are synchronous/,
    ],
  ])("names %s", async (_what, change, message) => {
    const makeEnv = () => {
      const env = broken({})();
      return { ...env, ...change(env) };
    };
    const training = train({ makeEnv: makeEnv as never, makeLearner, totalSteps: 600, evaluationEpisodes: 2 });
    await expect(training).rejects.toThrow(message);
    await expect(training).rejects.toMatchObject({ code: "TRAINING_INVALID" });
  });

  it.each([undefined, Promise.resolve(broken({})())])("refuses %s for an environment", async (made) => {
    const training = train({ makeEnv: (() => made) as never, makeLearner, totalSteps: 600 });
    await expect(training).rejects.toMatchObject({ code: "TRAINING_INVALID" });
  });

  it("is watched as well where actors are compared", () => {
    const makeEnv = broken({ reward: Number.NaN });
    expect(() => episodeReturns(() => 0, { makeEnv, episodes: 3 })).toThrow(/a reward of NaN at step 7 of episode 2/);
  });

  it("lets an episode end with nothing left to do", async () => {
    const makeEnv = broken({ info: { actionMask: [false, false, false] }, terminated: true });
    const done = await train({ makeEnv: makeEnv as never, makeLearner, totalSteps: 60, evaluationEpisodes: 1 });
    expect(done.stopped).toBe("finished");
  });
});
