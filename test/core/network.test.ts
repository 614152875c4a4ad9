import { describe, expect, it } from "vitest";
import { emptyNetwork, forward, loadNetwork, type NetworkSnapshot, saveNetwork } from "../../src/math/network.js";

const network = emptyNetwork([
  { inputs: 2, outputs: 3, activation: "relu" },
  { inputs: 3, outputs: 2, activation: "tanh" },
]);
network.layers[0]?.weights.set([1, 2, 3, 4, 5, -6]);
network.layers[0]?.bias.set([0, -20, 1]);
network.layers[1]?.weights.set([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);

describe("a plain network", () => {
  it("computes what hand arithmetic gives", () => {
    // Hidden sums for (1, 2): 9, -8, -8; after relu 9, 0, 0.
    const expected = [Math.tanh(0.9), Math.tanh(1.8)];
    expect([...forward(network, [1, 2])]).toEqual(expected);
    expect([...forward(network, { indices: Int32Array.of(0, 1), values: Float64Array.of(1, 2) })]).toEqual(expected);
    expect([...forward(network, { indices: Int32Array.of(1), values: Float64Array.of(2) })]).toEqual([
      ...forward(network, [0, 2]),
    ]);
  });

  it("survives JSON", () => {
    const again = loadNetwork(JSON.parse(JSON.stringify(saveNetwork(network))));
    expect(again).toEqual(network);
  });

  it.each<[(s: NetworkSnapshot) => unknown, RegExp]>([
    [(s) => ({ ...s, version: 2 }), /version 2/],
    [(s) => ({ ...s, layers: [] }), /with layers/],
    [(s) => ({ ...s, layers: [{ ...s.layers[0], weights: [1] }] }), /layer 0 with 1 weights; expected 2 x 3/],
    [(s) => ({ ...s, layers: [{ ...s.layers[0], activation: "x" }] }), /activation "x"/],
    [(s) => ({ ...s, layers: [s.layers[0], s.layers[0]] }), /layer 1 with 2 inputs; expected the 3 outputs/],
    [(s) => ({ ...s, layers: [{ ...s.layers[0], bias: [0, 0, null] }] }), /NaN or Infinity/],
  ])("refuses a snapshot that does not fit (%#)", (edit, message) => {
    expect(() => loadNetwork(edit(saveNetwork(network)) as NetworkSnapshot)).toThrow(message);
  });
});
