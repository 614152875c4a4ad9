import { describe, expect, it } from "vitest";
import type { FeatureVector } from "../../src/dataset/index.js";
import { denseVector } from "../../src/dataset/index.js";
import { createRng, shuffled } from "../../src/math/rng.js";
import type { CostSpec, PolicyRow, PolicySpec } from "../../src/policies/index.js";
import {
  createPolicy,
  creditDecisions,
  explainByPolicy,
  globalImportances,
  PageHinkley,
  restorePolicy,
  warmStart,
} from "../../src/policies/index.js";
import { thompsonRule } from "../../src/policies/rules/thompson.js";

const AB = ["a", "b"];
const x = (...values: number[]): FeatureVector => denseVector(values);

/** Rows of a world in which "a" is right where the first feature is positive, "b" elsewhere. */
function signRows(count: number, seed = 1): PolicyRow[] {
  const rng = createRng(seed);
  return Array.from({ length: count }, () => {
    const v = rng.normal();
    const chosen = rng.int(2);
    return { context: x(v, rng.normal()), candidates: AB, chosen, reward: (chosen === 0) === v > 0 ? 1 : 0 };
  });
}

describe("Thompson sampling", () => {
  it("computes the probability that a draw is the highest", () => {
    const means = Float64Array.of(0.5, 0.4, 0.45, 0.1);
    const errors = Float64Array.of(0.05, 0.2, 0.01, 0.02);
    const out = new Float64Array(4);
    thompsonRule(1).fill(means, errors, [0, 1, 2, 3], 1, out);
    const rng = createRng(3);
    const counts = [0, 0, 0, 0];
    const draws = 200_000;
    for (let d = 0; d < draws; d++) {
      const sample = Array.from(means, (m, i) => m + errors[i] * rng.normal());
      const best = sample.indexOf(Math.max(...sample));
      counts[best] = counts[best] + 1;
    }
    counts.forEach((c, i) => {
      expect(Math.abs(out[i] - c / draws)).toBeLessThan(0.006);
    });
  });
});

describe("learning", () => {
  it("of ridge regressions does not depend on the order or the batches of rows", () => {
    const rows = signRows(80);
    const [inOrder, late] = [1, 2].map(() => createPolicy({ kind: "squarecb", dim: 2 }));
    inOrder?.learn(rows);
    for (const row of shuffled(rows, createRng(9))) late?.learn([row]);
    const input = { context: x(0.3, -0.2), candidates: AB };
    inOrder?.predict(input).forEach(({ mean }, i) => {
      expect(late?.predict(input)[i]?.mean).toBeCloseTo(mean, 9);
    });
  });

  it("equals closed-form ridge regression", () => {
    const policy = createPolicy({ kind: "linucb", dim: 1 });
    const at = (v: number, reward: number) => ({ context: x(v), candidates: ["a"], chosen: 0, reward });
    policy.learn([at(1, 1), at(-1, 0.5)]);
    // (X'X + I) w = X'y with X = [[1, 1], [1, -1]]: w = (1.5 / 3, 0.5 / 3).
    expect(policy.predict({ context: x(0.6), candidates: ["a"] })[0]?.mean).toBeCloseTo(0.5 + 0.6 / 6, 12);
  });

  it("from the features of candidates judges a destination it never tried", () => {
    const rng = createRng(5);
    const quality = (f: number) => 0.2 + 0.6 * f;
    const candidates = ["m1", "m2", "m3", "m4"];
    const features = [0, 0.3, 0.6, 0.9].map((f) => x(f));
    const policy = createPolicy({ kind: "squarecb", dim: 1, model: { kind: "shared" } });
    for (let i = 0; i < 300; i++) {
      const chosen = rng.int(4);
      const f = features[chosen]?.values[0];
      const row = { context: x(rng.normal()), candidates, candidateFeatures: features, chosen };
      policy.learn([{ ...row, reward: rng.next() < quality(f) ? 1 : 0 }]);
    }
    const input = { context: x(0), candidates: ["m1", "poor", "good"], candidateFeatures: [x(0), x(0.1), x(1)] };
    const [, poor, good] = policy.predict(input);
    expect(good?.mean).toBeGreaterThan(poor?.mean + 0.3);
  });
});

describe("warmStart", () => {
  const right = (spec: PolicySpec, start: Parameters<typeof warmStart>[1]) => {
    const policy = createPolicy(spec);
    expect(warmStart(policy, start)).toBeGreaterThan(0);
    const p = policy.score({ context: x(2, 0), candidates: AB });
    return p[0];
  };

  it("uses logged rows, a related point and a small table", () => {
    for (const kind of ["squarecb", "auto"] as const) {
      expect(right({ kind, dim: 2 }, { logged: signRows(60) })).toBeGreaterThan(0.8);
      expect(right({ kind, dim: 2 }, { related: signRows(60) })).toBeGreaterThan(0.8);
      const table = [1, -1, 2, -2].map((v) => ({ context: x(v, 0), rewards: v > 0 ? { a: 1, b: 0 } : { a: 0, b: 1 } }));
      expect(right({ kind, dim: 2 }, { table })).toBeGreaterThan(0.6);
    }
  });

  it("lets own rows outweigh a related point that is wrong here", () => {
    const wrong = signRows(60).map((r) => ({ ...r, reward: 1 - r.reward }));
    expect(right({ kind: "squarecb", dim: 2 }, { related: wrong, logged: signRows(60) })).toBeGreaterThan(0.8);
  });
});

