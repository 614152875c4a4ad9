import { describe, expect, it } from "vitest";
import { pathField } from "../../src/core/path-fields.js";
import type { DecisionRow } from "../../src/dataset/index.js";
import { createRng } from "../../src/math/rng.js";
import { silentPaths } from "../../src/worker/silent-paths.js";
import { aDecision } from "../support/facts.js";

const field = pathField("first");

/** Rows of a point after `first`; `chances` by what was chosen there and here. */
function rowsOf(count: number, chances: Record<string, Record<string, number>>, seed: string | number, seldom = 0.1) {
  const rng = createRng(seed);
  const draw = () => (rng.next() < seldom ? "y" : "x");
  return Array.from({ length: count }, (_, i): DecisionRow => {
    const [path, chosen] = [draw(), draw()];
    const reward = Number(rng.next() < (chances[path]?.[chosen] ?? 0));
    const decision = aDecision({ decisionId: `d${i}`, context: { k: i, [field]: path }, chosen });
    return { ...decision, decisionsInRun: 2, reward };
  });
}

const TOGETHER = { x: { x: 0.5, y: 0.3 }, y: { x: 0.3, y: 0.9 } };
const APART = { x: { x: 0.4, y: 0.55 }, y: { x: 0.55, y: 0.7 } };

describe("what other points chose", () => {
  it("tells nothing where each choice is worth what it is by itself, and something where they act together", () => {
    const found = (chances: typeof APART, count: number) =>
      Array.from({ length: 100 }, (_, seed) => silentPaths(rowsOf(count, chances, seed)).length).filter((n) => n === 0);
    expect(found(APART, 300).length).toBeLessThanOrEqual(9);
    expect(found(APART, 2000).length).toBeLessThanOrEqual(9);
    expect(found(TOGETHER, 1000).length).toBeGreaterThanOrEqual(95);
  });

  it("is left in for the few runs that show it, and out where nothing varies or nothing is rated", () => {
    expect(silentPaths(rowsOf(600, TOGETHER, "some", 0.3))).toEqual([]);
    expect(silentPaths(rowsOf(200, TOGETHER, "one way", 0))).toEqual([field]);
    const unrated = rowsOf(600, TOGETHER, "some", 0.3).map(({ reward: _, ...row }) => row);
    expect(silentPaths(unrated)).toEqual([field]);
    expect(silentPaths(rowsOf(600, TOGETHER, "some", 0.3).map((row) => ({ ...row, sequelWeight: 0 })))).toEqual([
      field,
    ]);
  });

  it("is not looked for among a point's own fields", () => {
    expect(silentPaths(rowsOf(50, APART, 1).map((row) => ({ ...row, context: { k: 1 } })))).toEqual([]);
  });
});
