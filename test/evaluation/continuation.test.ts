import { describe, expect, it } from "vitest";
import { type ContinuationRequest, decideContinuation } from "../../src/evaluation/index.js";
import { riskShare } from "../../src/evaluation/spending.js";
import { seeded } from "./worlds.js";

const distances = (share: number, n: number) => {
  const rng = seeded(`${share}/${n}`);
  return Array.from({ length: n }, () => (rng.next() < share ? 1 : 0));
};
const ask = (more: Partial<ContinuationRequest>) =>
  decideContinuation({ anchorLowerBound: 0.1, distances: distances(0.02, 2000), challenger: "c", ...more });

describe("continuation of a champion", () => {
  it("is admitted while the proof has room for all it does differently", () => {
    const verdict = ask({});
    expect(verdict.action).toBe("admit");
    expect(verdict.distanceUpperBound).toBeGreaterThan(verdict.distance);
    expect(verdict.lowerBound).toBeCloseTo(0.1 - verdict.distanceUpperBound, 12);
    expect(verdict.reason).toMatch(/differs from the proven version on \d\.\d % of 2000 runs.*remains/);
  });

  it.each<[string, Partial<ContinuationRequest>]>([
    ["it differs too much", { distances: distances(0.2, 2000) }],
    ["too few decisions show how much it differs", { distances: distances(0.02, 20) }],
    ["there are no decisions at all", { distances: [] }],
    ["nothing is proven of the anchor", { anchorLowerBound: 0 }],
    ["too little would remain", { minimumEffect: 0.09 }],
  ])("is refused when %s", (_why, more) => {
    expect(ask(more).action).toBe("keep");
  });

  it("bounds the distance from above as often as it says, and spends its own account", () => {
    let below = 0;
    for (let s = 0; s < 100; s++) {
      const rng = seeded(s);
      const drawn = Array.from({ length: 300 }, () => (rng.next() < 0.05 ? 1 : 0));
      if (ask({ distances: drawn }).distanceUpperBound < 0.05) below++;
    }
    expect(below).toBeLessThanOrEqual(6);
    const second = ask({ spending: ask({}).spending });
    expect([second.spending.judgements, second.risk]).toEqual([2, riskShare(0.05, 2)]);
  });

  it.each<[string, Partial<ContinuationRequest>, RegExp]>([
    ["an impossible bound", { anchorLowerBound: 2 }, /anchorLowerBound 2/],
    ["a distance above one", { distances: [0, 1.5] }, /distances 1.5.*\[0,1\]/],
    ["a NaN distance", { distances: [Number.NaN] }, /distances NaN/],
    ["a foreign account", { spending: {} as never }, /spending state/],
  ])("refuses %s", (_what, more, message) => {
    expect(() => ask(more)).toThrow(message);
  });
});
