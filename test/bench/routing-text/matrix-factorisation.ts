import type { FeatureVector } from "../../../src/dataset/index.js";
import type { Rng } from "../../../src/math/rng.js";

/** One prompt with the reward of each model. */
export interface RankedPrompt {
  x: FeatureVector;
  rewards: readonly number[];
}

/** Settings of {@link matrixFactorisation}. */
export interface FactorOptions {
  /** Length of the latent vectors (128 in the paper). */
  size?: number;
  epochs?: number;
  /** Step of AdaGrad (Duchi et al., 2011). */
  rate?: number;
  /** Penalty on the squared weights that a prompt touches. */
  decay?: number;
}

/**
 * The matrix factorisation router of Ong et al. (RouteLLM, 2024): the strength of model M on prompt q is
 * w' (v_M * (W q + b)), trained so that the logistic of the difference of two strengths is the probability that one
 * model earns more than the other. The paper's q is an embedding by a large model; here it is what the caller has.
 * @returns the strength of each model on a prompt
 */
export function matrixFactorisation(
  prompts: readonly RankedPrompt[],
  models: number,
  rng: Rng,
  { size = 128, epochs = 10, rate = 0.02, decay = 1e-5 }: FactorOptions = {},
): (x: FeatureVector) => number[] {
  const dim = prompts[0]?.x.dim ?? 0;
  const projection = weights(dim * size, () => rng.normal() / Math.sqrt(size));
  const offset = weights(size, () => 0);
  const vectors = weights(models * size, () => rng.normal() / Math.sqrt(size));
  const readout = weights(size, () => rng.normal() / Math.sqrt(size));

  const project = (x: FeatureVector): Float64Array => {
    const out = offset.value.slice();
    for (let k = 0; k < x.indices.length; k++)
      for (let j = 0; j < size; j++) out[j] = out[j]! + x.values[k]! * projection.value[x.indices[k]! * size + j]!;
    return out;
  };
  const strengths = (hidden: Float64Array): number[] =>
    Array.from({ length: models }, (_, m) => {
      let sum = 0;
      for (let j = 0; j < size; j++) sum += readout.value[j]! * vectors.value[m * size + j]! * hidden[j]!;
      return sum;
    });

  for (let step = 0; step < epochs * prompts.length; step++) {
    const { x, rewards } = prompts[rng.int(prompts.length)]!;
    const hidden = project(x);
    const slopes = pairwiseSlopes(strengths(hidden), rewards);
    const onHidden = new Float64Array(size);
    for (let j = 0; j < size; j++) {
      let onReadout = 0;
      for (let m = 0; m < models; m++) {
        const v = vectors.value[m * size + j]!;
        onHidden[j] = onHidden[j]! + slopes[m]! * readout.value[j]! * v;
        onReadout += slopes[m]! * v * hidden[j]!;
        descend(vectors, m * size + j, slopes[m]! * readout.value[j]! * hidden[j]! + decay * v, rate);
      }
      descend(readout, j, onReadout + decay * readout.value[j]!, rate);
      descend(offset, j, onHidden[j]!, rate);
    }
    for (let k = 0; k < x.indices.length; k++)
      for (let j = 0; j < size; j++) {
        const at = x.indices[k]! * size + j;
        descend(projection, at, x.values[k]! * onHidden[j]! + decay * projection.value[at]!, rate);
      }
  }
  return (x) => strengths(project(x));
}

interface Weights {
  value: Float64Array;
  squares: Float64Array;
}

const weights = (n: number, start: () => number): Weights => ({
  value: Float64Array.from({ length: n }, start),
  squares: new Float64Array(n).fill(1e-2),
});

function descend({ value, squares }: Weights, at: number, gradient: number, rate: number): void {
  squares[at] = squares[at]! + gradient * gradient;
  value[at] = value[at]! - (rate * gradient) / Math.sqrt(squares[at]!);
}

/** Slope of the mean logistic loss over the pairs of which one earned more, by each model's strength. */
function pairwiseSlopes(strength: readonly number[], rewards: readonly number[]): number[] {
  const slopes = strength.map(() => 0);
  let pairs = 0;
  for (let a = 0; a < rewards.length; a++)
    for (let b = 0; b < rewards.length; b++) {
      if (!(rewards[a]! > rewards[b]!)) continue;
      pairs++;
      const surprise = 1 / (1 + Math.exp(strength[a]! - strength[b]!));
      slopes[a] = slopes[a]! - surprise;
      slopes[b] = slopes[b]! + surprise;
    }
  return slopes.map((s) => s / Math.max(1, pairs));
}
