import { describe, expect, it } from "vitest";
import { denseVector } from "../../src/dataset/index.js";
import { saveNetwork } from "../../src/math/network.js";
import { createRng } from "../../src/math/rng.js";
import { createPolicy, type PolicySpec, restorePolicy } from "../../src/policies/index.js";
import { createNetwork } from "../../src/tensor/index.js";
import { DIM, policyContract } from "./contract.js";

const network = saveNetwork(createNetwork({ inputs: DIM, outputs: 3, hidden: [6] }, createRng(5)));
const spec = { kind: "network", dim: DIM, actions: ["a", "b", "d"], network } satisfies PolicySpec;
policyContract("network, greedy", spec);
policyContract("network, drawn", { ...spec, temperature: 0.5, model: { kind: "ridge" } });

describe("a network policy", () => {
  /** Outputs x0, x1 and 2 for the actions a, b and d. */
  const plain = saveNetwork(createNetwork({ inputs: 2, outputs: 3, hidden: [] }, createRng(0)));
  plain.layers[0] = { inputs: 2, outputs: 3, activation: "linear", weights: [1, 0, 0, 0, 1, 0], bias: [0, 0, 2] };
  const policy = createPolicy({ kind: "network", dim: 2, actions: ["a", "b", "d"], network: plain, temperature: 2 });
  const context = denseVector([1, 3]);

  it("gives the softmax of its outputs, whatever the order of the candidates", () => {
    const weights = [Math.exp(2 / 2), Math.exp(3 / 2), Math.exp(1 / 2)];
    const sum = weights.reduce((x, y) => x + y);
    const p = policy.score({ context, candidates: ["d", "b", "a"] });
    weights.forEach((w, i) => {
      expect(p[i]).toBeCloseTo(w / sum, 12);
    });
  });

  it("takes destinations it does not know only where it knows none", () => {
    expect(policy.score({ context, candidates: ["new", "b"] })[0]).toBe(0);
    expect([...policy.score({ context, candidates: ["new", "b", "other"], mask: [true, false, true] })]).toEqual([
      0.5, 0, 0.5,
    ]);
  });

  it("learns what destinations earn, but not to choose otherwise", () => {
    const input = { context, candidates: ["a", "b"] };
    const before = policy.score(input);
    policy.learn(Array.from({ length: 50 }, () => ({ ...input, chosen: 0, reward: 1 })));
    expect(policy.predict(input)[0]?.mean).toBeGreaterThan(0.9);
    expect(policy.score(input)).toEqual(before);
  });

  it("refuses a network that does not fit its encoder or actions", () => {
    expect(() => createPolicy({ ...spec, dim: 9 })).toThrow(/a network of 4 inputs and 3 outputs/);
    expect(() => createPolicy({ ...spec, actions: ["a", "b"] })).toThrow(/one output for each action/);
    const snapshot = createPolicy(spec).snapshot();
    const cut = { ...spec, network: { ...network, layers: network.layers.slice(0, 1) } };
    expect(() => restorePolicy({ ...snapshot, spec: cut })).toThrow(/SNAPSHOT_INVALID.*6 outputs/);
  });
});
