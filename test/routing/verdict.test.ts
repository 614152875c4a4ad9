import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChoiceScene } from "../../src/routing/scene.js";
import { act, shadowVerdict, type Verdict } from "../../src/routing/verdict.js";

const unit = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
/** Zero or a share that does not vanish when it is multiplied with another. */
const share = fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1, noNaN: true }));
const RUNS = { seed: 11, numRuns: 300 };
/** Destinations with the policy's probabilities and expected rewards, a mask that leaves one, and a fallback. */
const situation = fc
  .array(fc.record({ weight: fc.integer({ min: 0, max: 100 }), mean: share, legal: fc.boolean() }), {
    minLength: 2,
    maxLength: 6,
  })
  .chain((rows) =>
    fc.record({ rows: fc.constant(rows), first: fc.nat(rows.length - 1), fallback: fc.nat(rows.length - 1) }),
  )
  .map(({ rows, first, fallback }) => {
    const legal = rows.map((r, i) => r.legal || i === first);
    const weights = rows.map((r, i) => (legal[i] ? r.weight + (i === first ? 1 : 0) : 0));
    const total = weights.reduce((a, b) => a + b);
    return {
      legal,
      fallback,
      policy: Float64Array.from(weights, (w) => w / total),
      means: Float64Array.from(rows, (r) => r.mean),
    };
  });

const scene = (legal: boolean[]): ChoiceScene => ({ context: {}, legal: [...legal] });

function isSound(verdict: Verdict, after: ChoiceScene): void {
  const p = verdict.distribution as Float64Array;
  expect(p.reduce((a, b) => a + b)).toBeCloseTo(1, 9);
  expect(p[verdict.index]).toBeGreaterThan(0);
  p.forEach((x, i) => {
    if (!after.legal[i]) expect(x).toBe(0);
  });
}

describe("verdicts", () => {
  it("watching draws what its distribution says, whatever the mask and the fallback", () => {
    fc.assert(
      fc.property(situation, unit, unit, share, ({ legal, fallback }, coin, draw, exploration) => {
        const s = scene(legal);
        const verdict = shadowVerdict({ coin, draw }, s, fallback, exploration, "shadow");
        isSound(verdict, s);
        expect(verdict.source).toBe(coin < exploration ? "exploration" : "fallback");
      }),
      RUNS,
    );
  });

  it("acting stays inside budget, floor, canary and control", () => {
    fc.assert(
      fc.property(
        fc.tuple(situation, unit, unit, share),
        fc.option(share, { nil: undefined }),
        fc.option(fc.double({ min: 0.01, max: 1, noNaN: true }), { nil: undefined }),
        fc.constantFrom(0, 0.02, 0.5),
        ([{ legal, fallback, policy, means }, coin, draw, exploration], rewardFloor, canaryShare, control) => {
          const s = scene(legal);
          const rules = { exploration, rewardFloor, canaryShare, control };
          const verdict = act({ coin, draw }, s, policy, means, fallback, rules);
          isSound(verdict, s);
          const p = verdict.distribution as Float64Array;
          if (verdict.reason === "reward-floor") {
            expect(p[fallback]).toBe(1);
            return;
          }
          const best = policy.indexOf(Math.max(...policy));
          const follows = canaryShare ?? 1 - control;
          const off = p.reduce((sum, x, i) => (i === best || i === fallback ? sum : sum + x), 0);
          expect(off).toBeLessThanOrEqual(follows * exploration + 1e-9);
          expect(p[fallback]).toBeGreaterThanOrEqual(1 - follows - 1e-9);
          if (rewardFloor === undefined) return;
          p.forEach((x, i) => {
            if (x > 0 && i !== fallback) expect(means[i]).toBeGreaterThanOrEqual(means[fallback] - rewardFloor);
          });
        },
      ),
      RUNS,
    );
  });

  it("draws each destination as often as it says", () => {
    const counts = [0, 0, 0];
    const policy = Float64Array.of(0.7, 0.2, 0.1);
    const rules = { exploration: 0.2, control: 0.1 };
    let p: Float64Array | undefined;
    const steps = 60;
    for (let i = 0; i < steps; i++)
      for (let k = 0; k < steps; k++) {
        const numbers = { coin: (i + 0.5) / steps, draw: (k + 0.5) / steps };
        const verdict = act(numbers, scene([true, true, true]), policy, undefined, 2, rules);
        counts[verdict.index] = (counts[verdict.index] ?? 0) + 1;
        p = verdict.distribution;
      }
    counts.forEach((count, i) => {
      expect(count / steps ** 2).toBeCloseTo(p?.[i] as number, 1);
    });
    expect(p?.[0]).toBeCloseTo(0.9 * 0.8, 12);
  });
});
