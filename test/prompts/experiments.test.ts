import { describe, expect, it } from "vitest";
import { createRng } from "../../src/math/rng.js";
import {
  allocate,
  balance,
  bet,
  ExperimentRun,
  evidenceOf,
  minimumDetectableEffect,
  type Outcome,
  openEvidence,
  parseDefinition,
  plannedOutcomes,
  trackAndStopWeights,
} from "../../src/prompts/index.js";
import { simulate } from "./support/simulate.js";

describe("evidence", () => {
  it.each([
    [0, 0.5, 0.5],
    [0, 0.3, 0.5],
    [-0.1, 0.4, 0.5],
    [0.1, 0.6, 0.5],
  ])("against a false claim (margin %s, means %s and %s) is worth at most 1 on average", (margin, a, b) => {
    const rng = createRng(`${margin}${a}`);
    let sum = 0;
    const worlds = 4000;
    for (let w = 0; w < worlds; w++) {
      const state = openEvidence(margin);
      for (let t = 0; t < 20; t++) {
        const isA = rng.next() < 0.3;
        bet(state, isA, 0.3, rng.next() < (isA ? a : b) ? 1 : 0);
      }
      sum += evidenceOf(state);
    }
    expect(sum / worlds).toBeLessThan(1.15);
  });

  it("grows with a true difference, faster when outcomes vary little", () => {
    const outcomesUntil = (spread: number) => {
      const rng = createRng(3);
      const state = openEvidence(0);
      for (let t = 1; ; t++) {
        const isA = t % 2 === 0;
        bet(state, isA, 0.5, Math.min(1, Math.max(0, (isA ? 0.6 : 0.5) + spread * rng.normal())));
        if (evidenceOf(state) > 40) return t;
      }
    };
    expect(outcomesUntil(0.1)).toBeLessThan(outcomesUntil(0.4) / 2);
  });
});

describe("experiments", () => {
  it("without a difference rarely have a winner, whatever the allocation", () => {
    for (const allocation of ["fixed", "thompson", "track-and-stop"] as const) {
      let winners = 0;
      for (let i = 0; i < 60; i++)
        if (simulate([0.5, 0.5], { allocation, maxOutcomes: 400 }, createRng(`${allocation}${i}`)).verdict === "winner")
          winners++;
      expect(winners, allocation).toBeLessThanOrEqual(6);
    }
  });

  it("find the better of two, the best of four, and say so", () => {
    const two = Array.from({ length: 20 }, (_, i) => simulate([0.4, 0.65], {}, createRng(i)));
    expect(two.filter((r) => r.winner === "v2").length).toBeGreaterThanOrEqual(19);
    const four = simulate([0.4, 0.3, 0.7, 0.45], {}, createRng("four"));
    expect(four).toMatchObject({ verdict: "winner", winner: "v3" });
    expect(four.text).toMatch(/^winner: v3 after \d+ outcomes/);
    expect(four.variants.filter((v) => v.out).map((v) => v.out?.reason)).toEqual(["beaten", "beaten", "beaten"]);
  });

  it("say when there is no difference larger than x, and when there is not enough data", () => {
    const same = simulate([0.5, 0.5], { minimumEffect: 0.2 }, createRng("same"));
    expect(same.text).toMatch(/^no difference larger than 0.2 between v1, v2 after \d+ outcomes$/);
    expect(same.outcomes).toBeLessThan(2000);
    const short = simulate([0.5, 0.52], { maxOutcomes: 50 }, createRng("short"));
    expect(short).toMatchObject({
      verdict: "not-enough-data",
      outcomes: 50,
      text: "not enough data: 50 of at most 50 outcomes",
    });
  });

  it("do not say no difference where there is one", () => {
    let wrong = 0;
    for (let i = 0; i < 40; i++)
      if (
        simulate([0.5, 0.6], { minimumEffect: 0.1, maxOutcomes: 3000 }, createRng(`d${i}`)).verdict === "no-difference"
      )
        wrong++;
    expect(wrong).toBeLessThanOrEqual(4);
  });

  it("drop a variant that breaks a guardrail although it earns more", () => {
    const definition = parseDefinition({
      promptId: "p",
      variants: ["v1", "v2"],
      guardrails: [{ metric: "latencyMs", limit: 1000, margin: 0.05 }],
    });
    const run = new ExperimentRun(definition);
    const rng = createRng(4);
    while (!run.decided) {
      const variant = rng.next() < 0.5 ? "v1" : "v2";
      run.add({
        variant,
        probabilities: { v1: 0.5, v2: 0.5 },
        reward: rng.next() < (variant === "v2" ? 0.55 : 0.5) ? 1 : 0,
        stratum: "",
        latencyMs: variant === "v2" && rng.next() < 0.6 ? 5000 : 100,
      });
    }
    const report = run.report();
    expect(report.variants[1]?.out).toEqual({ reason: "guardrail", by: "latencyMs" });
    expect(report).toMatchObject({ verdict: "winner", winner: "v1" });
  });

  it("report strata, ignore unknown versions and whatever comes after the verdict", () => {
    const run = new ExperimentRun(parseDefinition({ promptId: "p", variants: ["v1", "v2"], maxOutcomes: 3 }));
    const outcome = (variant: string, stratum: string, reward: number): Outcome => ({
      variant,
      stratum,
      reward,
      probabilities: { v1: 0.5, v2: 0.5 },
    });
    run.add(outcome("v9", "de", 1));
    run.add(outcome("v1", "de", 1));
    run.add(outcome("v2", "en", 0));
    run.add(outcome("v1", "de", 0));
    run.add(outcome("v1", "de", 0));
    expect(run.report().strata).toEqual([
      { stratum: "de", version: "v1", outcomes: 2, mean: 0.5 },
      { stratum: "en", version: "v2", outcomes: 1, mean: 0 },
    ]);
    expect(run.report().outcomes).toBe(3);
  });

  it.each([
    [{ variants: ["a"] }, /variants/],
    [{ variants: ["a", "a"] }, /each version once/],
    [{ variants: ["a", "b"], allocation: "fixed", shares: [1] }, /one share per variant/],
    [{ variants: ["a", "b"], allocation: "thompson", shares: [1, 1] }, /allocation "fixed"/],
    [{ variants: ["a", "b"], guardrails: [{ metric: "costUsd" }] }, /a limit for latencyMs/],
    [{ variants: ["a", "b"], alpha: 0.9 }, /alpha/],
  ])("refuse %j", (options, message) => {
    expect(() => parseDefinition({ promptId: "p", ...options } as never)).toThrow(message);
    expect(() => parseDefinition({ promptId: "p", ...options } as never)).toThrow(/EXPERIMENT_INVALID/);
  });

  it("names the option that a misspelt one is nearest to", () => {
    const misspelt = { promptId: "p", variants: ["a", "b"], allocations: "fixed" };
    expect(() => parseDefinition(misspelt as never)).toThrow('Did you mean "allocation"?');
  });
});

