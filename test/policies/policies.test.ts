import { describe, expect, it } from "vitest";
import type { PolicySpec } from "../../src/policies/index.js";
import { createPolicy } from "../../src/policies/index.js";
import { DIM, policyContract } from "./contract.js";

const SPECS: Record<string, PolicySpec> = {
  "fixed, uniform": { kind: "fixed", dim: DIM },
  "fixed, by shares": { kind: "fixed", dim: DIM, shares: { a: 3, b: 1 } },
  "epsilon-greedy": { kind: "epsilon-greedy", dim: DIM },
  softmax: { kind: "softmax", dim: DIM },
  squarecb: { kind: "squarecb", dim: DIM },
  "squarecb on logistic regression": { kind: "squarecb", dim: DIM, model: { kind: "logistic" }, seed: 7 },
  linucb: { kind: "linucb", dim: DIM },
  thompson: { kind: "thompson", dim: DIM },
  "thompson on logistic regression": { kind: "thompson", dim: DIM, model: { kind: "logistic" } },
  "squarecb over shared ridge": { kind: "squarecb", dim: DIM, model: { kind: "shared", forgetting: 0.02 } },
  "thompson with forgetting": { kind: "thompson", dim: DIM, model: { kind: "ridge", forgetting: 0.05 } },
  nonlinear: { kind: "nonlinear", dim: DIM, seed: 3 },
  auto: { kind: "auto", dim: DIM },
};
for (const [name, spec] of Object.entries(SPECS)) policyContract(name, spec);

describe("createPolicy", () => {
  it("refuses specs that make no sense, naming what was expected", () => {
    for (const [spec, message] of [
      [{ kind: "oracle", dim: 3 }, /kind/],
      [{ kind: "squarecb", dim: 0 }, /dim/],
      [{ kind: "epsilon-greedy", dim: 3, epsilon: 2 }, /epsilon/],
      [{ kind: "linucb", dim: 3, gammaScale: 2 }, /gammaScale/],
    ] as const)
      expect(() => createPolicy(spec as never)).toThrow(message);
  });
});
