import { checkArgument } from "../core/arguments.js";
import { LearningError } from "../core/index.js";
import { copyNetwork, loadNetwork, type Network, type NetworkSnapshot } from "../math/network.js";
import { type Rng, shuffled } from "../math/rng.js";
import {
  type AdamState,
  adamState,
  adamStep,
  chooseEngine,
  createNetwork,
  type GradientEngine,
} from "../tensor/index.js";
import type { Learner, LearnerReport, LearnerSegment, LearnerShape, LearnerState } from "./learner.js";
import { policyLoss } from "./ppo-loss.js";
import { type PpoOptions, type PpoSettings, ppoSettings } from "./ppo-options.js";
import { type Rollout, RolloutCollector } from "./rollout.js";
import { readState } from "./state.js";

/**
 * Proximal policy optimisation (Schulman et al., 2017) with generalised advantages, action masks
 * and vectorised environments. Policy and value function are separate networks.
 * @throws TRAINING_INVALID on settings that cannot be, CONFIG_UNKNOWN_KEY on ones that do not exist
 * @example const makeLearner = (shape: LearnerShape, rng: Rng) => createPpo(shape, { hidden: [32, 32] }, rng);
 */
export async function createPpo(shape: LearnerShape, options: PpoOptions, rng: Rng): Promise<Learner> {
  checkArgument(shape, "shape", { inputs: "number", actions: "number" }, "TRAINING_INVALID");
  checkArgument(options, "options", "object", "TRAINING_INVALID");
  checkArgument(rng, "rng", { next: "function", fork: "function" }, "TRAINING_INVALID");
  const settings = ppoSettings(options);
  const { hidden, start } = settings;
  const network = (outputs: number, outputScale: number, label: string) =>
    createNetwork({ inputs: shape.inputs, outputs, hidden, activation: "tanh", outputScale }, rng.fork(label));
  const policy = network(shape.actions, 0.01, "policy");
  const value = network(1, 1, "value");
  if (start) startFrom(policy, start);
  const engine = await chooseEngine(policy, { engine: settings.engine, rows: settings.batchSize });
  return new Ppo(shape, settings, policy, value, engine);
}

class Ppo implements Learner {
  readonly kind = "ppo";
  readonly head = "logits";
  readonly environments: number;
  private readonly policyAdam: AdamState;
  private readonly valueAdam: AdamState;

  constructor(
    private readonly shape: LearnerShape,
    private readonly settings: PpoSettings,
    private readonly policy: Network,
    private readonly value: Network,
    private readonly engine: GradientEngine,
  ) {
    this.environments = settings.environments;
    this.policyAdam = adamState(policy.parameters.length);
    this.valueAdam = adamState(value.parameters.length);
  }

  *learn(segment: LearnerSegment): Generator<LearnerReport, void> {
    const { rolloutSteps, gamma, lambda } = this.settings;
    const { policy, value, shape } = this;
    const n = segment.envs.length;
    const collector = new RolloutCollector(segment.envs, { policy, value, shape, gamma, lambda }, segment.rng);
    for (let done = 0; done < segment.steps; ) {
      const length = Math.min(rolloutSteps, Math.ceil((segment.steps - done) / n));
      const rollout = collector.collect(length);
      done += length * n;
      const left = Math.max(0, 1 - (segment.stepsBefore + done) / segment.totalSteps);
      yield { steps: length * n, returns: rollout.returns, figures: this.update(rollout, left, segment.rng) };
    }
  }

  network(): Network {
    return copyNetwork(this.policy);
  }

  save(): LearnerState {
    const { policy, value, policyAdam, valueAdam } = this;
    const parameters = { policy: policy.parameters, value: value.parameters };
    return structuredClone({ kind: this.kind, version: 1, parameters, policyAdam, valueAdam });
  }

