import { describe, expect, it } from "vitest";
import { estimateTrajectories, type OpeStep, type TrajectoryEstimatorName } from "../../src/evaluation/index.js";
import { seeded } from "./worlds.js";

const ALL: TrajectoryEstimatorName[] = ["pdis", "wpdis", "pddr"];

/**
 * Two steps, two choices each, logged evenly; the second step's reward rate depends on both choices.
 * The judged policy always takes choice 1: 0.2 + 0.9.
 */
function logRuns(n: number, seed: string): OpeStep[][] {
  const rng = seeded(seed);
  const coin = () => (rng.next() < 0.5 ? 1 : 0);
  return Array.from({ length: n }, () => {
    const [a, b] = [coin(), coin()];
    const first = rng.next() < (a ? 0.2 : 0.6) ? 1 : 0;
    const second = rng.next() < (a && b ? 0.9 : 0.3) ? 1 : 0;
    return [
      { propensity: 0.5, target: a, reward: first, model: { chosen: a ? 1 : 0.9, target: 1 } },
      { propensity: 0.5, target: b, reward: second, model: { chosen: a && b ? 0.8 : 0.3, target: a ? 0.8 : 0.3 } },
    ];
  });
}

describe.each(ALL)("%s", (estimator) => {
  it("lands near the truth, its interval around it", () => {
    const e = estimateTrajectories(logRuns(8000, "t"), { estimator });
    expect(Math.abs(e.value - 1.1)).toBeLessThan(0.06);
    expect(e.interval.lower).toBeLessThan(1.1);
    expect(e.interval.upper).toBeGreaterThan(1.1);
    expect(e.overlap.effectiveSampleSize).toBeGreaterThan(1800);
  });

  it("discounts the later reward", () => {
    const e = estimateTrajectories(logRuns(8000, "t"), { estimator, discount: 0.5 });
    expect(Math.abs(e.value - (0.2 + 0.45))).toBeLessThan(0.06);
  });

  it("is the mean return when the policy judged is the one that logged", () => {
    const runs = logRuns(40, "s").map((steps) =>
      steps.map((s) => ({ ...s, target: 0.5, model: { chosen: 0.3, target: 0.3 } })),
    );
    const mean = runs.reduce((s, steps) => s + steps.reduce((x, y) => x + y.reward, 0), 0) / runs.length;
    expect(estimateTrajectories(runs, { estimator }).value).toBeCloseTo(mean, 12);
  });
});

describe("trajectory estimators", () => {
  it("by hand, over runs of different lengths", () => {
    const runs: OpeStep[][] = [
      [
        { propensity: 0.5, target: 1, reward: 1, model: { chosen: 0.5, target: 0.6 } },
        { propensity: 0.5, target: 1, reward: 1, model: { chosen: 0.2, target: 0.4 } },
      ],
      [{ propensity: 0.5, target: 0.5, reward: 0.5, model: { chosen: 0.5, target: 0.5 } }],
    ];
    const value = (estimator: TrajectoryEstimatorName) => estimateTrajectories(runs, { estimator }).value;
    expect(value("pdis")).toBeCloseTo((2 * 1 + 4 * 1 + 0.5) / 2, 12);
    expect(value("wpdis")).toBeCloseTo((2 * 1 + 1 * 0.5) / 3 + (4 * 1) / 5, 12);
    const later = 0.4 + 2 * (1 - 0.2);
    expect(value("pddr")).toBeCloseTo((0.6 + 2 * (1 + later - 0.5) + 0.5) / 2, 12);
  });

  it("doubly robust varies least, with a fair model", () => {
    const error = (e: TrajectoryEstimatorName) =>
      estimateTrajectories(logRuns(2000, "v"), { estimator: e }).standardError;
    expect(error("pddr")).toBeLessThan(error("pdis"));
    expect(error("wpdis")).toBeLessThan(error("pdis"));
  });

  const good: OpeStep = { propensity: 0.5, target: 1, reward: 1 };
  it.each<[string, OpeStep[][], Parameters<typeof estimateTrajectories>[1], RegExp]>([
    ["no runs", [], {}, /at least one run/],
    ["an empty run", [[good], []], {}, /run 1 without a step/],
    ["propensity zero", [[{ ...good, propensity: 0 }]], {}, /propensity 0 in step 0 of run 0/],
    ["a NaN reward", [[good, { ...good, reward: Number.NaN }]], {}, /reward NaN in step 1 of run 0/],
    ["pddr without a model", [[good]], { estimator: "pddr" }, /model undefined in step 0/],
    ["a discount of zero", [[good]], { discount: 0 }, /discount 0/],
  ])("refuse %s", (_what, runs, options, message) => {
    expect(() => estimateTrajectories(runs, options)).toThrow(message);
  });
});
