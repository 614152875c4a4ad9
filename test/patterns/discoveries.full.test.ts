import { describe, expect, it } from "vitest";
import { createRng, shuffled } from "../../src/math/rng.js";
import { analyzeRuns, PatternEngine } from "../../src/patterns/index.js";
import { dataFolder } from "../bench/support/data.js";
import { readToolRuns } from "./support/references.js";
import { anySignificant, pathRun, supportWorld } from "./support/worlds.js";

const SHUFFLES = 500;
const Q = 0.05;
/** Mean plus 2.6 standard deviations of a binomial with rate Q: Monte Carlo error at 99.5 %. */
const ALLOWED = Q * SHUFFLES + 2.6 * Math.sqrt(SHUFFLES * Q * (1 - Q));

describe("false discoveries over 500 shuffles of the labels", () => {
  it.each([true, false])("stay within the rate on synthetic runs (binary rewards: %s)", (binary) => {
    const engine = supportWorld(200, "shuffle", 0.4, binary);
    const rng = createRng("labels");
    const ids = [...engine.rewards.keys()];
    let alarms = 0;
    for (let s = 0; s < SHUFFLES; s++) {
      const rewards = shuffled([...engine.rewards.values()], rng);
      for (const [i, id] of ids.entries()) engine.rate(id, rewards[i]);
      if (anySignificant(analyzeRuns(engine, { fdr: Q, permutations: 199, seed: s }))) alarms++;
    }
    expect(alarms).toBeLessThanOrEqual(ALLOWED);
  });

  const folder = dataFolder();
  it.skipIf(!folder)("stay within the rate on real tool traces (LEARNING_DATA)", () => {
    const runs = readToolRuns(folder as string, "tau_retail_4strategies");
    const engine = new PatternEngine();
    engine.update(runs.map((r) => pathRun(r.id, r.type, r.activities, { at: "2026-01-01T00:00:00.000Z" })));
    const rng = createRng("tools");
    let alarms = 0;
    for (let s = 0; s < SHUFFLES; s++) {
      const rewards = shuffled(
        runs.map((r) => r.reward),
        rng,
      );
      for (const [i, r] of runs.entries()) engine.rate(r.id, rewards[i]);
      if (
        anySignificant(
          analyzeRuns(engine, { fdr: Q, permutations: 99, minSupport: 0.1, maxGap: 1, maxLength: 3, seed: s }),
        )
      )
        alarms++;
    }
    expect(alarms).toBeLessThanOrEqual(ALLOWED);
  });

  it("do not cost the planted pattern: found in at least 95 % of 200 worlds", () => {
    let found = 0;
    for (let w = 0; w < 200; w++) {
      const report = analyzeRuns(supportWorld(300, `campaign-${w}`, 0.35), { fdr: Q, permutations: 199 });
      if (report.patterns.some((p) => p.activities.includes("read") && p.verdict === "better")) found++;
    }
    expect(found).toBeGreaterThanOrEqual(190);
  });
});