describe("allocation", () => {
  it("tracks the proportions of the paper's example", () => {
    const weights = trackAndStopWeights([0.3, 0.21, 0.2, 0.19, 0.18]);
    // Garivier and Kaufmann (2016), section 6: w* = (0.336, 0.251, 0.177, 0.132, 0.104).
    for (const [i, w] of [0.336, 0.251, 0.177, 0.132, 0.104].entries()) expect(weights[i]).toBeCloseTo(w, 3);
    expect(trackAndStopWeights([0.2, 0.7, 0.7])).toEqual([0, 0.5, 0.5]);
    expect(trackAndStopWeights([0.5, 0.6]).reduce((s, w) => s + w, 0)).toBeCloseTo(1);
  });

  it("by Thompson follows the better variant and keeps the floor", () => {
    const definition = parseDefinition({ promptId: "p", variants: ["v1", "v2"], allocation: "thompson", floor: 0.1 });
    const run = new ExperimentRun(definition);
    for (let i = 0; i < 24; i++)
      run.add({
        variant: i % 2 ? "v1" : "v2",
        probabilities: { v1: 0.5, v2: 0.5 },
        reward: i % 4 === 1 || i % 8 === 3 || i % 8 === 0 ? 1 : 0,
        stratum: "",
      });
    const shares = allocate(definition, run, createRng(1));
    expect(run.remaining).toEqual(["v1", "v2"]);
    expect(shares.v1).toBeGreaterThan(0.9);
    expect(shares.v2).toBeGreaterThanOrEqual(0.05);
    expect(shares.v1 + shares.v2).toBeCloseTo(1);
  });

  it("by fixed shares keeps them, and balances within a stratum", () => {
    const definition = parseDefinition({ promptId: "p", variants: ["v1", "v2"], shares: [3, 1] });
    expect(allocate(definition, new ExperimentRun(definition), createRng(1))).toEqual({ v1: 0.75, v2: 0.25 });
    expect(balance({ v1: 0.5, v2: 0.5 }, {})).toEqual({ v1: 0.5, v2: 0.5 });
    const tilted = balance({ v1: 0.5, v2: 0.5 }, { v1: 8, v2: 2 });
    expect(tilted.v2).toBeCloseTo(1.25 / 2);
  });
});

describe("planning", () => {
  it("gives outcomes that find the planned difference with the stated power", () => {
    const perVariant = plannedOutcomes(0.2, { baseline: 0.5 });
    let found = 0;
    for (let i = 0; i < 100; i++)
      if (simulate([0.5, 0.7], { maxOutcomes: 2 * perVariant }, createRng(`p${i}`)).winner === "v2") found++;
    expect(found).toBeGreaterThanOrEqual(75);
    expect(found).toBeLessThanOrEqual(98);
  });

  it("has the smallest detectable effect as its inverse, and refuses nonsense", () => {
    const request = { baseline: 0.6, variants: 3, power: 0.9 };
    expect(plannedOutcomes(minimumDetectableEffect(2000, request), request)).toBeCloseTo(2000, -1);
    expect(() => plannedOutcomes(0, request)).toThrow(/EXPERIMENT_INVALID/);
    expect(() => plannedOutcomes(0.1, { ...request, alpha: 0 })).toThrow(/alpha in \(0,0.5\)/);
    expect(minimumDetectableEffect(1, request)).toBe(1);
    expect(() => minimumDetectableEffect(Number.NaN, request)).toThrow(/NaN outcomes per variant/);
    expect(() => plannedOutcomes(0.1, { baseline: 0.5, power: 0.7 })).toThrow(/power 0.5, 0.8, 0.9 or 0.95/);
  });
});
