import { describe, expect, it } from "vitest";
import { forecastTrial, openTrial, planTrial } from "../../../src/evaluation/index.js";
import { betsOf, crossed } from "../../../src/evaluation/trial/forecast.js";
import { trialLife } from "../../bench/proof/trial-life.js";

const RISK = 0.04;

describe("the forecast of a trial", () => {
  it("is the passage time of the bets that get there first", () => {
    // Effect 0.06 at a gain of 0.06: drift .0018/second a step, so the mean time is distance / drift.
    const bets = [{ effect: 0.06, distance: 2, most: 1 }];
    const mean = 2 / 0.0018;
    // An inverse Gaussian of mean m and shape d^2 / variance has its median below the mean (Chhikara and Folks 1989).
    expect(crossed(0.06, 1, bets, mean)).toBeGreaterThan(0.5);
    expect(crossed(0.06, 1, bets, 0.3 * mean)).toBeLessThan(0.5);
    expect(crossed(0, 1, bets, 1e9)).toBe(0);
  });

  it("knows that no bet may lose more than half", () => {
    // E[x^2] = 0.01: the stake of 0.06 / 0.01 is cut to 0.5, which drifts by 0.5 * 0.06 - 0.25 * 0.01 / 2 a step.
    const bets = [{ effect: 0.06, distance: 2, most: 0.5 }];
    const mean = 2 / 0.02875;
    expect(crossed(0.06, 0.01, bets, mean)).toBeGreaterThan(0.5);
    expect(crossed(0.06, 0.01, bets, 0.7 * mean)).toBeLessThan(0.2);
  });

  it("asks more of bets with less of the stake, less of those that have won", () => {
    const [first, second] = betsOf({ contested: 1, mostWeight: 1, minimumEffect: 0 }, 3, 0.5, [0, 1]);
    expect(first?.distance).toBeCloseTo(3 - Math.log(0.2), 10);
    expect(second?.distance).toBeCloseTo(3 - Math.log(0.45) - 1, 10);
  });

  it("bets on smaller effects where less is contested, so that every plan can come true", () => {
    const [least] = betsOf({ contested: 0.05, mostWeight: 1, minimumEffect: 0 }, 3, 0.5);
    expect(least?.effect).toBeCloseTo(0.025 / 8, 10);
    for (const contested of [0.005, 0.02, 0.05, 0.2, 1]) {
      const effect = Math.min(0.05, 0.15 * Math.max(0.02, contested));
      const { decisions, taken } = planTrial({ exploration: 0.1, traffic: 1, effect, contested });
      expect(decisions.likely).toBeLessThan(100_000);
      expect(taken).toBeGreaterThan(10);
    }
  });

  it("knows nothing before the first row, and says so with an interval", () => {
    const trial = openTrial({ version: "v1", startedAt: "2026-01-01T00:00:00.000Z", stake: 0.7, unit: "decision" });
    const forecast = forecastTrial(trial, RISK);
    expect(forecast.isEarly).toBe(true);
    expect(forecast.words).toMatch(/^too early to say .*: \d+ to \d+$/);
    expect(forecast.chance).toBeGreaterThan(0.4);
    expect(forecast.chance).toBeLessThan(0.9);
  });

  it("expects a trial that may grow to end sooner", () => {
    const trial = openTrial({ version: "v1", startedAt: "2026-01-01T00:00:00.000Z", stake: 0.7, unit: "decision" });
    const still = forecastTrial(trial, RISK, { share: 0.1 }).decisions;
    const growing = forecastTrial(trial, RISK, { share: 0.1, upTo: 0.5 }).decisions;
    expect(growing?.median).toBeLessThan(0.7 * (still?.median ?? 0));
  });

  it("has intervals that hold what came, about four times of five", () => {
    let held = 0;
    let stated = 0;
    for (let s = 0; s < 15; s++) {
      const world = { destinations: 9, contested: 0.7, base: 0.6, gain: 0.15 };
      const options = { exploration: 0.1, upTo: 0.5, riskLevel: RISK, learning: 300, perLook: 50, limit: 20_000 };
      const { looks, decisions, outcome } = trialLife(`forecast/test/${s}`, world, options, true);
      for (const way of [0.4, 0.6]) {
        const look = looks[Math.floor(way * looks.length) - 1];
        const said = look && forecastTrial(look.state, RISK, { share: 0.114, upTo: 0.5 }).decisions;
        if (!said) continue;
        stated++;
        const more = outcome === "promote" ? decisions - look.decisions : Number.POSITIVE_INFINITY;
        if (more >= said.lower && more <= said.upper) held++;
      }
    }
    expect(stated).toBeGreaterThan(20);
    expect(held / stated).toBeGreaterThan(0.65);
    expect(held / stated).toBeLessThan(1);
  });
});
