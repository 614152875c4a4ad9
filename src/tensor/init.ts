import { type Activation, emptyNetwork, type Network } from "../math/network.js";
import type { Rng } from "../math/rng.js";

/** Shape and start of a network. */
export interface NetworkOptions {
  inputs: number;
  outputs: number;
  /** Widths of the hidden layers; none gives a linear model. */
  hidden: readonly number[];
  /** Of the hidden layers (default `relu`); the last layer is linear. */
  activation?: Exclude<Activation, "linear">;
  /** Scale of the last layer's start (default 1); 0.01 starts a policy near uniform. */
  outputScale?: number;
}

/** A seeded network with orthogonal weights (Saxe, McClelland and Ganguli, 2014; gain sqrt 2 in hidden layers), biases zero. */
export function createNetwork(options: NetworkOptions, rng: Rng): Network {
  const { inputs, outputs, hidden, activation = "relu", outputScale = 1 } = options;
  const widths = [inputs, ...hidden, outputs];
  const network = emptyNetwork(
    widths.slice(1).map((width, l) => ({
      inputs: widths[l],
      outputs: width,
      activation: l === hidden.length ? "linear" : activation,
    })),
  );
  network.layers.forEach((layer, l) => {
    const gain = l === hidden.length ? outputScale : Math.SQRT2;
    layer.weights.set(orthogonal(layer.inputs, layer.outputs, rng).map((w) => w * gain));
  });
  return network;
}

/** A random matrix whose columns (or rows, whichever are fewer) are orthonormal: Gram-Schmidt on normal draws. */
function orthogonal(rows: number, columns: number, rng: Rng): Float64Array {
  const [count, length] = rows < columns ? [rows, columns] : [columns, rows];
  const vectors: Float64Array[] = [];
  while (vectors.length < count) {
    const v = Float64Array.from({ length }, () => rng.normal());
    // Twice, because one pass loses orthogonality to rounding.
    for (let pass = 0; pass < 2; pass++)
      for (const u of vectors) {
        let product = 0;
        for (let k = 0; k < length; k++) product += u[k] * v[k];
        for (let k = 0; k < length; k++) v[k] = v[k] - product * u[k];
      }
    const norm = Math.hypot(...v);
    vectors.push(v.map((value) => value / norm));
  }
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let o = 0; o < columns; o++) out[i * columns + o] = rows < columns ? vectors[i]?.[o] : vectors[o]?.[i];
  return out;
}
