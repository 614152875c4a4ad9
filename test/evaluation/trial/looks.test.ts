import { describe, expect, it } from "vitest";
import { type DecisionRow, fitEncoder } from "../../../src/dataset/index.js";
import { openCapital, openTrial } from "../../../src/evaluation/index.js";
import { type ServablePolicy, servable } from "../../../src/evaluation/point/judged-rows.js";
import { beginTrial, lookAtTrial, type TrialScene } from "../../../src/evaluation/point/trial-stage.js";
import { createPolicy } from "../../../src/policies/index.js";
import { aRow, minute } from "../../support/rows.js";
import { seeded } from "../worlds.js";

const SHARE = 0.5;

/** Version v1 prefers b, and believes what it is told of both. */
function tried(): ServablePolicy {
  const encoder = fitEncoder([{ topic: "x" }, { topic: "y" }]);
  const policy = createPolicy({ kind: "epsilon-greedy", epsilon: 0, dim: encoder.dim });
  const context = encoder.encode({ topic: "x" });
  policy.learn([
    { context, candidates: ["a", "b"], chosen: 0, reward: 0.5 },
    { context, candidates: ["a", "b"], chosen: 1, reward: 0.6 },
  ]);
  return servable({
    decisionPoint: "p",
    encoder: encoder.snapshot(),
    policy: policy.snapshot(),
    candidates: ["a", "b"],
  });
}

/** A decision of minute `n` while v1 is on trial beside the fallback's a. */
function row(n: number, isB: boolean, change: Partial<DecisionRow> = {}): DecisionRow {
  return aRow(n, {
    decisionId: `d${String(n).padStart(5, "0")}`,
    chosen: isB ? "b" : "a",
    propensity: SHARE,
    probabilities: [1 - SHARE, SHARE],
    fallbackChoice: "a",
    source: isB ? "policy" : "fallback",
    mode: "trial",
    trial: {
      ...{ version: "v1", share: SHARE, uniform: 0 },
      ...{ arm: isB ? "challenger" : "serving", serving: "a", challenger: "b" },
    },
    ...change,
  });
}

const look = (rows: readonly DecisionRow[], now: string, trial = openTrial(START)) => {
  const scene: TrialScene = {
    ...{ rows, now, exploration: 1, rewardKey: "r" },
    gate: { riskLevel: 0.05, minimumEffect: 0, trainShare: 0.6, cluster: "run" },
  };
  return lookAtTrial(scene, tried(), { schemaVersion: 1, trial, capital: openCapital(0.05), rewardKey: "r" });
};
const START = { version: "v1", startedAt: minute(0), stake: 0.7, unit: "decision" as const, windowMs: 3_600_000 };

describe("the budget of a trial", () => {
  it("lets as many people be tried as runs, however many decisions each of them makes", () => {
    const budgetOf = (cluster: "run" | "user", perUser: number) => {
      const rows = Array.from({ length: 1200 }, (_, n) => row(n, false, { userId: `u${Math.floor(n / perUser)}` }));
      const gate = { riskLevel: 0.05, minimumEffect: 0, trainShare: 0.6, cluster };
      const scene: TrialScene = { rows, now: minute(1300), exploration: 0.1, rewardKey: "r", gate };
      return beginTrial(scene, tried(), undefined, { schemaVersion: 1 })?.trial.budget ?? 0;
    };
    expect(budgetOf("run", 20)).toBeGreaterThan(100);
    expect(budgetOf("user", 1)).toBe(budgetOf("run", 20));
    expect(budgetOf("user", 20)).toBe(20 * budgetOf("run", 20));
  });
});

describe("a look at a trial", () => {
  it("weighs by who was asked also where people are asked only since it began", () => {
    // b delights half of the people and fails the other half; who is expected to be happy is asked most of the time.
    const rng = seeded("asked");
    const rows = Array.from({ length: 3000 }, (_, n) => {
      const isB = rng.next() < SHARE;
      const isHappy = isB && rng.next() < 0.5;
      const probability = isHappy ? 0.9 : 0.25;
      const reward = isB ? Number(isHappy) : Number(rng.next() < 0.6);
      if (rng.next() >= probability) return row(n, isB);
      return row(n, isB, { reward, ratedAt: minute(n), ratedBy: "asked", ratedProbability: probability });
    });
    const { verdict } = look(rows, minute(4000));
    expect(verdict.action).not.toBe("promote");
    expect(verdict.gain).toBeLessThan(0);
    const asked = openTrial({ ...START, mostWeight: 20 });
    expect(look(rows, minute(4000), asked).verdict).toEqual(verdict);
  });

  it("ends it where the clock was set back to before what is settled", () => {
    const rated = (n: number) => row(n, n % 2 === 0, { reward: 1, ratedAt: minute(n) });
    const rows = [rated(1), rated(2), rated(600)];
    const { settled } = look(rows, minute(601));
    expect(look(rows, minute(590), settled).verdict.action).toBe("go-on");
    expect(look(rows, minute(10), settled).verdict).toMatchObject({
      action: "stop",
      reason: expect.stringContaining("the clock was set back"),
    });
  });
});
