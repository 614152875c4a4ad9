import { describe, expect, it } from "vitest";
import {
  decidePromotion,
  monitorChampion,
  openMonitor,
  openSpending,
  parseMonitor,
  type SpendingState,
} from "../../src/evaluation/index.js";
import { logDecisions, seeded, trueValue, type World } from "./worlds.js";

/** Two kinds of mail; the fallback is right about the first and wrong about the second. */
const world: World = {
  kinds: [0.75, 0.25],
  rates: [
    [0.9, 0.2, 0.8],
    [0.3, 0.85, 0.8],
  ],
};
const fallback = [0, 0];
const better = [0, 1];
const log = (seed: string, n: number, target: number[], exploration = 0.1, model = world.rates) =>
  logDecisions(world, { n, rng: seeded(seed), fallback, target, exploration, model });

describe("gate", () => {
  it("promotes a challenger that is truly 0.14 better at the first or second look, and shows its numbers", () => {
    expect(trueValue(world, better) - trueValue(world, fallback)).toBeCloseTo(0.1375);
    let promoted = 0;
    for (let s = 0; s < 20; s++) {
      let spending: SpendingState | undefined;
      for (const n of [900, 1350]) {
        const verdict = decidePromotion({ rows: log(`g${s}`, n, better), challenger: "v1", spending });
        spending = verdict.spending;
        if (verdict.action !== "promote") continue;
        promoted++;
        expect(verdict.lowerBound).toBeGreaterThan(0);
        expect(verdict.lowerBound).toBeLessThan(verdict.gain?.value as number);
        expect(verdict.reason).toMatch(/gain \+0\.\d+, lower bound \+0\.\d+ at risk 0\.\d+, above 0/);
        break;
      }
    }
    expect(promoted).toBeGreaterThanOrEqual(16);
  });

  it("practically never promotes one that is not better, even when its own model says it is", () => {
    const level: World = { kinds: [1], rates: [[0.6, 0.6, 0.6]] };
    let promoted = 0;
    for (let s = 0; s < 40; s++) {
      const rows = logDecisions(level, {
        n: 900,
        rng: seeded(`n${s}`),
        fallback: [0],
        target: [1],
        exploration: 0.1,
        model: [[0.6, 0.85, 0.6]],
      });
      if (decidePromotion({ rows, challenger: "v1" }).action === "promote") promoted++;
    }
    expect(promoted).toBeLessThanOrEqual(2);
  });

  it("says unidentifiable, not 10^300 more decisions, where the logs practically never try the challenger's way", () => {
    const rows = Array.from({ length: 200 }, () => ({
      reward: 0.5,
      chosen: 0,
      logging: [1 - 1e-200, 1e-200],
      target: [0, 1],
      baseline: [1, 0],
    }));
    expect(decidePromotion({ rows, challenger: "v1" }).action).toBe("unidentifiable");
    const drawn = rows.map((r, i) => (i === 7 ? { ...r, chosen: 1, reward: 1 } : r));
    expect(decidePromotion({ rows: drawn, challenger: "v1" })).toMatchObject({ action: "unidentifiable" });
    const report = monitorChampion(openMonitor(), drawn);
    expect(parseMonitor(JSON.parse(JSON.stringify(report.state)))).toEqual(report.state);
  });

  it("refuses with too little data, says how much more, and spends nothing", () => {
    const spending = openSpending(0.05);
    const small = decidePromotion({ rows: log("s", 60, better), challenger: "v1", spending });
    const none = decidePromotion({ rows: [], challenger: "v1", spending });
    for (const verdict of [small, none]) {
      expect(verdict.action).toBe("not-enough-data");
      expect(verdict.reason).toMatch(/about \d+ more/);
      expect(verdict.needed).toBeGreaterThan(0);
      expect(verdict.spending).toEqual(spending);
      expect(verdict.lowerBound).toBeUndefined();
    }
  });

  it("says that it is too early to tell how much more, where it would be more than anybody will have", () => {
    // One run's decisions, a hundred times: one piece of evidence, whose weights multiply.
    const rows = log("one", 100, better).map((row) => ({ ...row, run: "the only one" }));
    const verdict = decidePromotion({ rows, challenger: "v1" });
    expect(verdict).toMatchObject({ action: "not-enough-data" });
    expect(verdict.reason).toBe("not enough data yet: too early to say how many more decisions it takes");
    expect(verdict.needed).toBeUndefined();
  });

  it("says unidentifiable when the logs hold no exploration", () => {
    const verdict = decidePromotion({ rows: log("u", 1000, better, 0), challenger: "v1" });
    expect(verdict.action).toBe("unidentifiable");
    expect(verdict.reason).toMatch(/unidentifiable.*never tried.*explore/);
  });

  it("keeps the champion where the challenger chooses as it does", () => {
    const verdict = decidePromotion({ rows: log("k", 500, fallback), challenger: "v1" });
    expect([verdict.action, verdict.spending.judgements]).toEqual(["keep", 0]);
  });
});
