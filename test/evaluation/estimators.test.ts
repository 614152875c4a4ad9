import { describe, expect, it } from "vitest";
import {
  type EstimateOptions,
  type EstimatorName,
  estimateGain,
  estimateValue,
  type OpeRow,
  toOpeRow,
} from "../../src/evaluation/index.js";
import { drawIndex } from "../../src/math/rng.js";
import { certain, logDecisions, randomWorld, seeded, shadow, trueValue } from "./worlds.js";

const ALL: EstimatorName[] = ["ips", "clipped-ips", "snips", "dm", "dr", "switch-dr"];
const by = (rows: OpeRow[], options: EstimateOptions) => estimateValue(rows, options).value;

describe("estimators, by hand", () => {
  const rows: OpeRow[] = [
    { reward: 1, propensity: 0.5, target: 1, baseline: 0, model: { chosen: 0.6, target: 0.6, baseline: 0.2 } },
    { reward: 0, propensity: 0.5, target: 0, baseline: 1, model: { chosen: 0.2, target: 0.6, baseline: 0.2 } },
    { reward: 1, propensity: 0.05, target: 1, baseline: 1, model: { chosen: 0.9, target: 0.9, baseline: 0.9 } },
    { reward: 0.5, propensity: 1, target: 1, baseline: 1, model: { chosen: 0.5, target: 0.5, baseline: 0.5 } },
  ];

  it.each<[EstimatorName, number]>([
    ["ips", (2 + 0 + 20 + 0.5) / 4],
    ["clipped-ips", (2 + 0 + 10 + 0.5) / 4],
    ["snips", (2 + 20 + 0.5) / 23],
    ["dm", (0.6 + 0.6 + 0.9 + 0.5) / 4],
    ["dr", (0.6 + 2 * 0.4 + 0.6 + (0.9 + 20 * 0.1) + 0.5) / 4],
    ["switch-dr", (0.6 + 2 * 0.4 + 0.6 + 0.9 + 0.5) / 4],
  ])("%s of a value", (estimator, expected) => {
    expect(by(rows, { estimator })).toBeCloseTo(expected, 12);
  });

  it("a gain counts only the rows on which the policies differ", () => {
    expect(estimateGain(rows, { estimator: "ips" }).value).toBeCloseTo(2 / 4, 12);
    expect(estimateGain(rows, { estimator: "dr" }).value).toBeCloseTo((0.4 + 2 * 0.4 + (0.4 + 2 * 0.2)) / 4, 12);
    const agreeing = rows.map((r) => ({ ...r, baseline: r.target }));
    for (const estimator of ["ips", "clipped-ips", "snips"] as const)
      expect(estimateGain(agreeing, { estimator })).toMatchObject({ value: 0, standardError: 0 });
  });

  it("standard errors take the decisions of one run together", () => {
    const twice = rows.flatMap((r, i) => [
      { ...r, run: `r${i}` },
      { ...r, run: `r${i}` },
    ]);
    const once = estimateValue(rows, { estimator: "ips" });
    expect(estimateValue(twice, { estimator: "ips" }).standardError).toBeCloseTo(once.standardError, 12);
    expect(estimateValue(twice, { estimator: "ips" })).toMatchObject({ n: 8, runs: 4 });
  });
});

describe.each(ALL)("%s", (estimator) => {
  it("is the mean reward when the policy judged is the one that logged", () => {
    const rng = seeded(1);
    const rows = Array.from({ length: 50 }, (): OpeRow => {
      const propensity = 0.2 + 0.8 * rng.next();
      return { reward: rng.next(), propensity, target: propensity, model: { chosen: 0.4, target: 0.4 } };
    });
    const mean = rows.reduce((s, r) => s + r.reward, 0) / rows.length;
    const expected = estimator === "dm" ? 0.4 : mean;
    expect(by(rows, { estimator })).toBeCloseTo(expected, 12);
  });

  it("lands near the truth with a fair model and much data", () => {
    const world = randomWorld(seeded("w"), 4, 3);
    const [fallback, target] = [
      [0, 1, 2, 0],
      [1, 1, 0, 2],
    ];
    const rows = logDecisions(world, {
      n: 20_000,
      rng: seeded("l"),
      fallback: fallback,
      target: target,
      exploration: 0.5,
      model: world.rates,
    }).map(toOpeRow);
    expect(Math.abs(by(rows, { estimator }) - trueValue(world, target))).toBeLessThan(0.03);
    const gain = trueValue(world, target) - trueValue(world, fallback);
    expect(Math.abs(estimateGain(rows, { estimator }).value - gain)).toBeLessThan(0.03);
  });

  it("answers the same for the same rows and seed, as plain JSON", () => {
    const world = randomWorld(seeded("w"), 2, 2);
    const options = { n: 200, rng: seeded("x"), fallback: [0, 0], target: [1, 1], exploration: 0.5 };
    const rows = logDecisions(world, options).map(toOpeRow);
    const run = () => estimateValue(rows, { estimator, interval: "bootstrap", seed: 4 });
    expect(run()).toEqual(run());
    expect(JSON.parse(JSON.stringify(run()))).toEqual(run());
  });
});

