import type { FeatureVector } from "../../dataset/index.js";
import { pack } from "../../math/packing.js";
import type { Rng } from "../../math/rng.js";
import { createRng, shuffled } from "../../math/rng.js";
import { invalidSnapshot, unpack32 } from "./packed.js";
import type { Example, Regressor, RegressorSnapshot } from "./regressor.js";

/** Options of {@link SparseLogistic}. */
export interface SparseLogisticOptions {
  /** Step of AdaGrad. */
  learningRate: number;
  /** Times each call of `learn` goes over its examples, in a new order each time. */
  passes: number;
  /** Precision of the prior on every weight but the intercept (default 0: none). */
  lambda?: number;
  seed: number;
  /** Share of the step sizes' history that each example replaces (default 0), so that steps stay large. */
  forgetting?: number;
}

/** Calls with fewer examples go over them once: many passes over a few rows would only memorise them. */
const FEW = 16;

/** Start of the sums of squared gradients: keeps the first steps finite. */
const SQUARED_START = 1e-3;

/**
 * Logistic regression for many sparse features, such as hashed text: AdaGrad (Duchi et al. 2011) over
 * a few passes, with a diagonal Laplace approximation for its uncertainty (prior precision one). Time
 * and memory are linear in the features.
 */
export class SparseLogistic implements Regressor {
  private weights: Float32Array;
  private squared: Float32Array;
  private precision: Float32Array;
  private calls = 0;

  constructor(
    private readonly dim: number,
    private readonly options: SparseLogisticOptions,
  ) {
    this.weights = new Float32Array(dim + 1);
    this.squared = new Float32Array(dim + 1).fill(SQUARED_START);
    this.precision = new Float32Array(dim + 1).fill(1);
  }

  private logit(x: FeatureVector): number {
    const { weights } = this;
    let sum = weights[this.dim];
    for (let k = 0; k < x.indices.length; k++) sum += x.values[k] * weights[x.indices[k]];
    return sum;
  }

  mean(x: FeatureVector): number {
    return sigmoid(this.logit(x));
  }

  standardError(x: FeatureVector): number {
    const { precision } = this;
    let variance = 1 / precision[this.dim];
    for (let k = 0; k < x.indices.length; k++) variance += x.values[k] ** 2 / precision[x.indices[k]];
    const p = this.mean(x);
    return Math.min(0.5, p * (1 - p) * Math.sqrt(variance));
  }

  learn(examples: readonly Example[]): void {
    const rows = examples.filter((e) => e.weight > 0);
    if (rows.length === 0) return;
    if (this.calls === 0) this.weights[this.dim] = logitOfMean(rows);
    const rng: Rng = createRng(this.options.seed).fork(String(this.calls++));
    const passes = rows.length < FEW ? 1 : this.options.passes;
    const pulls = this.options.lambda ? this.pullsOf(rows, this.options.lambda) : undefined;
    for (let pass = 0; pass < passes; pass++) for (const row of shuffled(rows, rng)) this.step(row, pulls);
    for (const { x, weight } of rows) {
      const p = this.mean(x);
      const information = Math.max(1e-3, p * (1 - p)) * weight;
      for (let k = 0; k < x.indices.length; k++) {
        const at = x.indices[k];
        this.precision[at] = this.precision[at] + information * x.values[k] ** 2;
      }
      this.precision[this.dim] = this.precision[this.dim] + information;
    }
  }

  /** Share of the prior's pull on a weight that each of its rows brings, so that a pass brings all of it. */
  private pullsOf(rows: readonly Example[], lambda: number): Float64Array {
    const pulls = new Float64Array(this.dim + 1);
    for (const { x } of rows) for (const at of x.indices) pulls[at] = pulls[at] + 1;
    return pulls.map((count) => (count > 0 ? lambda / count : 0));
  }

  private step({ x, y, weight }: Example, pulls?: Float64Array): void {
    const { indices, values } = x;
    const error = (this.mean(x) - y) * weight;
    for (let k = 0; k < indices.length; k++) {
      const at = indices[k];
      this.descend(at, error * values[k] + (pulls ? pulls[at] * this.weights[at] : 0));
    }
    this.descend(this.dim, error);
  }

  private descend(at: number, gradient: number): void {
    const { weights, squared, options } = this;
    const sum = squared[at] * (1 - (options.forgetting ?? 0)) + gradient * gradient;
    squared[at] = sum;
    weights[at] = weights[at] - (options.learningRate * gradient) / Math.sqrt(sum);
  }

  parts(x: FeatureVector): { bias: number; contributions: Float64Array } {
    const logits = Float64Array.from(x.indices, (at, k) => x.values[k] * this.weights[at]);
    const bias = sigmoid(this.weights[this.dim]);
    const total = logits.reduce((a, b) => a + b, 0);
    // The way from sigmoid(intercept) to the mean is shared out in proportion to the logits.
    const share = Math.abs(total) > 1e-12 ? (this.mean(x) - bias) / total : bias * (1 - bias);
    return { bias, contributions: logits.map((v) => v * share) };
  }

  snapshot(): RegressorSnapshot {
    const { calls, weights, squared, precision } = this;
    return { kind: "logistic", calls, weights: pack(weights), squared: pack(squared), precision: pack(precision) };
  }

  /** The regressor of a snapshot; fails with SNAPSHOT_INVALID. */
  static restore(dim: number, options: SparseLogisticOptions, snapshot: RegressorSnapshot): SparseLogistic {
    const model = new SparseLogistic(dim, options);
    if (!Number.isInteger(snapshot.calls)) throw invalidSnapshot("a logistic regressor without its count", "calls");
    model.calls = snapshot.calls as number;
    model.weights = unpack32(snapshot.weights, dim + 1);
    model.squared = unpack32(snapshot.squared, dim + 1);
    model.precision = unpack32(snapshot.precision, dim + 1);
    return model;
  }
}

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

/** The log odds of the mean target, smoothed by half a row on each side. */
function logitOfMean(rows: readonly Example[]): number {
  const total = rows.reduce((sum, r) => sum + r.weight, 0);
  const mean = (rows.reduce((sum, r) => sum + r.weight * r.y, 0) + 0.5) / (total + 1);
  return Math.log(mean / (1 - mean));
}
