import { describe, expect, it } from "vitest";
import type { DecisionRow } from "../../src/dataset/index.js";
import { ExperimentRun, type Outcome, outcomesOf, parseDefinition } from "../../src/evaluation/experiment/index.js";
import { judgeRows } from "../../src/evaluation/experiment/judge.js";
import { seeded } from "./worlds.js";

const probabilities = { v1: 0.5, v2: 0.5 };
const define = (more: Partial<Parameters<typeof parseDefinition>[0]> = {}) =>
  parseDefinition({ promptId: "p", variants: ["v1", "v2"], guardrails: [], maxOutcomes: 4000, ...more });

/** An experiment whose units are drawn evenly until there is a verdict, or the most units came. */
function life(seed: string, of: (variant: string, next: () => number) => Partial<Outcome>, more = {}, mostWeight = 1) {
  const rng = seeded(seed);
  const run = new ExperimentRun(define(more), mostWeight);
  for (let i = 0; i < 4000 && !run.decided; i++) {
    const variant = rng.next() < 0.5 ? "v1" : "v2";
    run.add({ variant, probabilities, stratum: "", ...of(variant, () => rng.next()) });
  }
  return run.report();
}
const winners = (worlds: number, of: (i: number) => { winner?: string }) =>
  Array.from({ length: worlds }, (_, i) => of(i).winner).filter((w) => w !== undefined);

describe("silence of a version's unhappy users", () => {
  it("does not make it win: it is truly worse, and all that is heard of it is praise", () => {
    const silent = (i: number) =>
      life(`s${i}`, (variant, next) => {
        const happy = next() < (variant === "v1" ? 0.65 : 0.55);
        return variant === "v2" && !happy ? {} : { reward: Number(happy) };
      });
    expect(winners(30, silent).filter((w) => w === "v2")).toEqual([]);
    expect(silent(1).text).toMatch(/not answered alike \(.* for v1, .* for v2\): silence counts as unhappy/);
  });

  it("that all versions share costs no winner", () => {
    const shy = (i: number) =>
      life(`b${i}`, (variant, next) => {
        const happy = next() < (variant === "v2" ? 0.75 : 0.5);
        return next() < 0.4 ? { reward: Number(happy) } : {};
      });
    expect(winners(10, shy).filter((w) => w === "v2").length).toBeGreaterThanOrEqual(9);
  });
});

describe("units that were asked with different probabilities", () => {
  it("count for all they stand for", () => {
    const asked = (i: number) =>
      life(
        `a${i}`,
        (variant, next) => {
          const reward = variant === "v1" ? 0.7 : Number(next() < 0.4);
          const probability = reward === 0 ? 0.05 : 1;
          // Who was not asked is no unit at all here: its outcome has the weight of nobody.
          return next() < probability ? { reward, weight: 1 / probability } : { reward: 0.5, weight: 0 };
        },
        {},
        20,
      );
    expect(winners(10, asked).filter((w) => w === "v2")).toEqual([]);
  });
});

