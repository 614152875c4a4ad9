import { describe, expect, it } from "vitest";
import { createRng } from "../../src/math/rng.js";
import { stepDownMaxT, testAssociations } from "../../src/patterns/index.js";

describe("step-down max-T", () => {
  it("follows the procedure by hand", () => {
    // Observed 5, 3, 1; permutations: (1,4,0), (6,0,2), (0,0,0).
    const draws = [
      [1, 4, 0],
      [6, 0, 2],
      [0, 0, 0],
    ];
    const p = stepDownMaxT(Float64Array.of(5, 3, 1), (into) => into.set(draws.shift() as number[]), 3);
    // 5: maxima 4, 6, 0 -> one; 3: maxima of the last two 4, 2, 0 -> one; 1: 0, 2, 0 -> one.
    expect([...p]).toEqual([0.5, 0.5, 0.5]);
  });

  it("leaves what cannot be tested untested", () => {
    const p = stepDownMaxT(Float64Array.of(Number.NaN, 9), (into) => into.set([Number.NaN, 0]), 9);
    expect([...p]).toEqual([Number.NaN, 0.1]);
  });
});

describe("associations with the reward", () => {
  const data = (rewards: number[], has: boolean[], strata: number[] = rewards.map(() => 0)) => ({
    rewards: Float64Array.from(rewards),
    strata: Int32Array.from(strata),
    classOf: Int32Array.from(has, (h) => (h ? 1 : 0)),
    classes: 2,
    members: [[1]],
  });

  it("find a clear difference and give it with an interval", () => {
    const has = Array.from({ length: 60 }, (_, i) => i % 2 === 0);
    const rewards: number[] = has.map((h, i) => (h ? (i % 8 === 0 ? 0 : 1) : i % 7 === 0 ? 1 : 0));
    const [a] = testAssociations(data(rewards, has), { rng: createRng(1) });
    expect(a).toMatchObject({ verdict: "better", runsWith: 30, runsWithout: 30 });
    expect(a?.pValue).toBeCloseTo(0.001);
    expect(a?.lower).toBeGreaterThan(0.2);
    expect(a?.upper).toBeLessThan(1);
    expect(a?.lift).toBeCloseTo(a?.meanWith / (rewards.reduce((s, r) => s + r, 0) / 60));
  });

  it("are judged within strata: a type that is easier is no reason", () => {
    const n = 200;
    const rng = createRng(5);
    const strata = Array.from({ length: n }, (_, i): number => (i < n / 2 ? 0 : 1));
    const has = strata.map((s) => rng.next() < (s === 0 ? 0.9 : 0.1));
    const rewards = strata.map((s) => (rng.next() < (s === 0 ? 0.9 : 0.1) ? 1 : 0));
    expect(testAssociations(data(rewards, has), { rng: createRng(1) })[0]?.verdict).toBe("better");
    expect(testAssociations(data(rewards, has, strata), { rng: createRng(1) })[0]?.verdict).toBe("none");
  });

  it("with too few runs stay untested", () => {
    const [a] = testAssociations(
      data([1, 1, 1, 0, 0, 0, 0, 0], [true, true, true, false, false, false, false, false]),
      { rng: createRng(1) },
    );
    expect(a?.verdict).toBe("untested");
  });

  it("give the same numbers for the same seed", () => {
    const d = data(
      Array.from({ length: 40 }, (_, i) => ((i * 7) % 3 === 0 ? 1 : 0)),
      Array.from({ length: 40 }, (_, i) => i % 4 < 2),
    );
    expect(testAssociations(d, { rng: createRng(3) })).toEqual(testAssociations(d, { rng: createRng(3) }));
  });
});
