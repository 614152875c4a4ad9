import { describe, expect, it } from "vitest";
import { createRng } from "../../src/math/rng.js";
import { createPolicy, type PolicyRow } from "../../src/policies/index.js";
import { placeboOf, priorWeight, taughtBy } from "../../src/policies/prior-weight.js";

const make = () => createPolicy({ kind: "squarecb", dim: 2, seed: 1 });

/** Rows of a world in which the first choice pays for one sign of the context, the second for the other. */
function rowsOf(seed: string, count: number, sign: 1 | -1): PolicyRow[] {
  const rng = createRng(seed);
  return Array.from({ length: count }, () => {
    const x = rng.next() < 0.5 ? -1 : 1;
    const chosen = rng.int(2);
    const pays = (chosen === 0) === sign * x > 0 ? 0.8 : 0.2;
    const context = { dim: 2, indices: Int32Array.of(0), values: Float64Array.of(x) };
    return { context, candidates: ["a", "b"], chosen, reward: rng.next() < pays ? 1 : 0, propensity: 0.5 };
  });
}

const weightOf = (elsewhere: PolicyRow[], own: PolicyRow[], onStep?: () => void) =>
  priorWeight(taughtBy(make, elsewhere), placeboOf(make, elsewhere), own, onStep);

describe("the weight of a prior", () => {
  it("is large where it comes from the same world, and nothing where from the opposite one", () => {
    const own = rowsOf("own", 60, 1);
    expect(weightOf(rowsOf("same", 500, 1), own)).toBeGreaterThanOrEqual(0.2);
    expect(weightOf(rowsOf("opposite", 500, -1), own)).toBe(0);
  });

  it("stays nothing where nobody chooses what a wrong prior thinks best", () => {
    // Chosen is always what it thinks worse, mostly in vain: it predicts these rows well, and yet is wrong.
    const [tried, rest] = [rowsOf("own", 12, 1), rowsOf("more", 200, 1)];
    const own = [...tried, ...rest.filter((row) => row.reward === 0)];
    expect(weightOf(rowsOf("opposite", 500, -1), own)).toBe(0);
  });

  it("is nothing where own rows say no more than that all is in vain", () => {
    const own = rowsOf("own", 40, 1).map((row) => ({ ...row, reward: 0 }));
    expect(weightOf(rowsOf("opposite", 500, -1), own)).toBe(0);
    expect(weightOf(rowsOf("same", 500, 1), own)).toBe(0);
  });

  it("is measured beside a placebo, which knows how much there is to earn, and of nothing where", () => {
    const elsewhere = rowsOf("same", 500, 1);
    const context = elsewhere[0]!.context;
    const meansOf = (policy: ReturnType<typeof make>) =>
      policy.predict({ context, candidates: ["a", "b"] }).map(({ mean }) => mean);
    const [a = 0, b = 0] = meansOf(taughtBy(make, elsewhere)(1));
    const [c = 0, d = 0] = meansOf(placeboOf(make, elsewhere)(1));
    expect(Math.abs(a - b)).toBeGreaterThan(0.4);
    expect(Math.abs(c - d)).toBeLessThan(0.15);
    expect((c + d) / 2).toBeCloseTo(0.5, 1);
    expect(meansOf(placeboOf(make, elsewhere)(0))).toEqual(meansOf(make()));
  });

  it("can be stopped between its tries", () => {
    const stop = () => {
      throw new Error("stopped");
    };
    expect(() => weightOf(rowsOf("same", 50, 1), rowsOf("own", 20, 1), stop)).toThrow("stopped");
  });

  it("is nothing without own rows to tell by", () => {
    expect(weightOf(rowsOf("same", 500, 1), [])).toBe(0);
  });
});
