import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRng } from "../../src/math/rng.js";
import { differenceOf, drawFrom, type Mixture, mixtureOf, numbersOf, trialShares } from "../../src/policies/index.js";

const share = fc.double({ min: 0, max: 1, noNaN: true });
/** A mixture over a few candidates, of which some are not legal. */
const mixtures = fc
  .record({
    weights: fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })), {
      minLength: 2,
      maxLength: 6,
    }),
    share,
    uniform: share,
    hasChallenger: fc.boolean(),
  })
  .map(({ weights, hasChallenger, ...rest }): Mixture => {
    const legal = weights.map((_, i) => i === 0 || i % 3 !== 0);
    const normal = (k: 0 | 1) => {
      const own = weights.map((w, i) => (legal[i] ? w[k] + (i === 0 ? 1 : 0) : 0));
      const sum = own.reduce((s, v) => s + v, 0);
      return own.map((v) => v / sum);
    };
    return { ...rest, legal, serving: normal(0), ...(hasChallenger && { challenger: normal(1) }) };
  });

describe("the one draw", () => {
  it("is a distribution over the legal candidates, and draws from it", () => {
    fc.assert(
      fc.property(mixtures, (mixture) => {
        const p = mixtureOf(mixture);
        expect(p.reduce((s, v) => s + v, 0)).toBeCloseTo(1, 9);
        p.forEach((v, i) => {
          if (!mixture.legal[i]) expect(v).toBe(0);
        });
      }),
    );
  });

  it("draws each candidate as often as it says", () => {
    const mixture: Mixture = {
      serving: [1, 0, 0],
      challenger: [0, 0.5, 0.5],
      share: 0.3,
      uniform: 0.1,
      legal: [true, true, true],
    };
    // By hand: 0.9 (0.7, 0.15, 0.15) + 0.1 / 3.
    expect(Array.from(mixtureOf(mixture)).map((v) => Number(v.toFixed(6)))).toEqual([0.663333, 0.168333, 0.168333]);
    const rng = createRng("draws");
    const counts = [0, 0, 0];
    const n = 30_000;
    for (let i = 0; i < n; i++) {
      const { index } = drawFrom(mixture, { arm: rng.next(), coin: rng.next(), draw: rng.next() });
      counts[index] = counts[index] + 1;
    }
    mixtureOf(mixture).forEach((p, i) => {
      expect(Math.abs(counts[i] / n - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / n));
    });
  });

  it("leaves what serves on no more decisions than the budget allows", () => {
    fc.assert(
      fc.property(share, share, (exploration, contested) => {
        const { share: followed, uniform } = trialShares(exploration, contested);
        expect(followed).toBeLessThanOrEqual(0.5);
        expect((1 - uniform) * followed * contested + uniform).toBeLessThanOrEqual(exploration + 1e-9);
      }),
    );
    expect(trialShares(0.1, 0.5)).toEqual({ share: 0.16000000000000003, uniform: 0.020000000000000004 });
  });

  it("measures how far two distributions are apart", () => {
    expect(differenceOf([1, 0], [1, 0])).toBe(0);
    expect(differenceOf([1, 0], [0, 1])).toBe(1);
    expect(differenceOf([0.8, 0.2], [0.5, 0.5])).toBeCloseTo(0.3, 12);
  });

  it("keeps the arm of a unit and draws the rest anew", () => {
    const keys = { seed: 1, choice: "a", unit: "run", version: "v1" };
    expect(numbersOf(keys)).toEqual(numbersOf({ ...keys }));
    const other = numbersOf({ ...keys, choice: "b" });
    expect(other.arm).toBe(numbersOf(keys).arm);
    expect(other.coin).not.toBe(numbersOf(keys).coin);
    expect(numbersOf({ ...keys, version: "v2" }).arm).not.toBe(other.arm);
  });
});
