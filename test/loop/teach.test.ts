import { expect, it } from "vitest";
import { type DecisionRow, fitEncoder } from "../../src/dataset/index.js";
import { createPolicy, type PolicyRow } from "../../src/policies/index.js";
import { teach } from "../../src/worker/teach.js";

const row = (i: number, more: Partial<DecisionRow> = {}): DecisionRow => ({
  decisionId: `d${i}`,
  workflowId: `w${i}`,
  decisionPoint: "p",
  at: "2026-01-01T00:00:00.000Z",
  index: 0,
  decisionsInRun: 1,
  context: { length: i },
  candidates: ["a", "b"],
  chosen: "a",
  source: "policy",
  mode: "act",
  ...more,
});

it("teaches measured rows first, whole, then mixed ones at their weights, and can be stopped", () => {
  const context = fitEncoder([{ length: 0 }, { length: 1 }, { length: 2 }]);
  const policy = createPolicy({ kind: "auto", dim: context.dim });
  const learned: PolicyRow[] = [];
  const spied = Object.assign(Object.create(policy) as typeof policy, {
    learn: (rows: readonly PolicyRow[]) => learned.push(...rows),
  });
  const mixed = [{ row: row(0, { reward: 0.4, rewardSource: "mixed" }), weight: 0.2 }];
  const gone = row(2, { reward: 1, chosen: "no longer a candidate" });
  const measured = [row(1, { reward: 1 }), gone];
  expect(teach(spied, measured, mixed, { context })).toBe(1);
  expect(learned.map(({ reward, weight }) => [reward, weight])).toEqual([
    [1, undefined],
    [0.4, 0.2],
  ]);
  const stop = () => {
    throw new Error("stopped");
  };
  expect(() => teach(spied, measured, mixed, { context }, stop)).toThrow("stopped");
  expect(learned).toHaveLength(2);
});
