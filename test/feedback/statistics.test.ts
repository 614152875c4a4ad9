import { describe, expect, it } from "vitest";
import type { FeedbackRequest } from "../../src/feedback/index.js";
import {
  feedbackStatistics,
  krippendorffAlpha,
  responseStatistics,
  selectionSensitivity,
} from "../../src/feedback/index.js";
import { meanInterval } from "../../src/math/mean-interval.js";
import { createRng } from "../../src/math/rng.js";
import { studentQuantile } from "../../src/math/student.js";
import { judged } from "./support.js";

describe("krippendorffAlpha", () => {
  it("is 0.849 on the interval data of Krippendorff (2011)", () => {
    // Four raters, twelve units, from "Computing Krippendorff's alpha-reliability", without the missing values.
    const units = [
      [1, 1, 1],
      [2, 2, 3, 2],
      [3, 3, 3, 3],
      [3, 3, 3, 3],
      [2, 2, 2, 2],
      [1, 2, 3, 4],
      [4, 4, 4, 4],
      [1, 1, 2, 1],
      [2, 2, 2, 2],
      [5, 5, 5],
      [1, 1],
      [3],
    ];
    expect(krippendorffAlpha(units)).toBeCloseTo(0.849, 3);
  });

  it("is 1 for full agreement, near 0 for chance, and unknown without pairs or variation", () => {
    const rng = createRng(1);
    expect(
      krippendorffAlpha([
        [1, 1],
        [5, 5],
        [9, 9],
      ]),
    ).toBe(1);
    const chance = Array.from({ length: 3000 }, () => [rng.next(), rng.next()]);
    expect(Math.abs(krippendorffAlpha(chance) as number)).toBeLessThan(0.05);
    expect(krippendorffAlpha([[1], [2]])).toBeUndefined();
    expect(
      krippendorffAlpha([
        [2, 2],
        [2, 2],
      ]),
    ).toBeUndefined();
  });
});

describe("feedbackStatistics", () => {
  it("says what the mean were had every run been asked, and lists those who spoke up unasked apart", () => {
    const rated = (id: string, satisfaction: number, askedProbability?: number) =>
      judged(id, { ratings: { satisfaction }, ...(askedProbability !== undefined && { askedProbability }) });
    const records = [rated("w1", 1, 1), rated("w2", 1, 1), rated("w3", 0, 0.5), rated("w4", 0), rated("w5", 0.2)];
    const { ratings, byWorkflowType } = feedbackStatistics(records);
    expect(ratings["satisfaction"]).toMatchObject({ count: 5, mean: 0.5, unasked: { count: 2, mean: 0.1 } });
    expect(byWorkflowType[""]).toMatchObject({ judgements: 5, mean: 0.5 });
    const plain = feedbackStatistics(records.map(({ askedProbability: _, ...r }) => r));
    expect(plain.ratings["satisfaction"]).toMatchObject({ mean: expect.closeTo(0.44, 12) });
    expect(plain.ratings["satisfaction"]).not.toHaveProperty("unasked");
  });

  it("groups, counts tenths of the scale, and follows the weeks", () => {
    const statistics = feedbackStatistics([
      judged("w1", {
        cat: { score: 10, dimensions: { quality: 1 } },
        workflowType: "a",
        at: "2026-01-07T00:00:00.000Z",
      }),
      judged("w1", {
        userId: "bob",
        cat: { score: 10, dimensions: {} },
        workflowType: "a",
        at: "2026-01-11T23:00:00.000Z",
      }),
      judged("w2", { cat: { score: 1, dimensions: {} }, workflowType: "b", at: "2026-01-12T00:00:00.000Z" }),
      judged("w3", { comment: "no number", at: "2026-01-12T00:00:00.000Z" }),
    ]);
    expect(statistics.cat).toMatchObject({ count: 3, mean: 7, histogram: [1, 0, 0, 0, 0, 0, 0, 0, 0, 2] });
    const unsure = { lower: 0, upper: 1 };
    expect(statistics.byWorkflowType).toEqual({
      // Two raters of one run are one piece of evidence.
      a: { judgements: 2, mean: 1, ...unsure },
      b: { judgements: 1, mean: 0, ...unsure },
      "": { judgements: 1 },
    });
    expect(statistics.byUser["bob"]).toEqual({ judgements: 1, mean: 1, ...unsure });
    expect(statistics.trend).toEqual([
      { week: "2026-01-05", judgements: 2, mean: 1, ...unsure },
      { week: "2026-01-12", judgements: 2, mean: 0, ...unsure },
    ]);
  });

  it("says nothing of nothing", () => {
    const statistics = feedbackStatistics([]);
    expect(statistics).toMatchObject({ records: 0, judgements: 0, raters: 0, trend: [], dimensions: {} });
    expect(statistics).not.toHaveProperty("cat");
    expect(statistics.responses).toEqual({
      considered: 0,
      asked: 0,
      answered: 0,
      expired: 0,
      pending: 0,
      byUser: {},
      byWorkflowType: {},
    });
  });

  it("keeps evaluators out of what people say", () => {
    const rated = (userId: string, source: "human" | "evaluator", quality: number) =>
      judged("w1", { userId, source, ratings: { quality } });
    const statistics = feedbackStatistics([
      rated("a", "human", 0.2),
      rated("b", "human", 0.2),
      rated("evaluator:quality", "evaluator", 1),
    ]);
    expect(statistics.ratings["quality"]).toMatchObject({ count: 2, mean: 0.2 });
    expect(statistics.evaluators).toMatchObject({ "evaluator:quality": { count: 1, mean: 1 } });
    expect(statistics.byWorkflowType[""]).toMatchObject({ judgements: 2, mean: 0.2 });
    expect(statistics.byUser["evaluator:quality"]).toMatchObject({ judgements: 1, mean: 1 });
  });

  it("covers the mean with 95 % also for three values, and for runs with several raters", () => {
    const rng = createRng(8);
    const covers = (units: () => number[][]) => {
      let hits = 0;
      for (let i = 0; i < 2000; i++) {
        const { lower, upper } = meanInterval(units(), -10, 10);
        if (lower <= 0 && 0 <= upper) hits++;
      }
      return hits / 2000;
    };
    const few = covers(() => Array.from({ length: 3 }, () => [rng.normal()]));
    const clustered = covers(() =>
      Array.from({ length: 12 }, () => {
        const run = rng.normal();
        return Array.from({ length: 5 }, () => run + 0.2 * rng.normal());
      }),
    );
    for (const share of [few, clustered]) expect(Math.abs(share - 0.95)).toBeLessThan(0.02);
    expect(studentQuantile(0.975, 20)).toBeCloseTo(2.086, 2);
    expect(studentQuantile(0.975, 1e9)).toBeCloseTo(1.96, 3);
  });
});

