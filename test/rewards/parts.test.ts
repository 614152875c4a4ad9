import { describe, expect, it } from "vitest";
import { backwardSolve, cholesky, forwardSolve, gram } from "../../src/math/linear-algebra.js";
import { createRng } from "../../src/math/rng.js";
import { groupedFolds, mixtureWeights } from "../../src/rewards/blend.js";
import { Calibration } from "../../src/rewards/calibration.js";
import { defaultMembers, type RewardMember, RewardModel, rewardHealth } from "../../src/rewards/index.js";
import { shapleyContributions } from "../../src/rewards/shapley.js";
import { world } from "./world.js";

/** Guesses at random, and counts how often it was fitted. */
function guesser() {
  const fits = { count: 0 };
  const member: RewardMember = {
    kind: "guess",
    async fit() {
      fits.count++;
      const rng = createRng(fits.count);
      return {
        predict: (x) => Float64Array.from(x, () => 5 * rng.next()),
        snapshot: async () => ({ kind: "guess" }),
        dispose() {},
      };
    },
    restore: () => Promise.reject(new Error("not used")),
  };
  return { member, fits };
}

describe("the race between members", () => {
  const members = defaultMembers().filter((m) => ["ridge", "mean"].includes(m.kind));

  it("ends early on many rows for one without use, and changes nothing else", async () => {
    const { member, fits } = guesser();
    const examples = world(1100, 3);
    const features = examples.slice(0, 50).map((e) => e.features);
    const raced = await RewardModel.fit(examples, { members: [...members, member] });
    expect(fits.count).toBe(1);
    const guess = raced.report()["reward"]?.members.find((m) => m.kind === "guess");
    expect(guess).toMatchObject({ weight: 0, rmse: expect.any(Number) });
    const plain = await RewardModel.fit(examples, { members });
    expect(raced.predict(features)).toEqual(plain.predict(features));
  });

  it("goes to the end on few rows, where a weight is not to be told after one fold", async () => {
    const { member, fits } = guesser();
    await RewardModel.fit(world(700, 3), { members: [...members, member] });
    expect(fits.count).toBe(5);
  });
});

describe("linear algebra", () => {
  it("solves a system worked by hand", () => {
    const a = gram([Float64Array.of(1, 2), Float64Array.of(3, 4)], 2);
    expect(Array.from(a)).toEqual([10, 14, 14, 20]);
    const l = cholesky(a, 2) as Float64Array;
    const x = backwardSolve(l, 2, forwardSolve(l, 2, [38, 54]));
    expect(x[0]).toBeCloseTo(1, 10);
    expect(x[1]).toBeCloseTo(2, 10);
    expect(cholesky(Float64Array.of(1, 2, 2, 1), 2)).toBeUndefined();
  });
});

