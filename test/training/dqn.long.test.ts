import { describe, expect, it } from "vitest";
import { cliffWorld, repairWorld, tabularEnv } from "../../src/environments/index.js";
import { forward } from "../../src/math/network.js";
import { createRng, type Rng } from "../../src/math/rng.js";
import { createNetwork } from "../../src/tensor/index.js";
import { bootstrapTargets, valueLoss } from "../../src/training/dqn-loss.js";
import { duelingGradient, duelingValues, foldDueling } from "../../src/training/dueling.js";
import { createDqn, type DqnOptions, type TrainingCheckpoint, train } from "../../src/training/index.js";
import { emptyBatch, NStepJoiner, ReplayBuffer, setRow } from "../../src/training/replay.js";
import { identityEnv, shareOfOptimum } from "./support.js";

const dqn = (options: DqnOptions) => (shape: { inputs: number; actions: number }, rng: Rng) =>
  createDqn(shape, options, rng);
const all = Uint8Array.of(1, 1);
const at = (...x: number[]) => Float64Array.from(x);

describe("n-step transitions", () => {
  it("sum discounted rewards, and shorten at the end of an episode", () => {
    const joiner = new NStepJoiner(2, 0.5);
    const add = (k: number, end: "no" | "terminated" | "truncated") =>
      joiner
        .add({ state: at(k), action: k, reward: 10 ** k }, at(k + 1), all, end)
        .map((t) => [t.state[0], t.reward, t.next[0], t.discount]);
    expect(add(0, "no")).toEqual([]);
    expect(add(1, "no")).toEqual([[0, 1 + 5, 2, 0.25]]);
    expect(add(2, "terminated")).toEqual([
      [1, 10 + 50, 3, 0],
      [2, 100, 3, 0],
    ]);
    add(0, "no");
    expect(add(1, "truncated")).toEqual([
      [0, 6, 2, 0.25],
      [1, 10, 2, 0.5],
    ]);
  });

  it("are kept up to the capacity, the oldest leaving first", () => {
    const buffer = new ReplayBuffer(3, 1, 2);
    const add = (k: number) =>
      buffer.add({ state: at(k), action: 0, reward: k, next: at(k), nextMask: all, discount: 1 });
    for (let k = 0; k < 5; k++) add(k);
    const seen = new Set(buffer.sample(100, createRng(0)).rewards);
    expect([...seen].sort()).toEqual([2, 3, 4]);
  });
});

describe("targets", () => {
  it("take the online network's best legal action and the target network's value of it", () => {
    const batch = emptyBatch(3, 1, 3);
    const row = (r: number, nextMask: number[], discount: number) =>
      setRow(batch, r, {
        state: at(0),
        action: 0,
        reward: 1,
        next: at(0),
        nextMask: Uint8Array.from(nextMask),
        discount,
      });
    row(0, [1, 1, 1], 0.5);
    row(1, [1, 0, 1], 0.5);
    row(2, [0, 0, 0], 0);
    const online = at(1, 3, 2, 1, 3, 2, 9, 9, 9);
    const target = at(10, 20, 30, 10, 20, 30, 9, 9, 9);
    expect([...bootstrapTargets(batch, online, target)]).toEqual([1 + 10, 1 + 15, 1]);
    // The plain rule trusts the target network for both.
    expect(bootstrapTargets(batch, target, target)[0]).toBe(1 + 15);
  });
});

describe("the losses' gradients", () => {
  const rng = createRng(2);
  it("are what differences give, through the dueling head", () => {
    const outputs = Float64Array.from({ length: 8 }, () => rng.normal());
    const targets = at(3, 0.1);
    const loss = (o: Float64Array) => valueLoss(duelingValues(o, 3), Int32Array.of(2, 0), targets);
    const gradient = duelingGradient(loss(outputs).gradient, 3);
    for (let k = 0; k < 8; k++) {
      const shifted = (d: number) => loss(outputs.map((v, j) => (j === k ? v + d : v))).loss;
      expect(gradient[k]).toBeCloseTo((shifted(1e-6) - shifted(-1e-6)) / 2e-6, 6);
    }
  });

  it("fold a dueling network into a plain one with the same action values", () => {
    const network = createNetwork({ inputs: 4, outputs: 4, hidden: [7] }, rng);
    network.layers[1]?.bias.set([1, 2, 3, 5]);
    const x = [0.3, -1, 2, 0.5];
    const folded = forward(foldDueling(network), x);
    duelingValues(forward(network, x), 3).forEach((v, a) => {
      expect(folded[a]).toBeCloseTo(v, 12);
    });
  });
});

describe("DQN", () => {
  const small: DqnOptions = {
    hidden: [16],
    learningRate: 0.005,
    learningStarts: 200,
    trainEvery: 32,
    gradientSteps: 16,
  };

  it.each([
    ["with everything", {}],
    ["in its plain form", { double: false, dueling: false, nSteps: 1 }],
  ])("solves the identity task %s", async (_, variant) => {
    const { evaluations } = await train({
      makeEnv: identityEnv,
      makeLearner: dqn({ ...small, gamma: 0.5, ...variant }),
      totalSteps: 6000,
      evaluateEvery: 1000,
      evaluationEpisodes: 20,
      targetReturn: 10,
    });
    expect(evaluations.at(-1)?.mean).toBe(10);
  });

  it.each([cliffWorld(), repairWorld()])("comes within 3 % of the exact optimum of $id", async (model) => {
    const { network } = await train({
      makeEnv: () => tabularEnv(model),
      makeLearner: dqn({
        ...small,
        hidden: [24],
        nSteps: 1,
        gamma: model.discount,
        explorationShare: 0.5,
        explorationEnd: 0.1,
      }),
      totalSteps: 8000,
      evaluateEvery: 4000,
      evaluationEpisodes: 100,
      seed: 1,
    });
    expect(shareOfOptimum(model, (x) => forward(network, x))).toBeGreaterThan(0.97);
  });

  it("gives the same numbers from the same seed, whether or not it was interrupted", async () => {
    const checkpoints: TrainingCheckpoint[] = [];
    const options = {
      makeEnv: identityEnv,
      makeLearner: dqn({ ...small, hidden: [6], bufferSize: 300 }),
      totalSteps: 900,
      evaluateEvery: 300,
      evaluationEpisodes: 3,
      seed: 3,
    };
    const whole = await train({ ...options, onCheckpoint: (c) => checkpoints.push(c) });
    expect(await train(options)).toEqual(whole);
    const resumed = await train({ ...options, resume: structuredClone(checkpoints[1]) });
    expect(resumed).toEqual(whole);
  });
});

it.each([
  [{ batchSize: 0 }, /received 0 for batchSize; expected a whole number from 1/],
  [{ gamma: 1.5 }, /received 1.5 for gamma; expected a number in \[0,1\]/],
  [{ hidden: [0] }, /expected whole numbers from 1/],
  [{ learnRate: 0.1 }, /unknown key "learnRate".*Did you mean "learningRate"/],
])("DQN refuses the settings %j instead of never ending or learning nothing", async (options, message) => {
  await expect(createDqn({ inputs: 2, actions: 2 }, options as never, createRng(1))).rejects.toThrow(message);
});
