import { emptyNetwork, type Network } from "../math/network.js";

/*
 * The dueling head of Wang et al. (2016): the last layer gives the state's value first, then one
 * advantage per action; an action's value is the former plus its advantage less their mean.
 */

/** Action values from value and advantages, row by row. */
export function duelingValues(outputs: Float64Array, actions: number): Float64Array {
  const rows = outputs.length / (actions + 1);
  const values = new Float64Array(rows * actions);
  for (let r = 0; r < rows; r++) {
    const at = r * (actions + 1);
    let mean = 0;
    for (let a = 1; a <= actions; a++) mean += outputs[at + a] / actions;
    for (let a = 0; a < actions; a++) values[r * actions + a] = outputs[at] + outputs[at + 1 + a] - mean;
  }
  return values;
}

/** A loss's gradient with respect to value and advantages, from that with respect to the action values. */
export function duelingGradient(gradient: Float64Array, actions: number): Float64Array {
  const rows = gradient.length / actions;
  const out = new Float64Array(rows * (actions + 1));
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let a = 0; a < actions; a++) sum += gradient[r * actions + a];
    out[r * (actions + 1)] = sum;
    for (let a = 0; a < actions; a++) out[r * (actions + 1) + 1 + a] = gradient[r * actions + a] - sum / actions;
  }
  return out;
}

/** The plain network that gives a dueling network's action values: its last layer, combined. */
export function foldDueling(network: Network): Network {
  const last = network.layers.at(-1) as Network["layers"][number];
  const actions = last.outputs - 1;
  const folded = emptyNetwork([...network.layers.slice(0, -1), { ...last, outputs: actions }]);
  folded.layers.slice(0, -1).forEach((layer, l) => {
    layer.weights.set(network.layers[l]?.weights);
    layer.bias.set(network.layers[l]?.bias);
  });
  const into = folded.layers.at(-1) as Network["layers"][number];
  into.weights.set(duelingValues(last.weights, actions));
  into.bias.set(duelingValues(last.bias, actions));
  return folded;
}
