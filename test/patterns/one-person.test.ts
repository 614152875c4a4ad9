import { describe, expect, it } from "vitest";
import { createRng } from "../../src/math/rng.js";
import {
  agentCombinations,
  analyzeRuns,
  bestCombination,
  metricCorrelations,
  PatternAnalyzer,
  PatternEngine,
} from "../../src/patterns/index.js";
import { meanErrors } from "../../src/patterns/mean-errors.js";
import { pathRun } from "./support/worlds.js";

/** People with a taste and a habit each; the first has most of the runs. Teams are worth `effect` where asked for. */
function people(seed: string, { heavy = 300, users = 15, runs = 5, effect = 0 } = {}) {
  const rng = createRng(seed);
  return Array.from({ length: users }, (_, user) => {
    const [taste, habit] = [(1 - effect) * rng.next(), rng.int(5)];
    return Array.from({ length: user === 0 ? heavy : runs }, () => {
      const way = rng.next() < 0.8 ? habit : rng.int(5);
      return { group: `user ${user}`, way, reward: Number(rng.next() < taste + (way === 0 ? effect : 0)) };
    });
  }).flat();
}

const teamOf = (seed: string, options = {}) => {
  const runs = people(seed, options).map(({ way, ...run }) => ({ ...run, taskType: "t", agents: [`agent ${way}`] }));
  return bestCombination(agentCombinations(runs, createRng(seed)), "t")?.agents[0];
};

describe("a person with most of the runs", () => {
  it("does not make their habit the best team", () => {
    const claims = Array.from({ length: 40 }, (_, i) => teamOf(`n${i}`)).filter((team) => team !== undefined);
    // Taken run by run, more than half of these worlds have a team that is "surely better".
    expect(claims.length).toBeLessThanOrEqual(4);
  });

  it("does not make it the best way through the graph", async () => {
    let claims = 0;
    for (let w = 0; w < 12; w++) {
      const engine = new PatternEngine();
      const runs = people(`v${w}`, { heavy: 150 });
      engine.update(runs.map(({ group, way }, i) => pathRun(`${i}`, "support", ["a", `${way}`], { userId: group })));
      for (const [i, { reward }] of runs.entries()) engine.rate(`${i}`, reward);
      const analyzer = new PatternAnalyzer();
      analyzer.adopt(analyzeRuns(engine, { permutations: 19, maxCandidates: 1 }));
      if (await analyzer.getOptimalWorkflowPattern("support")) claims++;
    }
    expect(claims).toBeLessThanOrEqual(2);
  });

  it("does not make a metric go with the reward", () => {
    const wrong = Array.from({ length: 60 }, (_, w) => {
      const runs = people(`c${w}`).map(({ way, ...run }) => ({ ...run, workflowType: "t", metrics: { way } }));
      return metricCorrelations(runs, { rng: createRng(w), permutations: 99 }).some((c) => c.significant);
    });
    // About one in five where every run weighs the same.
    expect(wrong.filter(Boolean).length).toBeLessThanOrEqual(8);
  });

  it("does not hide a team that is better for everybody", () => {
    const found = Array.from({ length: 20 }, (_, i) =>
      teamOf(`e${i}`, { heavy: 20, users: 25, runs: 20, effect: 0.4 }),
    );
    expect(found.filter((team) => team === "agent 0").length).toBeGreaterThanOrEqual(17);
  });
});

describe("the error of a mean", () => {
  it("is that of a run by itself where nobody has two", () => {
    expect(meanErrors([{ reward: 1, set: 0, group: "a" }], 1)).toBeUndefined();
  });

  it("is that of as many runs as there are people, where each says always the same", () => {
    const rows = Array.from({ length: 400 }, (_, i) => ({ reward: Number(i % 40 < 20), set: 0, group: `${i % 40}` }));
    // 40 people, half of them always content: the variance of a person is 0.25 · 40/39, over 40 people.
    expect(meanErrors(rows, 1)?.[0]).toBeCloseTo((0.25 * 40) / 39 / 40, 3);
  });

  it("is that of independent runs where people do not resemble themselves", () => {
    const rng = createRng("free");
    const rows = Array.from({ length: 2000 }, (_, i) => ({
      reward: rng.next() < 0.5 ? 1 : 0,
      set: i % 2,
      group: `${i % 50}`,
    }));
    expect(meanErrors(rows, 2)?.[0]).toBeGreaterThan(0.25 / 1000 - 2e-5);
    expect(meanErrors(rows, 2)?.[0]).toBeLessThan((1.6 * 0.25) / 1000);
  });
});
