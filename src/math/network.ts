import { LearningError, show } from "../core/errors.js";

/** What a layer applies to its sums. */
export type Activation = "linear" | "relu" | "tanh";

/** One fully connected layer: `activation(x W + b)`. */
export interface DenseLayer {
  readonly inputs: number;
  readonly outputs: number;
  readonly activation: Activation;
  /** Row-major, `inputs` x `outputs`. */
  readonly weights: Float64Array;
  readonly bias: Float64Array;
}

/** A feed-forward network in plain typed arrays: what training exports and serving runs. */
export interface Network {
  readonly layers: readonly DenseLayer[];
  /** All weights and biases, layer after layer; the layers' arrays are views into it. */
  readonly parameters: Float64Array;
}

/** A network as plain JSON. */
export interface NetworkSnapshot {
  kind: "network";
  version: 1;
  layers: { inputs: number; outputs: number; activation: Activation; weights: number[]; bias: number[] }[];
}

/** A sparse input: `values[k]` at position `indices[k]`, zero elsewhere. */
export interface SparseInput {
  readonly indices: Int32Array;
  readonly values: Float64Array;
}

/** A network of the given layer sizes, all weights zero. */
export function emptyNetwork(sizes: readonly { inputs: number; outputs: number; activation: Activation }[]): Network {
  const parameters = new Float64Array(sizes.reduce((sum, l) => sum + l.inputs * l.outputs + l.outputs, 0));
  let offset = 0;
  const take = (length: number) => {
    offset += length;
    return parameters.subarray(offset - length, offset);
  };
  const layers = sizes.map(({ inputs, outputs, activation }) => ({
    inputs,
    outputs,
    activation,
    weights: take(inputs * outputs),
    bias: take(outputs),
  }));
  return { layers, parameters };
}

/** The outputs for one input of the first layer's length, dense or sparse. The array is the caller's to keep. */
export function forward(network: Network, x: ArrayLike<number> | SparseInput): Float64Array {
  let input: ArrayLike<number> | SparseInput = x;
  for (const layer of network.layers) input = applyLayer(layer, input);
  return input as Float64Array;
}

function applyLayer(layer: DenseLayer, x: ArrayLike<number> | SparseInput): Float64Array {
  const { outputs, weights, activation } = layer;
  const out = layer.bias.slice();
  const indices = "indices" in x ? x.indices : undefined;
  const values = "indices" in x ? x.values : x;
  for (let k = 0; k < values.length; k++) {
    const value = values[k];
    if (value === 0) continue;
    const row = (indices ? indices[k] : k) * outputs;
    for (let o = 0; o < outputs; o++) out[o] = out[o] + value * weights[row + o];
  }
  if (activation === "relu") for (let o = 0; o < outputs; o++) out[o] = Math.max(0, out[o]);
  else if (activation === "tanh") for (let o = 0; o < outputs; o++) out[o] = Math.tanh(out[o]);
  return out;
}

/** A copy that shares nothing with the original. */
export function copyNetwork(network: Network): Network {
  const copy = emptyNetwork(network.layers);
  copy.parameters.set(network.parameters);
  return copy;
}

/** The network as plain JSON. */
export function saveNetwork(network: Network): NetworkSnapshot {
  return {
    kind: "network",
    version: 1,
    layers: network.layers.map((l) => ({
      inputs: l.inputs,
      outputs: l.outputs,
      activation: l.activation,
      weights: [...l.weights],
      bias: [...l.bias],
    })),
  };
}

/** Rebuilds a network from its JSON; fails with SNAPSHOT_INVALID where the shapes or numbers do not fit. */
export function loadNetwork(snapshot: NetworkSnapshot): Network {
  const { kind, version, layers } = snapshot ?? {};
  if (kind !== "network" || version !== 1 || !Array.isArray(layers) || layers.length === 0)
    throw invalid(`a snapshot of kind ${show(kind)}, version ${show(version)}`, "kind network, version 1, with layers");
  layers.forEach((layer, i) => {
    const { inputs, outputs, activation, weights, bias } = layer;
    if (!["linear", "relu", "tanh"].includes(activation))
      throw invalid(`layer ${i} with activation ${show(activation)}`, "linear, relu or tanh");
    if (weights?.length !== inputs * outputs || bias?.length !== outputs || inputs < 1 || outputs < 1)
      throw invalid(`layer ${i} with ${weights?.length} weights`, `${inputs} x ${outputs} weights, ${outputs} biases`);
    if (i > 0 && layers[i - 1]?.outputs !== inputs)
      throw invalid(`layer ${i} with ${inputs} inputs`, `the ${layers[i - 1]?.outputs} outputs of the layer before`);
    if (![...weights, ...bias].every(Number.isFinite))
      throw invalid(`layer ${i} with NaN or Infinity`, "finite numbers");
  });
  const network = emptyNetwork(layers);
  network.layers.forEach((layer, i) => {
    layer.weights.set(layers[i]?.weights ?? []);
    layer.bias.set(layers[i]?.bias ?? []);
  });
  return network;
}

function invalid(received: string, expected: string): LearningError {
  return new LearningError("SNAPSHOT_INVALID", { received, expected, remedy: "Train and export the network again." });
}
