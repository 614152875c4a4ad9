import { describe, expect, it } from "vitest";
import type { DecisionRow } from "../../src/dataset/index.js";
import { gateSettingsSchema } from "../../src/evaluation/gate-settings.js";
import { ceilingOf, decideThrift, thriftOf } from "../../src/evaluation/point/objective.js";
import type { Prove } from "../../src/policies/index.js";
import { judgeRouting } from "../../src/worker/jobs/judge-routing.js";
import { trainRouting } from "../../src/worker/jobs/train-routing.js";
import { seeded } from "./worlds.js";

/**
 * Three models behind a router that takes the large one. The small one is as good on easy questions and fails hard
 * ones; the middle one is nearly as good on all. Costs 0.02, 0.01 and 0.002 dollars.
 */
function logs(seed: string, n: number, flat?: number[]): DecisionRow[] {
  const rng = seeded(seed);
  const names = ["large", "middle", "small"];
  return Array.from({ length: n }, (_, i) => {
    const hard = rng.next() < 0.4;
    const chosen = rng.next() < 0.4 ? rng.int(3) : 0;
    const rates = flat ?? (hard ? [0.8, 0.79, 0.2] : [0.8, 0.79, 0.8]);
    const at = new Date(Date.UTC(2026, 0, 1) + i * 60_000).toISOString();
    return {
      ...{ decisionId: `d${i}`, workflowId: `w${i}`, decisionPoint: "m", at, index: 0, decisionsInRun: 1 },
      context: { hard: hard ? "yes" : "no" },
      candidates: names,
      chosen: names[chosen],
      probabilities: [0.6 + 0.4 / 3, 0.4 / 3, 0.4 / 3],
      propensity: chosen === 0 ? 0.6 + 0.4 / 3 : 0.4 / 3,
      fallbackChoice: "large",
      source: chosen === 0 ? "fallback" : "exploration",
      mode: "shadow",
      reward: Number(rng.next() < rates[chosen]),
      ratedAt: at,
      ratedBy: "measured",
      costUsd: [0.02, 0.01, 0.002][chosen] * (0.5 + rng.next()),
    };
  });
}

const rows = { reward: {} };
function learned(seed: string, n: number, prove: Prove, flat?: number[]) {
  return learnedFrom(logs(seed, n, flat), prove);
}

function learnedFrom(logged: DecisionRow[], prove: Prove) {
  const shared = new Map<string, unknown>([
    ["rows", { revision: 0, options: JSON.stringify(rows), rows: new Map([["m", logged]]) }],
  ]);
  const state = { revision: 0, shared } as never;
  const context = { state, progress: () => {}, cancelled: () => false } as never;
  const base = { decisionPoint: "m", rows };
  const learn = { prove, policy: { kind: "squarecb" } };
  const challengers = trainRouting.run({ ...base, learn, seed: 1, trainShare: 0.5, minSamples: 10 }, context) as never;
  return judgeRouting.run(
    {
      ...base,
      challengers,
      prove,
      exploration: 0.05,
      gate: gateSettingsSchema.parse({}),
      now: "2027-01-01T00:00:00.000Z",
    },
    context,
  ) as { recommended: string; reason: string; figures: { thrift?: { value: number }; reward?: { value: number } } };
}

describe("same quality, cheaper", () => {
  it("promotes a policy that saves where nothing is lost by it", () => {
    const { recommended, reason, figures } = learned("a", 8000, { better: "cost", notWorse: { reward: 0.05 } });
    expect(reason).toMatch(/^cost: gain \+.*; reward: gain /);
    expect(recommended).toBe("promote");
    expect(figures.thrift?.value).toBeGreaterThan(0.1);
    expect(figures.reward?.value).toBeGreaterThan(-0.05);
  });

  it("proves nothing where every saving costs reward", () => {
    const { recommended, figures } = learned(
      "b",
      3000,
      { better: "cost", notWorse: { reward: 0.02 } },
      [0.8, 0.6, 0.4],
    );
    const harmless = Math.abs(figures.thrift?.value ?? 0) < 0.05 && Math.abs(figures.reward?.value ?? 0) < 0.02;
    expect(recommended === "none" || harmless).toBe(true);
  });

  it("proves nothing by a destination whose cost is known of its cheap runs only", () => {
    // What the middle one costs is reported of one run in three, its cheapest; the others are dearer than the large one.
    const reported = logs("d", 6000, [0.8, 0.8, 0.8]).map(({ costUsd = 0, ...row }) => {
      if (row.chosen !== "middle") return { ...row, costUsd: 0.02 };
      return { ...row, ...(costUsd < 0.008 && { costUsd: 0.002 }) };
    });
    const { recommended, reason } = learnedFrom(reported, { better: "cost", notWorse: { reward: 0.05 } });
    expect(reason).toMatch(/the cost is not known alike \(100 % of \d+ for large, \d+ % of \d+ for middle; chance/);
    expect(recommended).toBe("none");
  });

  it("is stopped by a segment in which the reward is worse beyond doubt, however much is saved on the whole", () => {
    const rng = seeded("segments");
    const reward = Array.from({ length: 4000 }, (_, i) => {
      const chosen = rng.next() < 0.5 ? 1 : 0;
      const rare = i % 5 === 0;
      const rate = chosen === 0 ? 0.6 : rare ? 0.3 : 0.68;
      const base = { logging: [0.5, 0.5], target: [0, 1], baseline: [1, 0], run: `r${i}` };
      return { ...base, chosen, reward: Number(rng.next() < rate) };
    });
    const thrift = reward.map((row) => ({ ...row, reward: row.chosen === 1 ? 0.8 : 0.4 }));
    const segments = reward.map((_, i) => (i % 5 === 0 ? "rare" : "common"));
    const base = { thrift, reward, challenger: "c", riskLevel: 0.05, minimumEffect: 0 };
    const prove = { better: "cost" as const, notWorse: { reward: 0.05, by: "kind" } };
    expect(decideThrift({ ...base, prove }).action).toBe("promote");
    const stopped = decideThrift({ ...base, prove, segments });
    expect(stopped).toMatchObject({ action: "keep", worseIn: "rare" });
    expect(stopped.reason).toMatch(/worse for kind rare$/);
  });

  it("measures what is left of a ceiling that the rows of the training set", () => {
    const some = logs("c", 200);
    const ceiling = ceilingOf(some, "cost") as number;
    expect(ceiling).toBeGreaterThan(0.04);
    expect(ceiling).toBeLessThan(0.06);
    expect(thriftOf({ ...some[0], costUsd: ceiling / 4 }, "cost", ceiling)).toBeCloseTo(0.75);
    expect(thriftOf({ ...some[0], costUsd: 9 }, "cost", ceiling)).toBe(0);
    expect(ceilingOf(some, "latency")).toBeUndefined();
  });
});
