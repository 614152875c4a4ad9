import { describe, expect, it } from "vitest";
import { createRng } from "../../src/math/rng.js";
import {
  analyzeRuns,
  metricCorrelations,
  PatternEngine,
  type PatternReport,
  recommend,
} from "../../src/patterns/index.js";
import { pathRun } from "./support/worlds.js";

const NAMES = ["search", "rank", "fetch", "ann", "bob", "cyd"];

/** Runs of random agents in one order; only ann and bob together matter. */
function noisy(seed: string, count = 400): PatternReport {
  const rng = createRng(seed);
  const engine = new PatternEngine();
  for (let i = 0; i < count; i++) {
    const plan = ["begin", ...NAMES.filter(() => rng.next() < 0.5)];
    const agents = { id: `r${i}`, type: "w", activities: plan };
    engine.update([
      pathRun(`r${i}`, "w", plan, { cases: { nodes: agents, tools: { ...agents, activities: [] }, agents } }),
    ]);
    engine.rate(`r${i}`, (plan.includes("ann") && plan.includes("bob") ? 0.85 : 0.5) + (rng.next() - 0.5) * 0.2);
  }
  return analyzeRuns(engine, { permutations: 199 });
}

describe("what to do next", () => {
  it("names the step that was tested at the place, and no noise that stands before it in a good pattern", () => {
    for (const seed of ["n0", "n1", "n2"]) {
      const report = noisy(seed);
      const next = (path: string[]) =>
        recommend(report, { workflowType: "w", path })
          .map((r) => `${r.kind} ${r.next}`)
          .sort();
      expect(next(["begin"])).toEqual(["prefer ann", "prefer bob"]);
      expect(next(["begin", "rank", "ann"])).toEqual(["prefer bob"]);
      expect(next(["begin", "ann", "bob"])).toEqual([]);
      const [bob] = recommend(report, { path: ["begin", "ann"] });
      expect(bob?.difference).toBeCloseTo(0.35, 1);
      expect(bob?.of).toBeLessThan(250);
    }
  });

  it("leaves longer patterns out where a shorter one says it all", () => {
    const advice = recommend(noisy("n0"), { workflowType: "w" });
    expect(advice[0]?.activities).toEqual(["ann", "bob"]);
    expect(advice.flatMap((a) => a.activities)).not.toContain("cyd");
  });

  it("does not advise the final step that failed runs lack, and marks the pattern", () => {
    const rng = createRng("echo");
    const engine = new PatternEngine();
    for (let i = 0; i < 300; i++) {
      const fails = rng.next() < 0.4;
      const path = ["plan", "work", ...(fails ? [] : ["deliver"])];
      engine.update([pathRun(`r${i}`, "w", path, { succeeded: !fails })]);
      engine.rate(`r${i}`, fails ? 0.1 : 0.8);
    }
    const report = analyzeRuns(engine, { permutations: 199 });
    const marked = report.patterns.filter((p) => p.activities.at(-1) === "deliver");
    expect(marked.length).toBeGreaterThan(0);
    expect(marked.every((p) => p.echoesOutcome)).toBe(true);
    expect(recommend(report, { path: ["plan", "work"] })).toEqual([]);
    expect(recommend(report)).toEqual([]);
  });

  it("does not advise a step in the middle that runs lack because they broke off before, and does where they did not", () => {
    const rng = createRng("broke");
    const [broke, chose] = [new PatternEngine(), new PatternEngine()];
    for (let i = 0; i < 300; i++) {
      const fails = rng.next() < 0.3;
      const whole = ["plan", "work", "review", "deliver"];
      broke.update([pathRun(`r${i}`, "w", fails ? whole.slice(0, 2) : whole, { succeeded: !fails })]);
      // Here the review is left out by choice, and the delivery fails.
      const skipped = fails ? ["plan", "work", "deliver"] : whole;
      chose.update([pathRun(`r${i}`, "w", skipped, { succeeded: !(fails && rng.next() < 0.7) })]);
    }
    const [ended, left] = [analyzeRuns(broke, { permutations: 99 }), analyzeRuns(chose, { permutations: 99 })];
    expect(ended.patterns.filter((p) => p.verdict === "better" && !p.echoesOutcome)).toEqual([]);
    expect(ended.patterns.some((p) => p.echoesOutcome)).toBe(true);
    expect(recommend(ended, { path: ["plan", "work"] })).toEqual([]);
    expect(recommend(left, { path: ["plan", "work"] }).map((r) => `${r.kind} ${r.next}`)).toEqual(["prefer review"]);
  });

  it("marks a last step that only names the outcome", () => {
    const rng = createRng("status");
    const engine = new PatternEngine();
    for (let i = 0; i < 200; i++) {
      const bad = rng.next() < 0.4;
      engine.update([pathRun(`r${i}`, "w", ["work", bad ? "apologise" : "thank"])]);
      engine.rate(`r${i}`, bad ? 0.2 : 0.9);
    }
    const found = analyzeRuns(engine, { permutations: 99 }).patterns.filter((p) => p.verdict !== "none");
    expect(found.filter((p) => p.verdict !== "untested").length).toBeGreaterThan(1);
    expect(found.filter((p) => p.verdict !== "untested").every((p) => p.echoesOutcome)).toBe(true);
  });

  it("tells what only breaking off explains from what holds among finished runs as well", () => {
    const rng = createRng("metrics");
    const runs = Array.from({ length: 300 }, () => {
      const finished = rng.next() < 0.6;
      const [nodes, tokens] = [finished ? 6 + rng.int(3) : 2 + rng.int(3), rng.next()];
      return { workflowType: "w", finished, metrics: { nodes, tokens }, reward: finished ? 0.9 - 0.3 * tokens : 0.1 };
    });
    const found = metricCorrelations(runs, { permutations: 99, rng: createRng(1) });
    const of = (name: string) => found.find((c) => c.metric === name);
    expect(of("nodes")).toMatchObject({ significant: true, echoesOutcome: true });
    expect(of("tokens")).toMatchObject({ significant: true });
    expect(of("tokens")?.echoesOutcome).toBeUndefined();
  });

  it("does not test agents again where every node is its own agent", () => {
    expect(new Set(noisy("a", 60).minSupport.map((s) => s.unit))).toEqual(new Set(["nodes"]));
  });

  it("says nothing of a path by reports that did not test steps", () => {
    const { nextSteps: _, ...old } = noisy("a", 60);
    expect(recommend(old, { path: ["begin"] })).toEqual([]);
  });
});
