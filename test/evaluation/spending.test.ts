import { describe, expect, it } from "vitest";
import { decidePromotion, openSpending, parseSpending, type SpendingState } from "../../src/evaluation/index.js";
import { riskShare } from "../../src/evaluation/spending.js";
import { logDecisions, seeded, type World } from "./worlds.js";

const level: World = { kinds: [1], rates: [[0.6, 0.6]] };
const rows = (seed: number, n: number) =>
  logDecisions(level, { n, rng: seeded(seed), fallback: [0], target: [1], exploration: 0.5, model: [[0.5, 0.7]] });

describe("spending of a lifetime risk", () => {
  it("gives shares that sum to the risk over all judgements that will ever be made", () => {
    let sum = 0;
    for (let k = 1; k <= 100_000; k++) sum += riskShare(0.05, k);
    expect(sum).toBeLessThan(0.05);
    expect(sum).toBeGreaterThan(0.0499);
  });

  it("is charged for every challenger and every look, and survives storage", () => {
    let spending: SpendingState | undefined;
    const risks: number[] = [];
    for (const [i, challenger] of ["a", "b", "b"].entries()) {
      const verdict = decidePromotion({ rows: rows(1, 400 * 2 ** i), challenger, power: 0.01, spending });
      spending = JSON.parse(JSON.stringify(verdict.spending)) as SpendingState;
      risks.push(verdict.risk as number);
    }
    expect(risks).toEqual([1, 2, 3].map((k) => riskShare(0.05, k)));
    expect(spending?.judgements).toBe(3);
    expect(spending?.spent).toBeCloseTo(
      risks.reduce((s, r) => s + r, 0),
      12,
    );
  });

  it("makes a second look at one challenger wait for half as much data again", () => {
    const first = decidePromotion({ rows: rows(2, 400), challenger: "a", power: 0.01 });
    const soon = decidePromotion({ rows: rows(2, 500), challenger: "a", power: 0.01, spending: first.spending });
    expect([soon.action, soon.needed, soon.risk]).toEqual(["not-enough-data", 100, undefined]);
    const other = decidePromotion({ rows: rows(2, 500), challenger: "b", power: 0.01, spending: first.spending });
    expect(other.risk).toBe(riskShare(0.05, 2));
  });

  it("judges at the same threshold whatever the seed of the data says, so that waiting is not peeking", () => {
    const lucky = rows(3, 60).map((r) => ({ ...r, reward: r.chosen === 1 ? 1 : 0 }));
    const unlucky = lucky.map((r) => ({ ...r, reward: r.chosen === 1 ? 0 : 1 }));
    const [a, b] = [lucky, unlucky].map((log) => decidePromotion({ rows: log, challenger: "a" }));
    expect([a?.action, a?.needed]).toEqual([b?.action, b?.needed]);
    expect(a?.action).toBe("not-enough-data");
  });

  it("reads only its own state", () => {
    expect(parseSpending(openSpending(0.1))).toEqual(openSpending(0.1));
    expect(() => parseSpending({ riskLevel: 0.05 })).toThrow(/EVALUATION_INVALID.*second time/);
    expect(() => openSpending(1)).toThrow(/riskLevel 1/);
  });
});

describe("gate, given bad input", () => {
  const good = rows(4, 1)[0];
  it.each<[string, Parameters<typeof decidePromotion>[0], RegExp]>([
    ["a reward of two", { rows: [{ ...good, reward: 2 }], challenger: "a" }, /reward 2 in row 0/],
    ["an impossible choice", { rows: [{ ...good, chosen: 7 }], challenger: "a" }, /chosen 7 in row 0.*index below 2/],
    ["half a distribution", { rows: [{ ...good, target: [0.5, 0] }], challenger: "a" }, /target \[0.5,0\].*sum to one/],
    ["too few numbers", { rows: [{ ...good, baseline: [1] }], challenger: "a" }, /baseline \[1\].*2 probabilities/],
    [
      "a choice that could not be drawn",
      { rows: [{ ...good, chosen: 0, logging: [0, 1] }], challenger: "a" },
      /logging \[0,1\].*positive probability/,
    ],
    ["a NaN model", { rows: [{ ...good, model: [0.5, Number.NaN] }], challenger: "a" }, /model .*predictions/],
    ["a negative minimum", { rows: [good], challenger: "a", minimumEffect: -1 }, /minimumEffect -1/],
    ["power one", { rows: [good], challenger: "a", power: 1 }, /power 1/],
    ["a negative floor", { rows: [good], challenger: "a", minEffectiveSampleSize: -1 }, /minEffectiveSampleSize -1/],
  ])("refuses %s", (_what, request, message) => {
    expect(() => decidePromotion(request)).toThrow(message);
  });

  it("asks for a larger gain where a minimum effect is set", () => {
    const world: World = { kinds: [1], rates: [[0.5, 0.7]] };
    const log = logDecisions(world, {
      n: 1500,
      rng: seeded("m"),
      fallback: [0],
      target: [1],
      exploration: 0.5,
      model: world.rates,
    });
    expect(decidePromotion({ rows: log, challenger: "a", power: 0.01 }).action).toBe("promote");
    expect(decidePromotion({ rows: log, challenger: "a", power: 0.01, minimumEffect: 0.18 }).action).not.toBe(
      "promote",
    );
  });

  it("counts the runs of one person as one piece of evidence where that is asked for", () => {
    const once = rows(5, 500);
    const fivefold = once.flatMap((r, i) =>
      Array.from({ length: 5 }, (_, k) => ({ ...r, run: `r${i}/${k}`, cluster: `u${i}` })),
    );
    const [a, b] = [once, fivefold].map((log) => decidePromotion({ rows: log, challenger: "a", power: 0.01 }));
    expect(b?.lowerBound).toBeCloseTo(a?.lowerBound as number, 6);
  });
});
