import { describe, expect, it } from "vitest";
import { estimateGain, estimateValue, type OpeRow } from "../../src/evaluation/index.js";
import { normalCdf, normalQuantile } from "../../src/math/normal.js";
import { studentQuantile } from "../../src/math/student.js";
import { seeded } from "./worlds.js";

describe("quantiles", () => {
  it.each([
    [0.975, 1.959963984540054],
    [0.9995, 3.2905267314919255],
    [1e-6, -4.753424308822899],
    [0.5, 0],
  ])("of the normal at %d", (p, z) => {
    expect(normalQuantile(p)).toBeCloseTo(z, 8);
    expect(normalCdf(z)).toBeCloseTo(p, 10);
  });

  it.each([
    [0.975, 5, 2.5706],
    [0.975, 30, 2.0423],
    [0.95, 10, 1.8125],
    [0.975, 1e9, 1.96],
  ])("of Student's t at %d with %d degrees of freedom", (p, df, t) => {
    expect(studentQuantile(p, df)).toBeCloseTo(t, 2);
  });
});

describe("intervals", () => {
  const onPolicy = (seed: number, n: number): OpeRow[] => {
    const rng = seeded(seed);
    return Array.from({ length: n }, () => ({ reward: rng.next() < 0.3 ? 1 : 0, propensity: 0.5, target: 0.5 }));
  };

  it.each(["normal", "bootstrap", "empirical-bernstein"] as const)(
    "%s holds the truth as often as it says",
    (interval) => {
      let held = 0;
      for (let s = 0; s < 200; s++) {
        const { lower, upper } = estimateValue(onPolicy(s, 120), { estimator: "ips", interval }).interval;
        if (lower <= 0.3 && 0.3 <= upper) held++;
      }
      expect(held).toBeGreaterThanOrEqual(182);
    },
  );

  it("widen with the level and from normal to empirical Bernstein, and stay in [0,1]", () => {
    const width = (interval: "normal" | "empirical-bernstein", level: number) => {
      const i = estimateValue(onPolicy(1, 300), { estimator: "ips", interval, level }).interval;
      return i.upper - i.lower;
    };
    expect(width("normal", 0.99)).toBeGreaterThan(width("normal", 0.9));
    expect(width("empirical-bernstein", 0.95)).toBeGreaterThan(width("normal", 0.95));
    const one = estimateValue(onPolicy(1, 1), { estimator: "ips" });
    expect([one.standardError, one.interval.lower, one.interval.upper]).toEqual([1, 0, 1]);
  });

  it("allow for what stayed unseen where all rewards are equal, and not where the policies agree", () => {
    const rows = Array.from(
      { length: 100 },
      (): OpeRow => ({ reward: 1, propensity: 0.5, target: 0.5, baseline: 0.5 }),
    );
    // Clopper and Pearson: 0.025 ** (1 / 100).
    expect(estimateValue(rows, { estimator: "snips" }).interval.lower).toBeCloseTo(0.9638, 4);
    expect(estimateGain(rows, { estimator: "ips" }).interval).toMatchObject({ lower: 0, upper: 0 });
  });

  it("of empirical Bernstein know that a long run moves the mean further than a short one", () => {
    const row = (reward: number, run: string): OpeRow => ({ reward, propensity: 0.5, target: 0.5, run });
    const even = Array.from({ length: 400 }, (_, i) => row(i % 2, `r${i >> 1}`));
    const uneven = Array.from({ length: 400 }, (_, i) => row(i % 2, i < 201 ? "long" : `r${i}`));
    const width = (rows: OpeRow[]) => {
      const { lower, upper } = estimateValue(rows, { estimator: "ips", interval: "empirical-bernstein" }).interval;
      return upper - lower;
    };
    // Both have 200 runs and hardly any spread between them; only the long run's reach differs.
    expect(width(even)).toBeLessThan(0.2);
    expect(width(uneven)).toBe(1);
  });
});