describe("a wrong model", () => {
  it("misleads dm and not dr", () => {
    const rng = seeded(3);
    const rows = Array.from({ length: 5000 }, (): OpeRow => {
      const logging = shadow(0, 2, 0.5);
      const chosen = drawIndex(logging, rng.next());
      const reward = rng.next() < (chosen === 1 ? 0.3 : 0.7) ? 1 : 0;
      const target = certain(1, 2)[chosen];
      return { reward, propensity: logging[chosen], target, model: { chosen: 0.9, target: 0.9 } };
    });
    expect(by(rows, { estimator: "dm" })).toBeCloseTo(0.9);
    expect(Math.abs(by(rows, { estimator: "dr" }) - 0.3)).toBeLessThan(0.05);
  });
});

describe("estimators, given bad input", () => {
  const good: OpeRow = { reward: 1, propensity: 0.5, target: 1, baseline: 0 };
  it.each<[string, OpeRow[], EstimateOptions, RegExp]>([
    ["no rows", [], {}, /EVALUATION_INVALID.*at least one logged decision/],
    ["a reward above one", [{ ...good, reward: 2 }], {}, /reward 2 in row 0.*\[0,1\]/],
    ["a reward as text", [{ ...good, reward: "1" as never }], {}, /reward "1" in row 0.*a number in \[0,1\]/],
    ["a NaN reward", [good, { ...good, reward: Number.NaN }], {}, /reward NaN in row 1/],
    ["propensity zero", [{ ...good, propensity: 0 }], {}, /propensity 0 in row 0.*\[1e-12,1\]/],
    ["a propensity whose weight overflows", [{ ...good, propensity: 1e-300 }], {}, /propensity 1e-300 in row 0/],
    ["a negative target", [{ ...good, target: -0.1 }], {}, /target -0.1/],
    ["dr without a model", [good], { estimator: "dr" }, /model undefined in row 0/],
    ["level one", [good], { level: 1 }, /level 1.*between 0 and 1/],
    ["a clip of zero", [good], { estimator: "clipped-ips", clip: 0 }, /clip 0.*positive/],
    [
      "empirical Bernstein over snips",
      [good],
      { estimator: "snips", interval: "empirical-bernstein" },
      /self-normalised.*average.*bootstrap/,
    ],
    ["snips without any overlap", [{ ...good, target: 0 }], { estimator: "snips" }, /UNIDENTIFIABLE.*explore/],
  ])("refuses %s", (_what, rows, options, message) => {
    expect(() => estimateValue(rows, options)).toThrow(message);
  });

  it("refuses a gain without a baseline", () => {
    const { baseline: _none, ...row } = good;
    expect(() => estimateGain([row], { estimator: "ips" })).toThrow(/baseline undefined in row 0/);
  });
});

describe("overlap", () => {
  it("warns below the floor, about wrong propensities, and says unidentifiable", () => {
    const row = (propensity: number, target: number): OpeRow => ({ reward: 1, propensity, target });
    const few = estimateValue([row(0.5, 1), row(0.5, 0)], { estimator: "ips" });
    expect(few.overlap.warnings.join()).toMatch(/effective sample size 1.0 is below 100/);
    const wrong = Array.from({ length: 400 }, () => row(0.5, 0.9));
    expect(estimateValue(wrong, { estimator: "ips" }).overlap.warnings.join()).toMatch(/mean weight is 1.800/);
    // A row that stands for many moves the mean of weights by chance, although its own weight is zero.
    const liked = Array.from({ length: 800 }, (): OpeRow => row(0.85, 1));
    const standsForMany = Array.from({ length: 10 }, (): OpeRow => ({ ...row(0.15, 0), weight: 20 }));
    const { overlap } = estimateValue([...liked, ...standsForMany], { estimator: "ips" });
    expect(overlap).toMatchObject({ meanWeight: expect.closeTo(800 / 0.85 / 1000, 9), warnings: [] });
    const certainly = Array.from({ length: 400 }, (_, i) => row(1, i % 2));
    const estimate = estimateValue(certainly, { estimator: "ips" });
    expect([estimate.identifiable, estimate.overlap.unsupported]).toEqual([false, 0.5]);
    expect(estimate.overlap.warnings.join()).toMatch(/unidentifiable: 50.0 %/);
  });

  it("is none where no logged choice has a chance under the policy", () => {
    const never = Array.from({ length: 50 }, (): OpeRow => ({ reward: 1, propensity: 0.5, target: 0 }));
    expect(estimateValue(never, { estimator: "ips" }).identifiable).toBe(false);
  });

  it("counts what the logs practically never try as never tried, drawn or not", () => {
    const decision = { reward: 1, logging: [1e-9, 1 - 1e-9], target: [1, 0], baseline: [0, 1], model: [0.9, 0.5] };
    for (const chosen of [0, 1])
      expect(toOpeRow({ ...decision, chosen })).toMatchObject({
        unsupported: 1,
        target: 0,
        model: { target: 0, baseline: 0.5 },
      });
  });

  it("owes nothing to a candidate that the logs cannot show", () => {
    const row = toOpeRow({
      reward: 1,
      chosen: 0,
      logging: [0.5, 0.5, 0],
      target: [0, 0, 1],
      baseline: [1, 0, 0],
      model: [0.5, 0.5, 1],
    });
    expect(row).toMatchObject({ unsupported: 1, model: { target: 0, baseline: 0.5 } });
  });
});