describe("the blend", () => {
  it("keeps groups in one fold and all folds about equally large", () => {
    const group = Array.from({ length: 100 }, (_, i) => `g${i % 20}`);
    const folds = groupedFolds(group, 5, 1);
    for (let i = 20; i < 100; i++) expect(folds[i]).toBe(folds[i % 20]);
    for (let k = 0; k < 5; k++) expect(folds.filter((f) => f === k)).toHaveLength(20);
  });

  it("gives no weight to noise, and mixes members whose errors cancel", () => {
    const rng = createRng(1);
    const n = 3000;
    const y = Float64Array.from({ length: n }, () => rng.next());
    const noise = Float64Array.from({ length: n }, () => rng.normal());
    const good = y.map((v, i) => v + 0.2 * noise[i]);
    const opposite = y.map((v, i) => v - 0.2 * noise[i]);
    const useless = Float64Array.from({ length: n }, () => 5 * rng.normal());
    const w = mixtureWeights([good, opposite, useless], y);
    expect(w[0]).toBeCloseTo(0.5, 1);
    expect(w[1]).toBeCloseTo(0.5, 1);
    expect(w[2]).toBe(0);
    expect(w.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  });

  it("believes in equal weights while there are few rows", () => {
    const y = Float64Array.of(0, 1, 0, 1, 0, 1);
    const w = mixtureWeights([y.map((v) => v + 0.1), y.map((v) => v - 0.11)], y);
    expect(Math.abs(w[0] - 0.5)).toBeLessThan(0.1);
  });
});

describe("calibration", () => {
  it("covers as promised in every third although the noise grows with the prediction", () => {
    const draw = (n: number, seed: number) => {
      const rng = createRng(seed);
      const p = Float64Array.from({ length: n }, () => rng.next());
      return { p, y: p.map((v) => v + (0.05 + 0.4 * v) * rng.normal()), spread: new Float64Array(n).fill(0.1) };
    };
    const train = draw(1500, 1);
    const calibration = Calibration.restore(
      JSON.parse(JSON.stringify(Calibration.fit(train.p, train.spread, train.y).snapshot())),
    );
    const test = draw(6000, 2);
    const hits = [0, 0, 0];
    const counts = [0, 0, 0];
    test.p.forEach((p, i) => {
      const third = Math.min(2, Math.floor(3 * p));
      counts[third] = counts[third] + 1;
      if (Math.abs(test.y[i] - p) <= calibration.halfWidth(p, 0.1, 0.9)) hits[third] = hits[third] + 1;
    });
    hits.forEach((h, third) => {
      expect(h / counts[third]).toBeGreaterThan(0.86);
      expect(h / counts[third]).toBeLessThan(0.94);
    });
    expect(calibration.variance(0.9, 0.1)).toBeCloseTo(0.41 ** 2, 1);
    expect(calibration.halfWidth(0.5, 0.1, 0.5)).toBeLessThan(calibration.halfWidth(0.5, 0.1, 0.9));
  });
});

describe("calibration with few residuals", () => {
  const p = Float64Array.from({ length: 21 }, (_, i) => i / 21);
  const calibration = Calibration.fit(
    p,
    new Float64Array(21),
    p.map((v, i) => v + (i + 1) / 21),
  );

  it("promises no level that so few residuals cannot tell", () => {
    expect(calibration.halfWidth(0.5, 0, 0.99)).toBe(Number.POSITIVE_INFINITY);
    expect(calibration.halfWidth(0.5, 0, 0.95)).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  it("covers as asked between two ranks, not more", () => {
    const rng = createRng(7);
    let hits = 0;
    for (let i = 0; i < 400; i++) {
      const draw = (n: number) => Float64Array.from({ length: n }, () => rng.normal());
      const fitted = Calibration.fit(new Float64Array(25), new Float64Array(25), draw(25));
      for (const y of draw(25)) if (Math.abs(y) <= fitted.halfWidth(0, 0, 0.9)) hits++;
    }
    // The next whole rank alone would cover 24 of 26, 92.3 %.
    expect(Math.abs(hits / 10_000 - 0.9)).toBeLessThan(0.012);
  });
});

describe("contributions", () => {
  it("are exact for a linear model and sum to the prediction", () => {
    const predict = (rows: readonly Float64Array[]) => Float64Array.from(rows, (r) => 1 + 2 * r[0] - 3 * r[1]);
    const background = [Float64Array.of(0, 0, 0), Float64Array.of(1, 1, 1)];
    const { base, values } = shapleyContributions(predict, Float64Array.of(2, 1, 7), background, 1);
    expect(base).toBeCloseTo(0.5, 10);
    expect(values[0]).toBeCloseTo(3, 10);
    expect(values[1]).toBeCloseTo(-1.5, 10);
    expect(values[2]).toBe(0);
    expect(base + values.reduce((a, b) => a + b, 0)).toBeCloseTo(2, 10);
  });
});

describe("rewardHealth", () => {
  const runs = (rewards: (number | undefined)[], satisfaction?: (i: number) => number) =>
    rewards.map((reward, i) => ({ reward, satisfaction: satisfaction?.(i) }));
  const varied = Array.from({ length: 40 }, (_, i) => (i % 10) / 10);

  it("is silent where there is a signal", () => {
    const health = rewardHealth(runs(varied, (i) => (i % 10) / 10));
    expect(health.warnings).toEqual([]);
    expect(health).toMatchObject({ runs: 40, rated: 40, missingShare: 0 });
    expect(health.satisfactionCorrelation).toBeCloseTo(1, 10);
  });

  it.each([
    ["hardly vary", runs(new Array(40).fill(0.7))],
    ["at one end", runs([...new Array(60).fill(1), 0.2])],
    ["have no reward", runs([...varied, ...new Array(1000).fill(undefined)])],
    ["hardly follows the satisfaction", runs(varied, (i) => 1 - (i % 10) / 10)],
    ["only 3 runs", runs([0.1, 0.5, 0.9])],
  ])("warns when rewards %s", (words, list) => {
    expect(rewardHealth(list).warnings.join("; ")).toContain(words);
  });
});
