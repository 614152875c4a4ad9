import { describe, expect, it } from "vitest";
import {
  checkEnv,
  cliffWorld,
  policyValue,
  repairWorld,
  type TabularModel,
  tabularEnv,
  valueIteration,
} from "../../src/environments/index.js";

/** Two states; waiting in the first pays 1 and stays, leaving pays 3 and ends. */
const toy: TabularModel = {
  id: "toy",
  states: 1,
  actions: ["stay", "leave"],
  start: [1],
  legal: () => [true, true],
  outcomes: (_, a) => [{ probability: 1, next: 0, reward: a === 0 ? 1 : 3, terminated: a === 1 }],
  discount: 0.5,
  maxSteps: 5,
};

describe("value iteration", () => {
  it("solves by hand what can be solved by hand", () => {
    // Staying for ever is worth 2; leaving 3; staying once and leaving 1 + 0.5 * 3 = 2.5.
    expect(valueIteration(toy)).toMatchObject({ policy: [1], optimum: 3 });
    expect(policyValue(toy, () => [1, 0])).toBeCloseTo(2, 8);
    // V = 0.5 (1 + 0.5 V) + 0.5 * 3
    expect(policyValue(toy, () => [0.5, 0.5])).toBeCloseTo(2 / 0.75, 8);
  });
});

describe("a model given as a literal", () => {
  const one = { probability: 1, next: 0, reward: 1, terminated: false };
  it.each<[string, object, RegExp]>([
    ["states", { states: 1.5 }, /1\.5 states/],
    ["actions", { actions: [] }, /no actions/],
    ["start", { start: [0.5] }, /the start \[0\.5\]; expected a probability for each state/],
    ["start", { start: [Number.NaN] }, /a probability for each state/],
    ["discount", { discount: 1.2 }, /the discount 1\.2/],
    ["flags", { legal: () => [true] }, /\[true\] for what is legal in state 0/],
    ["flags", { legal: () => [false, false] }, /at least one true/],
    ["probabilities", { outcomes: () => [{ ...one, probability: 0.4 }] }, /\[0\.4\] of action stay in state 0/],
    ["next state", { outcomes: () => [{ ...one, next: 4 }] }, /next state 4 of action stay/],
    ["reward", { outcomes: () => [{ ...one, reward: Number.NaN }] }, /reward NaN of action stay/],
    ["terminated", { outcomes: () => [{ ...one, terminated: undefined }] }, /terminated undefined of action stay/],
  ])("is refused where its %s cannot be", (_what, change, message) => {
    for (const use of [tabularEnv, valueIteration, (m: TabularModel) => policyValue(m, () => [1, 0])]) {
      expect(() => use({ ...toy, ...change })).toThrow(message);
      expect(() => use({ ...toy, ...change })).toThrow("ENV_INVALID");
    }
  });

  it("is refused by the solvers where its values do not settle", () => {
    expect(() => valueIteration({ ...toy, discount: 1 })).toThrow(/ENV_INVALID.*values that grow without end/);
    expect(() => policyValue({ ...toy, discount: 1 }, () => [1, 0])).toThrow(/values that grow without end/);
    expect(policyValue({ ...toy, discount: 1 }, () => [0, 1])).toBe(3);
    expect(() => valueIteration(toy, 0)).toThrow(/a tolerance of 0/);
  });
});

describe.each([cliffWorld(), repairWorld()])("$id", (model) => {
  it("is a sound model and a sound environment", () => {
    for (let s = 0; s < model.states; s++)
      model.legal(s).forEach((legal, a) => {
        if (!legal) return;
        const outcomes = model.outcomes(s, a);
        expect(outcomes.reduce((sum, o) => sum + o.probability, 0)).toBeCloseTo(1, 12);
        for (const o of outcomes) expect(o.next >= 0 && o.next < model.states).toBe(true);
      });
    expect(checkEnv(tabularEnv(model)).episodes).toBeGreaterThan(3);
  });

  it("has an optimum well above chance, which its own episodes confirm", () => {
    const { policy, optimum, values } = valueIteration(model);
    const uniform = policyValue(model, (s) =>
      model.legal(s).map((l, _, all) => (l ? 1 / all.filter(Boolean).length : 0)),
    );
    expect(uniform).toBeLessThan(0.8 * optimum);
    expect(policyValue(model, (s) => model.actions.map((_, a) => (a === policy[s] ? 1 : 0)))).toBeCloseTo(optimum, 6);
    const env = tabularEnv(model);
    let sum = 0;
    for (let episode = 0; episode < 400; episode++) {
      let { observation } = env.reset({ seed: episode });
      let discount = 1;
      for (let over = false; !over; ) {
        const result = env.step(policy[observation]);
        sum += (discount * result.reward) / 400;
        discount *= model.discount;
        observation = result.observation;
        over = result.terminated || result.truncated;
        // What a cut-off episode would still have earned.
        if (result.truncated) sum += (discount * values[observation]) / 400;
      }
    }
    expect(sum / optimum).toBeGreaterThan(0.93);
    expect(sum / optimum).toBeLessThan(1.07);
  });

  it("refuses illegal actions", () => {
    const env = tabularEnv(model);
    const { info } = env.reset({ seed: 1 });
    const illegal = (info.actionMask as boolean[]).indexOf(false);
    expect(() => env.step(illegal)).toThrow(/draw actions by info.actionMask/);
    expect(() => tabularEnv(model).step(0)).toThrow(/outside an episode/);
  });
});
