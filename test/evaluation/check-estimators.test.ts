import { describe, expect, it } from "vitest";
import { checkEstimators, toOpeRow } from "../../src/evaluation/index.js";
import { logDecisions, seeded, type World } from "./worlds.js";

const world: World = { kinds: [1], rates: [[0.5, 0.8]] };
const wrongModel = [[0.5, 0.5]];
const rows = logDecisions(world, {
  n: 4000,
  rng: seeded("rows"),
  fallback: [0],
  target: [1],
  exploration: 0.5,
  model: wrongModel,
}).map(toOpeRow);
const rng = seeded("pairs");
const pairs = Array.from({ length: 800 }, () => ({
  target: rng.next() < 0.8 ? 1 : 0,
  baseline: rng.next() < 0.5 ? 1 : 0,
}));

describe("checkEstimators", () => {
  it("finds the estimators that agree with what really happened, and the one a wrong model misled", () => {
    const report = checkEstimators(rows, pairs, { level: 0.99 });
    expect(report).toMatchObject({ of: "gain", pairs: 800, rows: 4000 });
    const verdicts = Object.fromEntries(report.checks.map((c) => [c.estimator, c.agrees]));
    expect(verdicts).toMatchObject({ ips: true, snips: true, dr: true, dm: false });
    expect(report.closest).not.toBe("dm");
    expect(report.checks[0]?.measured).toBeCloseTo(0.3, 1);
  });

  it("checks values where the pairs have no baseline", () => {
    const report = checkEstimators(
      rows,
      pairs.map(({ target }) => ({ target })),
      { estimators: ["ips"], level: 0.99 },
    );
    expect(report.of).toBe("value");
    expect(report.checks.map((c) => [c.estimator, c.agrees])).toEqual([["ips", true]]);
  });

  it("refuses too few pairs and mixed ones", () => {
    expect(() => checkEstimators(rows, pairs.slice(0, 1))).toThrow(/at least two pairs/);
    expect(() => checkEstimators(rows, [{ target: 1 }, { target: 1, baseline: 0 }])).toThrow(/with 1 of 2 baselines/);
  });
});
