import { describe, expect, it } from "vitest";
import { denseVector } from "../../src/dataset/index.js";
import { createRng } from "../../src/math/rng.js";
import type { PolicyInput, PolicySpec } from "../../src/policies/index.js";
import { createPolicy } from "../../src/policies/index.js";

const CANDIDATES = ["left", "middle", "right"];

/** Plays a world of known best answers; returns the share of best choices in the last `tail` decisions. */
function play(
  spec: PolicySpec,
  best: (x: number[], t: number) => number,
  { steps = 500, tail = 100, seed = 1 } = {},
): number {
  const rng = createRng(seed);
  const policy = createPolicy(spec);
  let hits = 0;
  for (let t = 0; t < steps; t++) {
    const category = rng.int(3);
    const x = [0, 1, 2].map((k) => (k === category ? 1 : 0));
    const input: PolicyInput = { context: denseVector([...x, rng.normal()]), candidates: CANDIDATES };
    const { index, probability } = policy.choose(input, rng.next());
    const right = index === best(x, t);
    policy.learn([
      { ...input, chosen: index, reward: rng.next() < (right ? 0.9 : 0.1) ? 1 : 0, propensity: probability },
    ]);
    if (t >= steps - tail && right) hits++;
  }
  return hits / tail;
}

const LEARNERS: PolicySpec[] = [
  { kind: "epsilon-greedy", dim: 4 },
  { kind: "softmax", dim: 4 },
  { kind: "squarecb", dim: 4 },
  { kind: "linucb", dim: 4 },
  { kind: "thompson", dim: 4 },
  { kind: "nonlinear", dim: 4 },
  { kind: "auto", dim: 4 },
];

describe.each(LEARNERS)("$kind", (spec) => {
  it("finds a constant best arm", () => {
    expect(play(spec, () => 1)).toBeGreaterThanOrEqual(0.9);
  });

  it("finds an arm for each category", () => {
    expect(play(spec, (x) => x.indexOf(1))).toBeGreaterThanOrEqual(0.85);
  });
});

describe("a world that flips at half time", () => {
  const flips = (spec: PolicySpec) => play(spec, (_, t) => (t < 300 ? 0 : 2), { steps: 600 });

  it("is followed by auto as it is", () => {
    const shifted = (x: number[], t: number) => (x.indexOf(1) + (t < 300 ? 0 : 1)) % 3;
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const options = { steps: 600, tail: 200, seed };
      expect(play({ kind: "auto", dim: 4 }, (_, t) => (t < 300 ? 0 : 2), options)).toBeGreaterThanOrEqual(0.9);
      expect(play({ kind: "auto", dim: 4 }, shifted, options)).toBeGreaterThanOrEqual(0.9);
    }
  });

  it("is followed by others with forgetting, and not without exploration", () => {
    expect(flips({ kind: "thompson", dim: 4, model: { kind: "ridge", forgetting: 0.03 } })).toBeGreaterThanOrEqual(
      0.75,
    );
    expect(
      flips({ kind: "epsilon-greedy", dim: 4, model: { kind: "ridge", forgetting: 0.03 } }),
    ).toBeGreaterThanOrEqual(0.85);
    expect(flips({ kind: "fixed", dim: 4, shares: { left: 1 } })).toBe(0);
  });
});

describe("a broken learner", () => {
  it("fails the worlds above", () => {
    expect(play({ kind: "fixed", dim: 4 }, () => 1)).toBeLessThan(0.6);
  });
});
