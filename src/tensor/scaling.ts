import { copyNetwork, type Network } from "../math/network.js";

/** Means and spreads by which inputs and target are standardised for a fit. */
export interface Scaling {
  mean: Float64Array;
  /** Standard deviations; 1 where an input is constant. */
  spread: Float64Array;
  targetMean: number;
  targetSpread: number;
}

/** The scaling that gives every input (and `y`, where given) mean 0 and standard deviation 1. */
export function scalingOf(x: readonly ArrayLike<number>[], y?: ArrayLike<number>): Scaling {
  const inputs = x[0]?.length ?? 0;
  const columns = Array.from({ length: inputs }, (_, i) => moments(x.length, (r) => x[r]?.[i]));
  const target = y ? moments(y.length, (r) => y[r]) : { mean: 0, spread: 1 };
  return {
    mean: Float64Array.from(columns, (c) => c.mean),
    spread: Float64Array.from(columns, (c) => c.spread),
    targetMean: target.mean,
    targetSpread: target.spread,
  };
}

function moments(n: number, at: (i: number) => number): { mean: number; spread: number } {
  let mean = 0;
  let square = 0;
  for (let i = 0; i < n; i++) {
    const delta = at(i) - mean;
    mean += delta / (i + 1);
    square += delta * (at(i) - mean);
  }
  const spread = Math.sqrt(square / n);
  return { mean, spread: spread > 1e-12 ? spread : 1 };
}

/** The network over raw inputs and targets that equals `network` over scaled ones. */
export function foldScaling(network: Network, scaling: Scaling): Network {
  const folded = copyNetwork(network);
  const first = folded.layers[0];
  const last = folded.layers.at(-1);
  if (!first || !last) return folded;
  for (let i = 0; i < first.inputs; i++)
    for (let o = 0; o < first.outputs; o++) {
      const k = i * first.outputs + o;
      const weight = first.weights[k] / scaling.spread[i];
      first.weights[k] = weight;
      first.bias[o] = first.bias[o] - weight * scaling.mean[i];
    }
  for (let k = 0; k < last.weights.length; k++) last.weights[k] = last.weights[k] * scaling.targetSpread;
  for (let o = 0; o < last.outputs; o++) last.bias[o] = last.bias[o] * scaling.targetSpread + scaling.targetMean;
  return folded;
}
