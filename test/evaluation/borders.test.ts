import {
  checkEstimators,
  compare,
  decideContinuation,
  decidePromotion,
  estimateTrajectories,
  estimateValue,
  type OpeRow,
  type OpeStep,
  openMonitor,
  overlapOf,
  planTrial,
} from "langgraph-collective-learning/evaluation";
import { describe, expect, it } from "vitest";

const ROWS: OpeRow[] = [
  { reward: 1, propensity: 0.5, target: 1 },
  { reward: 0, propensity: 0.5, target: 0 },
  { reward: 1, propensity: 0.25, target: 0.5 },
];
const RUNS: OpeStep[][] = [[{ propensity: 0.5, target: 1, reward: 1 }], [{ propensity: 0.5, target: 0.5, reward: 0 }]];
const odd = (options: object) => options as never;

describe("options that do not exist", () => {
  it.each<[string, () => unknown]>([
    ["estimtor", () => estimateValue(ROWS, odd({ estimtor: "ips" }))],
    ["disount", () => estimateTrajectories(RUNS, odd({ disount: 0.5 }))],
    ["estimator", () => checkEstimators(ROWS, [{ target: 1 }, { target: 0 }], odd({ estimator: ["ips"] }))],
    ["risk", () => openMonitor(odd({ risk: 0.01 }))],
    ["minimumEfect", () => decidePromotion(odd({ rows: [], challenger: "v1", minimumEfect: 0.1 }))],
    ["power", () => decideContinuation(odd({ anchorLowerBound: 0.1, distances: [0], challenger: "v1", power: 1 }))],
    ["varianse", () => planTrial(odd({ exploration: 0.1, traffic: 100, effect: 0.1, varianse: 0.1 }))],
  ])("are refused by name: %s", (key, call) => {
    expect(call).toThrow(new RegExp(`CONFIG_UNKNOWN_KEY.*"${key}"`));
  });
});

describe("options and rows that cannot be", () => {
  it.each<[string, () => unknown, RegExp]>([
    // These were estimated by ips, and by an empirical Bernstein interval.
    ["an estimator", () => estimateValue(ROWS, odd({ estimator: "drr" })), /EVALUATION_INVALID.*one of ips/],
    ["an interval", () => estimateValue(ROWS, odd({ interval: "t", estimator: "ips" })), /one of normal/],
    ["a level as text", () => estimateValue(ROWS, odd({ level: "0.9" })), /level "0.9"/],
    ["a seed", () => estimateValue(ROWS, { seed: Number.NaN }), /seed NaN/],
    [
      "a share of the unsupported",
      () => overlapOf([{ ...ROWS[0], unsupported: 3 } as OpeRow]),
      /unsupported 3 in row 0/,
    ],
    ["no decision in a row", () => overlapOf([{ ...ROWS[0], decisions: 0 } as OpeRow]), /decisions 0 in row 0/],
    ["an empty row", () => overlapOf([odd({})]), /reward undefined in row 0/],
    ["a trajectory estimator", () => estimateTrajectories(RUNS, odd({ estimator: "dr" })), /one of pdis, wpdis, pddr/],
    ["a trajectory interval", () => estimateTrajectories(RUNS, odd({ interval: "t" })), /one of normal/],
    ["a pair", () => checkEstimators(ROWS, [{ target: 1 }, { target: Number.NaN }]), /measured rewards in \[0,1\]/],
    ["an estimate", () => compare({ value: Number.NaN, standardError: 1 }, { value: 0, standardError: 1 }), /NaN/],
    [
      "an effect",
      () => decideContinuation({ anchorLowerBound: 0, distances: [1], challenger: "v", minimumEffect: -5 }),
      /minimumEffect -5/,
    ],
  ])("are refused: %s", (_, call, message) => {
    expect(call).toThrow(message);
  });
});

describe("runs of thousands of decisions", () => {
  const run = (steps: number, target: number, reward: number): OpeStep[] =>
    Array.from({ length: steps }, () => ({ propensity: 0.5, target, reward }));

  it("have weights although the product of their propensities is no number", () => {
    const same = [run(3000, 0.5, 0.25), run(3000, 0.5, 0.75)];
    for (const estimator of ["pdis", "wpdis"] as const) {
      const e = estimateTrajectories(same, { estimator });
      expect(e.value).toBeCloseTo(1500, 6);
      expect(e.overlap).toMatchObject({ effectiveSampleSize: 2, meanWeight: 1 });
    }
  });

  it("are told apart where their weights are beyond all numbers", () => {
    // The first run weighs 2^3000 of the second: it alone counts, from the second step on or so.
    const e = estimateTrajectories([run(3000, 1, 0.5), run(3000, 0.5, 0)], { estimator: "wpdis" });
    const byHand = Array.from({ length: 3000 }, (_, t) => 0.5 / (1 + 2 ** -(t + 1))).reduce((a, b) => a + b, 0);
    expect(e.value).toBeCloseTo(byHand, 6);
    expect(e.overlap.effectiveSampleSize).toBeCloseTo(1, 6);
  });

  it("say so where no run went the policy's way", () => {
    const e = estimateTrajectories([run(2, 0, 1), run(2, 0, 1)], { estimator: "pdis" });
    expect(e).toMatchObject({ value: 0, identifiable: false });
  });
});
