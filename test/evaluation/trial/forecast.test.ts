import { describe, expect, it } from "vitest";
import { forecastTrial, openTrial } from "../../../src/evaluation/index.js";
import { crossed, distancesOf } from "../../../src/evaluation/trial/forecast.js";
import { trialLife } from "../../bench/proof/trial-life.js";

const RISK = 0.04;

describe("the forecast of a trial", () => {
  it("is the passage time of the bets that get there first", () => {
    // Effect 0.06 at a gain of 0.06: drift .0018/second a step, so the mean time is distance / drift.
    const second = 1;
    const distances = [1e9, 2, 1e9, 1e9];
    const mean = 2 / 0.0018;
    // An inverse Gaussian of mean m and shape d^2 / variance has its median below the mean (Chhikara and Folks 1989).
    expect(crossed(0.06, second, distances, mean)).toBeGreaterThan(0.5);
    expect(crossed(0.06, second, distances, 0.3 * mean)).toBeLessThan(0.5);
    expect(crossed(0, second, distances, 1e9)).toBe(0);
  });

  it("asks more of bets with less of the stake, less of those that have won", () => {
    const [first, second] = distancesOf(3, [0, 1]);
    expect(first).toBeCloseTo(3 - Math.log(0.2), 10);
    expect(second).toBeCloseTo(3 - Math.log(0.45) - 1, 10);
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