describe("cost", () => {
  const play = (cost?: CostSpec) => {
    const rng = createRng(11);
    let policy = createPolicy({ kind: "squarecb", dim: 1, cost });
    const costs = [0.1, 0.01];
    let spent = 0;
    let rewards = 0;
    for (let t = 0; t < 1200; t++) {
      const input = { context: x(rng.next()), candidates: ["strong", "weak"], costs };
      const { index } = policy.choose(input, rng.next());
      // The strong one is better by as much as the context says.
      const reward = index === 0 ? 0.9 : 0.9 - 0.5 * input.context.values[0];
      if (t >= 600) {
        spent += costs[index] / 600;
        rewards += reward / 600;
      }
      policy.learn([{ ...input, chosen: index, reward }]);
      if (t === 700) policy = restorePolicy(JSON.parse(JSON.stringify(policy.snapshot())));
    }
    return { spent, rewards };
  };

  it("is ignored without options, and weighs when asked to", () => {
    expect(play().spent).toBeGreaterThan(0.08);
    expect(play({ weight: 20 }).spent).toBeLessThan(0.02);
  });

  it("stays under a ceiling in the long run, spending where it helps most", () => {
    const { spent, rewards } = play({ ceiling: 0.04 });
    expect(spent).toBeLessThan(0.045);
    expect(spent).toBeGreaterThan(0.03);
    // A third of random choices would earn 0.9 - (2/3) * 0.25 = 0.733; the best third 0.789.
    expect(rewards).toBeGreaterThan(0.76);
  });

  it("refuses costs that do not fit", () => {
    const policy = createPolicy({ kind: "squarecb", dim: 1, cost: { weight: 1 } });
    expect(() => policy.score({ context: x(0), candidates: AB, costs: [1] })).toThrow(/costs of \[1\] for 2/);
    expect(() => policy.score({ context: x(0), candidates: AB, costs: [1, -1] })).toThrow(/POLICY_INVALID/);
  });
});

describe("creditDecisions", () => {
  it("credits each decision with what came after it", () => {
    expect(creditDecisions([undefined, undefined, 1], 0.5)).toEqual([
      { reward: 1, weight: 0.25 },
      { reward: 1, weight: 0.5 },
      { reward: 1, weight: 1 },
    ]);
    expect(creditDecisions([1, 0])).toEqual([
      { reward: 0.5, weight: 1 },
      { reward: 0, weight: 1 },
    ]);
    expect(creditDecisions([1, 0], 0.5)[0]?.reward).toBeCloseTo(1 / 1.5, 12);
    expect(creditDecisions([0.4, undefined])[1]).toBeUndefined();
    expect(() => creditDecisions([2])).toThrow(/reward of 2/);
    expect(() => creditDecisions([1], 0)).toThrow(/discount of 0/);
  });
});

describe("PageHinkley", () => {
  it("sounds soon after errors rise, and not before", () => {
    const rng = createRng(2);
    const test = new PageHinkley();
    for (let i = 0; i < 3000; i++) expect(test.add(rng.next() < 0.1 ? 1 : 0)).toBe(false);
    let after = 0;
    while (!test.add(rng.next() < 0.8 ? 1 : 0)) after++;
    expect(after).toBeLessThan(60);
    expect(test.alarms).toBe(1);
    expect(new PageHinkley(test.snapshot()).since).toBe(0);
  });
});

describe("explanations", () => {
  const policy = createPolicy({ kind: "squarecb", dim: 2 });
  policy.learn(signRows(300));

  it("name the alternative and what would have changed the choice", () => {
    const why = explainByPolicy(policy, { context: x(1.5, 0.2), candidates: AB });
    expect(why.best).toBe("a");
    expect(why.alternative?.candidate).toBe("b");
    expect(why.reasons[0]).toMatchObject({ index: 0, decisive: true });
    expect(explainByPolicy(policy, { context: x(1.5, 0), candidates: AB, mask: [false, true] })).toMatchObject({
      best: "b",
      reasons: [],
    });
  });

  it("rank the positions that move choices", () => {
    const [first, second] = globalImportances(policy, signRows(50, 2));
    expect(first?.index).toBe(0);
    expect(first?.importance).toBeGreaterThan(5 * second?.importance);
  });
});
