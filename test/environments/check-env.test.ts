import { describe, expect, it } from "vitest";
import { Box, checkEnv, Discrete, type Env, type StepResult } from "../../src/environments/index.js";
import { createRng } from "../../src/math/rng.js";

/** A correct three-step environment in which one thing at a time can be broken. */
function env(broken: Partial<Env<Float64Array, number>> = {}, wrong: Record<string, unknown> = {}) {
  let rng = createRng(0);
  let left = 0;
  const base: Env<Float64Array, number> = {
    id: "toy",
    observationSpace: new Box(0, 1, 2),
    actionSpace: new Discrete(3),
    reset({ seed } = {}) {
      if (seed !== undefined) rng = createRng(seed);
      left = 3;
      return { observation: Float64Array.of(rng.next(), 1), info: { actionMask: [true, false, true] } };
    },
    step(action) {
      if (left === 0) throw new Error("over");
      expect(action).not.toBe(1);
      left--;
      return {
        observation: Float64Array.of(rng.next(), left / 3),
        reward: action,
        terminated: left === 0,
        truncated: false,
        info: { actionMask: [true, false, true] },
        ...wrong,
      } as StepResult<Float64Array>;
    },
    ...broken,
  };
  return base;
}

describe("checkEnv", () => {
  it("accepts a correct environment and draws legal actions only", () => {
    const report = checkEnv(env(), { steps: 30 });
    expect(report).toEqual({
      warnings: [],
      steps: 90,
      episodes: 33,
    });
  });

  it.each([
    ["a missing space", {}, { observationSpace: undefined as never }, /observationSpace = .*expected a space/],
    ["a step without a result", {}, { step: (() => undefined) as never }, /step\(\) = undefined; expected an object/],
    ["a step to be awaited", {}, { step: (async () => ({})) as never }, /a promise from step\(\)/],
    ["a NaN reward", { reward: Number.NaN }, {}, /the reward NaN; expected a finite number/],
    ["a reward that is no number", { reward: "1" }, {}, /the reward "1"/],
    ["an end that is no boolean", { terminated: 0 }, {}, /terminated = 0/],
    [
      "an observation out of bounds",
      { observation: Float64Array.of(2, 0) },
      {},
      /observation \[2,0\]; expected a member/,
    ],
    ["NaN in an observation", { observation: Float64Array.of(Number.NaN, 0) }, {}, /observation \["NaN",0\]/],
    ["an observation of the wrong length", { observation: Float64Array.of(1) }, {}, /observation \[1\]/],
    ["a plain array for a box", { observation: [0, 0] }, {}, /from step\(\) the observation/],
    ["no info", { info: undefined }, {}, /from step\(\) the info undefined/],
    ["a mask of the wrong length", { info: { actionMask: [true] } }, {}, /the mask \[true\]; expected an array of 3/],
    ["a mask with nothing legal", { info: { actionMask: [false, false, false] } }, {}, /without a legal action/],
  ])("catches %s", (_, wrong, broken, message) => {
    expect(() => checkEnv(env(broken, wrong))).toThrow(message);
  });

  it("catches randomness that the seed does not govern", () => {
    const loose = createRng("loose");
    const broken = env({ reset: () => ({ observation: Float64Array.of(loose.next(), 0), info: {} }) });
    expect(() => checkEnv({ ...broken, step: () => step(loose.next()) })).toThrow(/two episodes with one seed/);
  });

  it("catches a step after the end that is accepted", () => {
    expect(() => checkEnv({ ...env(), step: () => ({ ...step(0.5), terminated: true }) })).toThrow(
      /a step after the end of the episode/,
    );
  });

  it("catches an observation that is reused", () => {
    const shared = new Float64Array(2);
    let t = 0;
    const reusing = env({
      reset: () => ({ observation: shared, info: {} }),
      step: () => {
        t = (t + 1) % 10;
        shared[0] = t / 10;
        return { observation: shared, reward: t, terminated: false, truncated: false, info: {} };
      },
    });
    expect(() => checkEnv(reusing)).toThrow(/changed in step 0 after it had been returned/);
  });

  it("warns of seeds without effect, and only of those", () => {
    const toy = env();
    expect(checkEnv(toy).warnings).toEqual([]);
    const deaf = { ...toy, reset: () => toy.reset({ seed: 7 }) };
    expect(checkEnv(deaf).warnings.join()).toMatch(/another seed gave the same episodes/);
  });

  it("warns of rewards that never differ", () => {
    expect(checkEnv(env({}, { reward: 1 })).warnings).toContain("every one of 200 random steps earned the reward 1");
  });
});

function step(x: number): StepResult<Float64Array> {
  return { observation: Float64Array.of(x, 0), reward: 0, terminated: false, truncated: false, info: {} };
}
