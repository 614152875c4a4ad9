import { checkArgument } from "../core/arguments.js";
import { copyNetwork, forward, type Network } from "../math/network.js";
import type { Rng } from "../math/rng.js";
import {
  type AdamState,
  adamState,
  adamStep,
  chooseEngine,
  createNetwork,
  type GradientEngine,
} from "../tensor/index.js";
import { bootstrapTargets, valueLoss } from "./dqn-loss.js";
import { type DqnOptions, type DqnSettings, dqnSettings } from "./dqn-options.js";
import { duelingGradient, duelingValues, foldDueling } from "./dueling.js";
import type { Learner, LearnerReport, LearnerSegment, LearnerShape, LearnerState } from "./learner.js";
import { maskedArgmax } from "./masked-softmax.js";
import { NStepJoiner, ReplayBuffer, type TransitionBatch } from "./replay.js";
import { readState } from "./state.js";

/**
 * Deep Q-learning (Mnih et al., 2015) with double targets, a dueling head, n-step returns (Hessel et
 * al., 2018) and action masks, in acting as in the targets.
 * @throws TRAINING_INVALID on settings that cannot be, CONFIG_UNKNOWN_KEY on ones that do not exist
 * @example
 * ```ts
 * const env = cartPole();
 * const makeLearner = (shape: LearnerShape, rng: Rng) => createDqn(shape, { bufferSize: 10_000 }, rng);
 * ```
 */
export async function createDqn(shape: LearnerShape, options: DqnOptions, rng: Rng): Promise<Learner> {
  checkArgument(shape, "shape", { inputs: "number", actions: "number" }, "TRAINING_INVALID");
  checkArgument(options, "options", "object", "TRAINING_INVALID");
  checkArgument(rng, "rng", { next: "function", fork: "function" }, "TRAINING_INVALID");
  const settings = dqnSettings(options);
  const { hidden, dueling } = settings;
  const outputs = dueling ? shape.actions + 1 : shape.actions;
  const online = createNetwork({ inputs: shape.inputs, outputs, hidden }, rng.fork("online"));
  const engine = await chooseEngine(online, { engine: settings.engine, rows: settings.batchSize });
  return new Dqn(shape, settings, online, engine);
}

class Dqn implements Learner {
  readonly kind = "dqn";
  readonly head = "values";
  readonly environments = 1;
  private readonly target: Network;
  private readonly adam: AdamState;
  private readonly buffer: ReplayBuffer;
  private readonly counts = { steps: 0, updates: 0 };

  constructor(
    private readonly shape: LearnerShape,
    private readonly settings: DqnSettings,
    private readonly online: Network,
    private readonly engine: GradientEngine,
  ) {
    this.target = copyNetwork(online);
    this.adam = adamState(online.parameters.length);
    this.buffer = new ReplayBuffer(settings.bufferSize, shape.inputs, shape.actions);
  }

  *learn({ envs, steps, stepsBefore, totalSteps, rng }: LearnerSegment): Generator<LearnerReport, void> {
    const { trainEvery, gradientSteps, learningStarts, nSteps, gamma } = this.settings;
    const { explorationShare, explorationEnd, learningRate, decay } = this.settings;
    const env = envs[0];
    const space = env.observationSpace;
    const joiner = new NStepJoiner(nSteps, gamma);
    let { observation, info } = env.reset({ seed: String(rng.next()) });
    let state = space.flatten(observation);
    let returns: number[] = [];
    let running = 0;
    let reported = 0;
    for (let step = 1; step <= steps; step++) {
      const done = (stepsBefore + step) / totalSteps;
      const exploration = 1 - (1 - explorationEnd) * Math.min(1, done / explorationShare);
      const action = this.act(state, info.actionMask, exploration, rng);
      const result = env.step(action);
      running += result.reward;
      const next = space.flatten(result.observation);
      const end = result.terminated ? "terminated" : result.truncated ? "truncated" : "no";
      const nextMask = this.maskOf(result.info.actionMask);
      for (const t of joiner.add({ state, action, reward: result.reward }, next, nextMask, end)) this.buffer.add(t);
      state = next;
      info = result.info;
      if (end !== "no") {
        returns.push(running);
        running = 0;
        ({ observation, info } = env.reset());
        state = space.flatten(observation);
      }
      this.counts.steps++;
      if (this.counts.steps % trainEvery !== 0 && step < steps) continue;
      const rate = decay ? learningRate * (1 - done) : learningRate;
      const due = this.counts.steps % trainEvery === 0 && this.counts.steps >= learningStarts && this.buffer.size > 0;
      const updates = due ? gradientSteps : 0;
      const figures = this.update(updates, rate, rng);
      yield { steps: step - reported, returns, figures: { ...figures, exploration } };
      reported = step;
      returns = [];
    }
  }

