import { describe, expect, it } from "vitest";
import { openTrial, passOn, type TrialState, takeStake } from "../../../src/evaluation/index.js";
import { renewedFrom } from "../../../src/evaluation/trial/renewal.js";

const { stake, capital } = takeStake({ schemaVersion: 1, riskLevel: 0.05, tried: 0, left: 0 });
const opened = openTrial({ version: "v1", startedAt: "2026-01-01T00:00:00.000Z", stake, unit: "decision" });
/** A trial whose wealth is the same on every effect. */
const worth = (wealth: number): TrialState => ({
  ...opened,
  wealth: opened.wealth.map((of) => of.map(() => Math.log(wealth))),
});

describe("a version on trial gives way to one learned from more", () => {
  it("when its rows have grown by a quarter while its evidence has not, when they have doubled, or not at all", () => {
    expect([0.01, 0.5, 1].map((w) => renewedFrom(worth(w)))).toEqual([1.25, 1.25, 1.25]);
    expect([1.01, 1.99].map((w) => renewedFrom(worth(w)))).toEqual([2, 2]);
    expect([2.01, 15].map((w) => renewedFrom(worth(w)))).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  it("which then bets with at least what the first would have gone on with", () => {
    for (const wealth of [0.05, 0.4, 0.9, 1]) {
      const next = takeStake(passOn(capital, worth(wealth)));
      expect(next.stake).toBeGreaterThanOrEqual(stake * wealth);
    }
  });
});
