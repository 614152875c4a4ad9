import { type StepInfo, VectorEnv } from "../environments/index.js";
import { forward, type Network } from "../math/network.js";
import { drawIndex, type Rng } from "../math/rng.js";
import { plainEngine } from "../tensor/index.js";
import { advantagesOf } from "./gae.js";
import type { DiscreteEnv, LearnerShape } from "./learner.js";
import { maskedSoftmax } from "./masked-softmax.js";

/** Steps of several environments under one policy, time-major. */
export interface Rollout {
  /** Observations, row-major. */
  x: Float64Array;
  /** Legal actions, row-major, 1 or 0. */
  masks: Uint8Array;
  actions: Int32Array;
  logProbabilities: Float64Array;
  /** Value estimates of the observations. */
  values: Float64Array;
  advantages: Float64Array;
  /** Undiscounted returns of the episodes that ended. */
  returns: number[];
}

/** By what a rollout is acted and judged; the networks are read anew at each rollout. */
export interface ActingSettings {
  policy: Network;
  value: Network;
  shape: LearnerShape;
  gamma: number;
  lambda: number;
}

/** Acts in several environments at once and goes on where the last rollout stopped. */
export class RolloutCollector {
  private readonly vector: VectorEnv<unknown, number>;
  private observations: unknown[];
  private infos: StepInfo[];
  /** Returns of the episodes under way. */
  private readonly running: Float64Array;
  /** For acting: a few rows at a time, where plain arrays always win. */
  private readonly engines = { policy: plainEngine(), value: plainEngine() };

  constructor(
    envs: readonly DiscreteEnv[],
    private readonly settings: ActingSettings,
    private readonly rng: Rng,
  ) {
    this.vector = new VectorEnv(envs);
    ({ observations: this.observations, infos: this.infos } = this.vector.reset({ seed: String(rng.next()) }));
    this.running = new Float64Array(envs.length);
  }

  /** Takes `length` steps in every environment. */
  collect(length: number): Rollout {
    const { policy, value, shape, gamma, lambda } = this.settings;
    const { inputs, actions: width } = shape;
    const n = this.running.length;
    const rows = length * n;
    const x = new Float64Array(rows * inputs);
    const masks = new Uint8Array(rows * width);
    const actions = new Int32Array(rows);
    const logProbabilities = new Float64Array(rows);
    const values = new Float64Array(rows);
    const rewards = new Float64Array(rows);
    const ended = new Uint8Array(rows);
    const probabilities = new Float64Array(n * width);
    const returns: number[] = [];
    for (let t = 0; t < length; t++) {
      const from = t * n;
      const now = this.flattened(inputs);
      x.set(now, from * inputs);
      const mask = masks.subarray(from * width, (from + n) * width);
      this.writeMasks(mask, width);
      const logits = this.engines.policy.forward(policy, now, n);
      values.set(this.engines.value.forward(value, now, n), from);
      for (let e = 0; e < n; e++) {
        maskedSoftmax(logits, mask, e * width, width, probabilities);
        const row = probabilities.subarray(e * width, (e + 1) * width);
        const action = drawIndex(row, this.rng.next());
        actions[from + e] = action;
        logProbabilities[from + e] = Math.log(row[action]);
      }
      this.step(actions.subarray(from, from + n), rewards.subarray(from), ended.subarray(from), returns);
    }
    const lastValues = this.engines.value.forward(value, this.flattened(inputs), n);
    const advantages = advantagesOf({ rewards, values, ended, lastValues }, gamma, lambda);
    return { x, masks, actions, logProbabilities, values, advantages, returns };
  }

  private step(actions: Int32Array, rewards: Float64Array, ended: Uint8Array, returns: number[]): void {
    const { value, gamma } = this.settings;
    const step = this.vector.step(actions);
    for (let e = 0; e < actions.length; e++) {
      let reward = step.rewards[e];
      this.running[e] = this.running[e] + reward;
      const last = step.finalObservations[e];
      if (last !== undefined) {
        ended[e] = 1;
        returns.push(this.running[e]);
        this.running[e] = 0;
        // A cut-off episode would have gone on: what its last state is worth counts as earned.
        if (!step.terminated[e]) reward += gamma * forward(value, this.flatten(last))[0];
      }
      rewards[e] = reward;
    }
    this.observations = step.observations;
    this.infos = step.infos;
  }

  private flatten(observation: unknown): Float64Array {
    return this.vector.envs[0].observationSpace.flatten(observation);
  }

  private flattened(inputs: number): Float64Array {
    const out = new Float64Array(this.observations.length * inputs);
    this.observations.forEach((o, e) => {
      out.set(this.flatten(o), e * inputs);
    });
    return out;
  }

  private writeMasks(mask: Uint8Array, width: number): void {
    mask.fill(1);
    this.infos.forEach(({ actionMask }, e) => {
      if (actionMask) for (let a = 0; a < width; a++) mask[e * width + a] = actionMask[a] ? 1 : 0;
    });
  }
}
