import { describe, expect, it } from "vitest";
import { analyzeRuns } from "../../src/patterns/index.js";
import { anySignificant, supportWorld } from "./support/worlds.js";

describe("what an analysis calls significant", () => {
  it("is nothing when rewards have nothing to do with the runs, up to the set rate", () => {
    let alarms = 0;
    for (let w = 0; w < 60; w++)
      if (anySignificant(analyzeRuns(supportWorld(100, `null-${w}`), { fdr: 0.1, permutations: 99 }))) alarms++;
    // Binomial(60, 0.1): 13 or more has probability 0.6 %.
    expect(alarms).toBeLessThan(13);
  });

  it("is the pattern that was planted, with its size inside the interval", () => {
    let found = 0;
    let covered = 0;
    const worlds = 20;
    for (let w = 0; w < worlds; w++) {
      const report = analyzeRuns(supportWorld(300, `planted-${w}`, 0.4), { permutations: 199 });
      const hit = report.patterns.find((p) => p.activities.includes("read") && p.verdict === "better");
      if (hit) found++;
      if (hit && hit.lower < 0.4 && hit.upper > 0.3) covered++;
    }
    expect(found).toBeGreaterThanOrEqual(19);
    expect(covered).toBeGreaterThanOrEqual(17);
  });

  it("is the same for the same seed and data", () => {
    const options = { seed: 5, permutations: 99 };
    expect(analyzeRuns(supportWorld(80, "same", 0.3), options)).toEqual(
      analyzeRuns(supportWorld(80, "same", 0.3), options),
    );
  });

  it("raises the support rather than drown in patterns, and says so", () => {
    const report = analyzeRuns(supportWorld(100, "many"), { minSupport: 1, maxCandidates: 20, permutations: 19 });
    const used = report.minSupport.find((s) => s.unit === "nodes");
    expect(used?.runs).toBeGreaterThan(2);
    expect(report.patterns.filter((p) => p.kind === "sequence").length).toBeLessThanOrEqual(20);
  });
});