describe("response statistics", () => {
  const request = (i: number, status: FeedbackRequest["status"], expectedReward: number): FeedbackRequest => ({
    requestId: String(i),
    workflowId: `w${i}`,
    userId: "u",
    askedAt: "",
    expiresAt: "",
    reason: "random",
    probability: 0.1,
    expectedReward,
    reminders: 0,
    status,
  });

  it("show that the satisfied answer more often, and show nothing where they do not", () => {
    const rng = createRng(2);
    const world = (answers: (reward: number) => boolean) =>
      Array.from({ length: 1000 }, (_, i) => {
        const reward = rng.next();
        return request(i, answers(reward) ? "answered" : "expired", reward);
      });
    const biased = responseStatistics(world((r) => rng.next() < r)).bias;
    expect(biased?.lower).toBeGreaterThan(0.2);
    expect(responseStatistics(world(() => false)).byUser).toEqual({ u: { asked: 1000, answered: 0, rate: 0 } });
    const fair = responseStatistics(world(() => rng.next() < 0.5)).bias;
    expect(fair?.lower).toBeLessThan(0);
    expect(fair?.upper).toBeGreaterThan(0);
  });

  it.each<[readonly number[], number, readonly number[], RegExp]>([
    [[1, 0], 20, [1], /rated share of 20/],
    [[1, 0], 0, [1], /rated share of 0/],
    [[7], 0.5, [1], /reward of 7/],
    [[1], 0.5, [0], /odds ratio of 0/],
  ])("are taken of shares only: %j rated, %j of all, odds %j", (rated, share, odds, message) => {
    expect(() => selectionSensitivity(rated, share, odds)).toThrow(message);
  });

  it("move the mean to the truth under the assumption that is true", () => {
    // Odds of answering grow with the reward by the ratio 4: the tilted mean must find the mean of all.
    const rng = createRng(3);
    const all: number[] = [];
    const rated: number[] = [];
    for (let i = 0; i < 60_000; i++) {
      const reward = rng.next() < 0.6 ? 1 : 0;
      all.push(reward);
      const odds = 0.25 * 4 ** reward;
      if (rng.next() < odds / (1 + odds)) rated.push(reward);
    }
    const mean = (v: number[]) => v.reduce((a, b) => a + b, 0) / v.length;
    const [naive, right] = selectionSensitivity(rated, rated.length / all.length, [1, 4]);
    expect(naive?.mean).toBeCloseTo(mean(rated), 6);
    expect(mean(rated) - mean(all)).toBeGreaterThan(0.1);
    expect(Math.abs(right?.mean - mean(all))).toBeLessThan(0.01);
  });
});
