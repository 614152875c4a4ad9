import { describe, expect, it } from "vitest";
import { COVERAGE_FLOOR } from "../../src/evaluation/index.js";
import { coverage, summarise } from "../bench/ope/coverage.js";
import { decisionsToPromote, uneventfulLife } from "../bench/ope/lifetime.js";
import { openBanditTests } from "../bench/ope/open-bandit.js";
import { dataFolder } from "../bench/support/data.js";

describe("in worlds of known truth", () => {
  it("the unbiased estimators' 95 % intervals hold it, and dr errs no more than ips", () => {
    const rows = summarise(coverage(300, 3, "full", ["normal"]), COVERAGE_FLOOR);
    const of = (name: string) => rows.find((r) => r.estimator === name) as (typeof rows)[number];
    for (const name of ["ips", "snips", "dr"]) {
      expect(of(name).coverage).toBeGreaterThan(0.915);
      expect(of(name).widthRatio).toBeLessThan(1.1);
    }
    expect(of("dr").rmse).toBeLessThanOrEqual(of("ips").rmse);
    expect(of("dm").coverage).toBeLessThan(0.8);
  });

  it("a decision point without a difference promotes nothing in its life but by the accepted risk", () => {
    const lives = Array.from({ length: 60 }, (_, i) =>
      uneventfulLife(`full/${i}`, { cycles: 48, perCycle: 25, riskLevel: 0.05, power: 0.01 }),
    );
    // 60 lives at 5 %: more than seven would be a one in fifty chance.
    expect(lives.filter((l) => l.promotedWrongly).length).toBeLessThanOrEqual(7);
    expect(lives.filter((l) => l.falselyRolledBack).length).toBeLessThanOrEqual(7);
    expect(lives.filter((l) => l.falselyHealthy).length).toBeLessThanOrEqual(7);
    expect(lives.reduce((s, l) => s + l.judgements, 0)).toBeGreaterThan(60);
  });

  it("a challenger that is 15 points better is promoted, sooner with more exploration", () => {
    const middle = (exploration: number) =>
      [0, 1, 2, 3, 4]
        .map(
          (s) =>
            decisionsToPromote(`full/${s}`, { gain: 0.15, exploration, step: 100, limit: 20_000, riskLevel: 0.05 }) ??
            Number.POSITIVE_INFINITY,
        )
        .sort((a, b) => a - b)[2];
    expect(middle(0.5)).toBeLessThan(1000);
    expect(middle(0.1)).toBeLessThan(20_000);
    expect(middle(0.5)).toBeLessThan(middle(0.1));
  });
});

const folder = dataFolder();
describe.skipIf(!folder)("on the Open Bandit logs (LEARNING_DATA)", () => {
  it("what one policy's log says of the other does not contradict the other's own", () => {
    const tests = openBanditTests(folder as string);
    expect(tests).toHaveLength(6);
    for (const t of tests) {
      expect(t.pValue).toBeGreaterThan(0.05);
      expect(t.effectiveSampleSize).toBeGreaterThan(COVERAGE_FLOOR);
    }
  });
});
