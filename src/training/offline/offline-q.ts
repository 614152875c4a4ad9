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
  try {
    for (let iteration = 0; iteration < iterations && !settings.cancelled?.(); iteration++) {
      target.parameters.set(online.parameters);
      const rate = learningRate * (1 - iteration / iterations);
      let total = 0;
      for (let k = 0; k < gradientSteps; k++) {
        const drawn = Array.from({ length: batchSize }, () => rng.int(transitions.length));
        const batch = emptyBatch(batchSize, data.inputs, actions);
        for (const [r, i] of drawn.entries()) setRow(batch, r, transitions[i]);
        const rows = drawn.map((i) => steps[i]);
        const valuer = engine.forward(target, batch.nexts, batchSize).slice();
        const targets = bootstrapTargets(batch, engine.forward(online, batch.nexts, batchSize), valuer);
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
