import { copyNetwork, type Network } from "../math/network.js";

/** Means and standard deviations by which a network's inputs are standardised; no deviation is 0. */
export interface Scaling {
  mean: Float64Array;
  spread: Float64Array;
}

/** The network over raw inputs that equals `network` over standardised ones. */
export function foldScaling(network: Network, { mean, spread }: Scaling): Network {
  const folded = copyNetwork(network);
  const first = folded.layers[0];
  if (!first) return folded;
  for (let i = 0; i < first.inputs; i++)
    for (let o = 0; o < first.outputs; o++) {
      const k = i * first.outputs + o;
      const weight = first.weights[k] / spread[i];
      first.weights[k] = weight;
      first.bias[o] = first.bias[o] - weight * mean[i];
    }
  return folded;
}