  network(): Network {
    return this.settings.dueling ? foldDueling(this.online) : copyNetwork(this.online);
  }

  save(): LearnerState {
    const { rows, size, at } = this.buffer;
    return structuredClone({
      kind: this.kind,
      version: 1,
      online: this.online.parameters,
      target: this.target.parameters,
      adam: this.adam,
      counts: this.counts,
      buffer: { rows, size, at },
    });
  }

  restore(state: LearnerState): void {
    const read = readState(state, this.kind);
    read("online", this.online.parameters);
    read("target", this.target.parameters);
    read("adam.mean", this.adam.mean);
    read("adam.square", this.adam.square);
    this.adam.step = read.number("adam.step");
    this.counts.steps = read.number("counts.steps");
    this.counts.updates = read.number("counts.updates");
    for (const [name, values] of Object.entries(this.buffer.rows)) read(`buffer.rows.${name}`, values);
    this.buffer.size = read.number("buffer.size");
    this.buffer.at = read.number("buffer.at");
  }

  dispose(): void {
    this.engine.dispose();
  }

  private act(state: Float64Array, mask: readonly boolean[] | undefined, exploration: number, rng: Rng): number {
    if (rng.next() < exploration) {
      const legal = [...Array(this.shape.actions).keys()].filter((a) => !mask || mask[a]);
      return legal[rng.int(legal.length)];
    }
    return maskedArgmax(this.valuesOf(forward(this.online, state)), mask);
  }

  private valuesOf(outputs: Float64Array): Float64Array {
    return this.settings.dueling ? duelingValues(outputs, this.shape.actions) : outputs;
  }

  private maskOf(mask: readonly boolean[] | undefined): Uint8Array {
    return Uint8Array.from({ length: this.shape.actions }, (_, a) => (!mask || mask[a] ? 1 : 0));
  }

  private update(count: number, learningRate: number, rng: Rng): Record<string, number> {
    const { batchSize, targetEvery, maxNorm } = this.settings;
    let loss = 0;
    let norm = 0;
    for (let k = 0; k < count; k++) {
      if (this.counts.updates % targetEvery === 0) this.target.parameters.set(this.online.parameters);
      const batch = this.buffer.sample(batchSize, rng);
      const targets = this.targetsOf(batch);
      const gradient = this.engine.gradient(this.online, batch.states, batchSize, (outputs) => {
        const result = valueLoss(this.valuesOf(outputs), batch.actions, targets);
        loss += result.loss / count;
        return this.settings.dueling ? duelingGradient(result.gradient, this.shape.actions) : result.gradient;
      });
      norm += adamStep(this.online.parameters, gradient, this.adam, { learningRate, maxNorm }) / count;
      this.counts.updates++;
    }
    return { loss, gradientNorm: norm };
  }

  private targetsOf(batch: TransitionBatch): Float64Array {
    const rows = batch.actions.length;
    const valuer = this.valuesOf(this.engine.forward(this.target, batch.nexts, rows)).slice();
    if (!this.settings.double) return bootstrapTargets(batch, valuer, valuer);
    return bootstrapTargets(batch, this.valuesOf(this.engine.forward(this.online, batch.nexts, rows)), valuer);
  }
}
