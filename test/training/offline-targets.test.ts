import { expect, it } from "vitest";
import { copyNetwork } from "../../src/math/network.js";
import { createRng } from "../../src/math/rng.js";
import { adamState, adamStep, createNetwork, plainEngine } from "../../src/tensor/index.js";
import { bootstrapTargets, valueLoss } from "../../src/training/dqn-loss.js";
import { type LoggedData, learnOffline } from "../../src/training/index.js";
import { emptyBatch, setRow } from "../../src/training/replay.js";

const INPUTS = 5;
const ACTIONS = ["a", "b", "c"];
const SETTINGS = { hidden: [6], iterations: 4, gradientSteps: 7, batchSize: 9, learningRate: 0.01, gamma: 0.9 };

/** Runs of one to three decisions, some of them cut off. */
function runs(): LoggedData {
  const rng = createRng("runs");
  const scene = () => ({
    x: Float64Array.from({ length: INPUTS }, () => rng.normal()),
    mask: Uint8Array.of(1, 1, Number(rng.next() < 0.7)),
  });
  const step = () => ({ ...scene(), action: rng.int(2), reward: rng.next() });
  const episodes = Array.from({ length: 12 }, (_, e) => ({
    steps: Array.from({ length: 1 + rng.int(3) }, step),
    ...(e % 4 === 0 && { cutOffAt: scene() }),
  }));
  return { inputs: INPUTS, actions: ACTIONS, episodes, skipped: {} };
}

/** The same by the book: all values of every batch, from both networks, anew in each step. */
function byTheBook(data: LoggedData, seed: number) {
  const { hidden, iterations, gradientSteps, batchSize, learningRate, gamma } = SETTINGS;
  const transitions = data.episodes.flatMap(({ steps, cutOffAt }) =>
    steps.map(({ x: state, action, reward }, t) => {
      const after = steps[t + 1] ?? cutOffAt;
      const { x: next, mask: nextMask } = after ?? steps[t];
      return { state, action, reward, next, nextMask, discount: after ? gamma : 0 };
    }),
  );
  const rng = createRng(seed);
  const online = createNetwork({ inputs: INPUTS, outputs: ACTIONS.length, hidden }, rng.fork("start"));
  const adam = adamState(online.parameters.length);
  const losses: number[] = [];
  for (let iteration = 0; iteration < iterations; iteration++) {
    const target = copyNetwork(online);
    let total = 0;
    for (let k = 0; k < gradientSteps; k++) {
      const batch = emptyBatch(batchSize, INPUTS, ACTIONS.length);
      for (let r = 0; r < batchSize; r++) setRow(batch, r, transitions[rng.int(transitions.length)]);
      const chooser = plainEngine().forward(online, batch.nexts, batchSize);
      const targets = bootstrapTargets(batch, chooser, plainEngine().forward(target, batch.nexts, batchSize));
      const gradient = plainEngine().gradient(online, batch.states, batchSize, (values) => {
        const { loss, gradient: ofError } = valueLoss(values, batch.actions, targets);
        total += loss / gradientSteps;
        return ofError;
      });
      const rate = learningRate * (1 - iteration / iterations);
      adamStep(online.parameters, gradient, adam, { learningRate: rate, maxNorm: 10 });
    }
    losses.push(total);
  }
  return { losses, parameters: online.parameters };
}

it("learns the same to the digit as with every value computed anew", async () => {
  const { losses, network } = await learnOffline(runs(), { ...SETTINGS, conservatism: 0, seed: 3 });
  expect({ losses, parameters: network.parameters }).toEqual(byTheBook(runs(), 3));
});
