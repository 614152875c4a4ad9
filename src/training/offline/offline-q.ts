import { checkArgument } from "../../core/arguments.js";
import { copyNetwork, type Network } from "../../math/network.js";
import { createRng } from "../../math/rng.js";
import { adamState, adamStep, chooseEngine, createNetwork } from "../../tensor/index.js";
import { bootstrapTargets, valueLoss } from "../dqn-loss.js";
import { emptyBatch, setRow, type Transition } from "../replay.js";
import { checkLog } from "./check-log.js";
import { likelihoodGradient } from "./clone.js";
import type { LoggedData, LoggedStep } from "./logs.js";
import { type OfflineQOptions, offlineQSettings } from "./offline-q-options.js";

/** One value per action, learned from a log alone. */
export interface OfflineValues {
  network: Network;
  /** Mean loss of each iteration. */
  losses: number[];
  transitions: number;
}

/**
 * Action values from logged runs, without acting: double Q-learning on fixed data, with targets
 * frozen for each iteration and the conservative penalty of {@link OfflineQOptions.conservatism}.
 * @throws TRAINING_INVALID for a log that is empty or wrong in some step, and for settings that cannot be, CONFIG_UNKNOWN_KEY on ones that do not exist
 * @example const { network, transitions } = await learnOffline(loggedRuns(rows, encoder), { conservatism: 1 });
 */
export async function learnOffline(data: LoggedData, options: OfflineQOptions = {}): Promise<OfflineValues> {
  checkArgument(data, "data", { episodes: "objects", actions: "texts", inputs: "number" }, "TRAINING_INVALID");
  const settings = offlineQSettings(options);
  checkLog(data);
  const { conservatism, gamma, hidden, iterations, gradientSteps, batchSize, learningRate } = settings;
  const { transitions, steps } = transitionsOf(data, gamma);
  const rng = createRng(settings.seed);
  const actions = data.actions.length;
  const online = createNetwork({ inputs: data.inputs, outputs: actions, hidden }, rng.fork("start"));
  const target = copyNetwork(online);
  const engine = await chooseEngine(online, { engine: settings.engine, rows: batchSize });
  const adam = adamState(online.parameters.length);
  const losses: number[] = [];
  const batch = emptyBatch(batchSize, data.inputs, actions);
  const chooser = new Float64Array(batchSize * actions);
  const valuer = new Float64Array(batchSize * actions);
  const frozen = new Float64Array(transitions.length * actions);
  const isOpen = (i: number) => transitions[i].discount > 0;
  /** Writes the values of what came after some transitions to their places. */
  const valuesAfter = (network: Network, open: readonly number[], into: Float64Array, places: readonly number[]) => {
    if (open.length === 0) return;
    const nexts = new Float64Array(open.length * data.inputs);
    for (const [k, i] of open.entries()) nexts.set(transitions[i].next, k * data.inputs);
    const values = engine.forward(network, nexts, open.length);
    for (const [k, place] of places.entries())
      into.set(values.subarray(k * actions, (k + 1) * actions), place * actions);
  };
  try {
    for (let iteration = 0; iteration < iterations && !settings.cancelled?.(); iteration++) {
      target.parameters.set(online.parameters);
      const known = new Set<number>();
      const rate = learningRate * (1 - iteration / iterations);
      let total = 0;
      for (let k = 0; k < gradientSteps; k++) {
        const drawn = Array.from({ length: batchSize }, () => rng.int(transitions.length));
        for (const [r, i] of drawn.entries()) setRow(batch, r, transitions[i]);
        const rows = drawn.map((i) => steps[i]);
        // A target looks at no value behind the end of a run, and the target network is the same for an iteration.
        const places = [...drawn.keys()].filter((r) => isOpen(drawn[r]));
        const open = places.map((r) => drawn[r]);
        const fresh = [...new Set(open)].filter((i) => !known.has(i));
        for (const i of fresh) known.add(i);
        valuesAfter(target, fresh, frozen, fresh);
        valuesAfter(online, open, chooser, places);
        for (const r of places) valuer.set(frozen.subarray(drawn[r] * actions, (drawn[r] + 1) * actions), r * actions);
        const targets = bootstrapTargets(batch, chooser, valuer);
        const gradient = engine.gradient(online, batch.states, batchSize, (values) => {
          const { loss, gradient: ofError } = valueLoss(values, batch.actions, targets);
          total += loss / gradientSteps;
          const pull = likelihoodGradient(values, rows, actions);
          return ofError.map((g, j) => g + conservatism * pull[j]);
        });
        adamStep(online.parameters, gradient, adam, { learningRate: rate, maxNorm: 10 });
      }
      losses.push(total);
      settings.onIteration?.(iteration, total);
    }
  } finally {
    engine.dispose();
  }
  return { network: online, losses, transitions: transitions.length };
}

function transitionsOf(data: LoggedData, gamma: number): { transitions: Transition[]; steps: LoggedStep[] } {
  const transitions: Transition[] = [];
  const steps: LoggedStep[] = [];
  for (const episode of data.episodes)
    episode.steps.forEach((step, t) => {
      const after = episode.steps[t + 1] ?? episode.cutOffAt;
      const { x: next, mask: nextMask } = after ?? step;
      transitions.push({
        state: step.x,
        action: step.action,
        reward: step.reward,
        next,
        nextMask,
        discount: after ? gamma : 0,
      });
      steps.push(step);
    });
  return { transitions, steps };
}
