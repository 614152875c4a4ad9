import { Discrete, type Env, policyValue, type TabularModel, valueIteration } from "../../src/environments/index.js";
import { createRng } from "../../src/math/rng.js";
import { maskedArgmax } from "../../src/training/masked-softmax.js";

/** Pays 1 for the action named by the observation; ten steps an episode. */
export function identityEnv(): Env<number, number> {
  let rng = createRng(0);
  let state = 0;
  let step = 0;
  return {
    id: "Identity",
    observationSpace: new Discrete(3),
    actionSpace: new Discrete(3),
    reset({ seed } = {}) {
      if (seed !== undefined) rng = createRng(seed);
      step = 0;
      state = rng.int(3);
      return { observation: state, info: {} };
    },
    step(action) {
      const reward = action === state ? 1 : 0;
      state = rng.int(3);
      step++;
      return { observation: state, reward, terminated: false, truncated: step === 10, info: {} };
    },
  };
}

/** The exact value of the greedy policy over a model's states, as a share of the optimum. */
export function shareOfOptimum(model: TabularModel, outputs: (state: Float64Array) => Float64Array): number {
  const value = policyValue(model, (s) => {
    const oneHot = new Float64Array(model.states);
    oneHot[s] = 1;
    const chosen = maskedArgmax(outputs(oneHot), model.legal(s));
    return model.actions.map((_, a) => (a === chosen ? 1 : 0));
  });
  return value / valueIteration(model).optimum;
}