  restore(state: LearnerState): void {
    const read = readState(state, this.kind);
    read("parameters.policy", this.policy.parameters);
    read("parameters.value", this.value.parameters);
    for (const [name, adam] of [["policyAdam", this.policyAdam] as const, ["valueAdam", this.valueAdam] as const]) {
      read(`${name}.mean`, adam.mean);
      read(`${name}.square`, adam.square);
      adam.step = read.number(`${name}.step`);
    }
  }

  dispose(): void {
    this.engine.dispose();
  }

  private update(rollout: Rollout, left: number, rng: Rng): Record<string, number> {
    const { batchSize, epochs, clip, entropyWeight, maxNorm, learningRate, targetDivergence } = this.settings;
    const { inputs, actions: width } = this.shape;
    const figures = { policyLoss: 0, valueLoss: 0, entropy: 0, clipped: 0, divergence: 0, gradientNorm: 0 };
    const rows = rollout.actions.length;
    const adam = { learningRate: learningRate * left, maxNorm, epsilon: 1e-5 };
    let steps = 0;
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = rows > batchSize ? shuffled([...rollout.actions.keys()], rng) : undefined;
      let divergence = 0;
      for (let from = 0; from < rows; from += batchSize, steps++) {
        const batch = order ? pick(rollout, order.slice(from, from + batchSize), inputs, width) : rollout;
        const count = batch.actions.length;
        const advantages = standardized(batch.advantages);
        const policyGradient = this.engine.gradient(this.policy, batch.x, count, (logits) => {
          const result = policyLoss(logits, { ...batch, advantages }, clip * left, entropyWeight);
          figures.policyLoss += result.loss;
          figures.entropy += result.entropy;
          figures.clipped += result.clipped;
          divergence = result.divergence;
          figures.divergence += divergence;
          return result.gradient;
        });
        figures.gradientNorm += adamStep(this.policy.parameters, policyGradient, this.policyAdam, adam);
        const valueGradient = this.engine.gradient(this.value, batch.x, count, (out) =>
          out.map((v, r) => {
            const error = v - batch.values[r] - batch.advantages[r];
            figures.valueLoss += (0.5 * error * error) / count;
            return error / count;
          }),
        );
        adamStep(this.value.parameters, valueGradient, this.valueAdam, adam);
      }
      if (divergence > targetDivergence) break;
    }
    for (const key of Object.keys(figures) as (keyof typeof figures)[]) figures[key] /= steps;
    return figures;
  }
}

function pick(rollout: Rollout, rows: readonly number[], inputs: number, width: number) {
  const x = new Float64Array(rows.length * inputs);
  const masks = new Uint8Array(rows.length * width);
  rows.forEach((row, r) => {
    x.set(rollout.x.subarray(row * inputs, (row + 1) * inputs), r * inputs);
    masks.set(rollout.masks.subarray(row * width, (row + 1) * width), r * width);
  });
  const take = (from: Float64Array) => Float64Array.from(rows, (row) => from[row]);
  return {
    x,
    masks,
    actions: Int32Array.from(rows, (row) => rollout.actions[row]),
    logProbabilities: take(rollout.logProbabilities),
    values: take(rollout.values),
    advantages: take(rollout.advantages),
  };
}

function startFrom(policy: Network, start: NetworkSnapshot): void {
  const given = loadNetwork(start);
  const shapeOf = (network: Network) =>
    network.layers.map((l) => `${l.inputs}-${l.outputs} ${l.activation}`).join(", ");
  if (shapeOf(given) !== shapeOf(policy))
    throw new LearningError("TRAINING_INVALID", {
      received: `a network to start from with layers ${shapeOf(given)}`,
      expected: shapeOf(policy),
      remedy: "Clone with the same hidden layers, for the same environment.",
    });
  policy.parameters.set(given.parameters);
}

/** Mean 0, standard deviation 1 over the batch. */
function standardized(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
  const spread = Math.sqrt(variance) + 1e-8;
  return values.map((v) => (v - mean) / spread);
}