describe("same quality, cheaper", () => {
  const prove = { better: "cost" as const, notWorse: { reward: 0.05 } };
  const costs = (quality: number) => (i: number) =>
    life(
      `c${i}/${quality}`,
      (variant, next) => ({
        reward: Number(next() < (variant === "v1" ? 0.8 : quality)),
        costUsd: (variant === "v1" ? 0.02 : 0.012) * (0.5 + next()),
      }),
      { prove },
    );

  it("wins by what it costs where the reward is as good", () => {
    expect(winners(6, costs(0.82)).filter((w) => w === "v2").length).toBeGreaterThanOrEqual(5);
  });

  it("does not win where the reward suffers, however cheap it is", () => {
    expect(winners(20, costs(0.74)).filter((w) => w === "v2").length).toBeLessThanOrEqual(2);
  });

  it("does not win by what is known of its cheap runs only", () => {
    // v2 is dearer, and reports its usage for short answers alone.
    const hidden = (i: number) =>
      life(
        `k${i}`,
        (variant, next) => {
          const costUsd = (variant === "v1" ? 0.02 : 0.03) * (0.2 + 1.6 * next());
          return { reward: Number(next() < 0.8), ...((variant === "v1" || costUsd < 0.015) && { costUsd }) };
        },
        { prove },
      );
    expect(winners(10, hidden)).toEqual([]);
    expect(hidden(1).text).toMatch(/the cost is not known alike \(100 % of \d+ for v1, \d+ % of \d+ for v2; chance/);
  });

  it("needs to be told how much worse the reward may be", () => {
    expect(() => define({ prove: { better: "cost" } })).toThrow(/EXPERIMENT_INVALID.*notWorse/);
    expect(() => define({ prove: { better: "reward", notWorse: { reward: 0.02 } } })).toThrow(/notWorse/);
  });
});

describe("guardrails by segment", () => {
  it("throw out a version that is better on the whole and ruins one segment", () => {
    const guardrails = [{ metric: "reward" as const, margin: 0.05, by: "language" }];
    const report = life(
      "g",
      (variant, next) => {
        const language = next() < 0.2 ? "de" : "en";
        const good = variant === "v1" ? 0.6 : language === "de" ? 0.1 : 0.68;
        return { reward: Number(next() < good), segments: { language } };
      },
      { guardrails },
    );
    expect(report.variants[1]?.out).toEqual({ reason: "guardrail", by: "reward for language de" });
  });
});

describe("the outcomes of an experiment", () => {
  const at = (minutes: number) => new Date(Date.UTC(2026, 0, 1) + minutes * 60_000).toISOString();
  const row = (i: number, more: Partial<DecisionRow> = {}): DecisionRow => ({
    decisionId: `d${String(i).padStart(3, "0")}`,
    workflowId: `w${i}`,
    decisionPoint: "prompt/p",
    at: at(i),
    index: 0,
    decisionsInRun: 1,
    context: { "prompt.unit": `u${i}`, "prompt.experiment": "p#1", "prompt.stratum": "" },
    candidates: ["v1", "v2"],
    chosen: i % 2 ? "v1" : "v2",
    probabilities: [0.5, 0.5],
    source: "exploration",
    mode: "act",
    ...more,
  });
  const rated = (i: number, minutes = 5) => row(i, { reward: 1, ratedAt: at(i + minutes), ratedBy: "measured" });
  const experiment = { key: "p#1", definition: define() };

  it("come in the order of units: the quick do not go before the silent, who are waited for", () => {
    const rows = [...Array.from({ length: 20 }, (_, i) => rated(i)), row(20), rated(21)];
    const soon = outcomesOf(rows, experiment, at(40));
    expect([soon.outcomes.length, soon.windowMs]).toEqual([20, 3_600_000]);
    const later = outcomesOf(rows, experiment, at(100));
    expect(later.outcomes.slice(20).map((o) => o.reward)).toEqual([undefined, 1]);
  });

  it("leave out who was not asked, and who rated unasked, where people are asked", () => {
    const rows = [
      ...Array.from({ length: 12 }, (_, i) => ({ ...rated(i), ratedBy: "asked" as const, ratedProbability: 0.5 })),
      row(12),
      row(13),
      { ...rated(14), ratedBy: "unasked" as const },
    ];
    const requests = [{ workflowId: "w13", probability: 0.25 }];
    const { outcomes, mostWeight } = outcomesOf(rows, experiment, at(500), requests);
    expect(outcomes.map((o) => o.weight)).toEqual([...Array(12).fill(2), 4]);
    expect(outcomes.at(-1)?.reward).toBeUndefined();
    expect(mostWeight).toBe(20);
  });

  it("are facts once taken in: revised ratings change nothing of them", () => {
    const rows = Array.from({ length: 40 }, (_, i) => rated(i));
    const first = judgeRows(rows.slice(0, 30), experiment, { now: at(60), seed: 1 });
    const revised = rows.map((r, i) => (i < 30 ? { ...r, reward: 0 } : r));
    const settled = JSON.parse(JSON.stringify(first.settled));
    const second = judgeRows(revised, { ...experiment, windowMs: first.windowMs, settled }, { now: at(80), seed: 1 });
    const straight = judgeRows(rows, experiment, { now: at(80), seed: 1 });
    expect(second.report).toEqual(straight.report);
    expect(second.report.outcomes).toBe(40);
  });

  it("count a unit once, also when its first runs are held no more", () => {
    const again = Array.from({ length: 20 }, (_, i) => ({
      ...rated(100 + i),
      context: { ...row(i).context },
    }));
    const rows = [...Array.from({ length: 40 }, (_, i) => rated(i)), ...again];
    const first = judgeRows(rows.slice(0, 40), experiment, { now: at(60), seed: 1 });
    const known = { ...experiment, windowMs: first.windowMs, settled: JSON.parse(JSON.stringify(first.settled)) };
    const whole = judgeRows(rows, known, { now: at(200), seed: 1 });
    const left = judgeRows(rows.slice(30), known, { now: at(200), seed: 1 });
    expect(whole.report.outcomes).toBe(40);
    expect(left.report).toEqual(whole.report);
  });

  it("go on beside a run from a clock that runs ahead, and after the clock was set back", () => {
    const rows = [...Array.from({ length: 30 }, (_, i) => rated(i)), rated(500_000)];
    const later = [...rows, ...Array.from({ length: 20 }, (_, i) => rated(100 + i))];
    const goOn = (from: ReturnType<typeof judgeRows>, now: number) =>
      judgeRows(later, { ...experiment, windowMs: from.windowMs, settled: from.settled }, { now: at(now), seed: 1 });
    const first = judgeRows(rows, experiment, { now: at(60), seed: 1 });
    expect(first.report.outcomes).toBe(30);
    expect(goOn(first, 200).report.outcomes).toBe(50);
    // The learner's own clock was ahead, at one look.
    const wrong = judgeRows(rows, experiment, { now: at(500_010), seed: 1 });
    expect(wrong.report.outcomes).toBe(31);
    expect(goOn(goOn(wrong, 90), 200).report.outcomes).toBe(51);
  });
});
