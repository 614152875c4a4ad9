import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contestedRuns, exchanged } from "../../src/evaluation/contested.js";
import { controlsWithin } from "../../src/evaluation/controls.js";

/** A decision between two choices, of which the second is followed with this share. */
const between = (share: number, model: readonly number[]) => ({
  reward: 1,
  chosen: 1,
  logging: [1 - share, share],
  target: [0, 1],
  baseline: [1, 0],
  model,
});

const distribution = (length: number) =>
  fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: length, maxLength: length }).map((weights) => {
    const sum = weights.reduce((a, b) => a + b, 0);
    return weights.map((w) => (sum > 0 ? w / sum : 1 / length));
  });
const unit = fc.double({ min: 0, max: 1, noNaN: true });
const decision = fc.integer({ min: 2, max: 5 }).chain((k) =>
  fc.record({
    reward: fc.constant(1),
    chosen: fc.constant(0),
    logging: distribution(k),
    target: distribution(k),
    baseline: distribution(k),
    model: fc.array(unit, { minLength: k, maxLength: k }),
  }),
);

describe("control variates", () => {
  it("are the predictions where nothing could fall too far: at an even share twice what both are foretold", () => {
    const [even] = contestedRuns([between(0.5, [0.9, 0.6])]).contested[0]?.runs[0]?.decisions ?? [];
    // Followed and in vain: 0.6 - 0.9 - 0.6 / 0.5 = -1.5. What serves pays all: 0.6 - 0.9 - 0.1 / 0.5 = -0.5.
    expect(even?.worst).toBeCloseTo(1.5, 12);
    expect(even && controlsWithin(even, 1.5)).toEqual([0.9, 0.6]);
    // As far from these as from what is safe for sure, 0.2 times 0.5 of it and 1 - 0.1: -1 - (-1.5 + 1) * part = -1.2.
    const [served = 0, tried = 0] = (even && controlsWithin(even, 1.2)) ?? [];
    expect(tried - served - tried / 0.5).toBeCloseTo(-1.2, 12);
    expect(tried).toBeLessThan(0.6);
  });

  it("let no contribution fall further than they may, whatever is drawn and pays, and turn with the roles", () => {
    fc.assert(
      fc.property(decision, fc.double({ min: 1, max: 20, noNaN: true }), fc.boolean(), (row, most, isTurned) => {
        const log = contestedRuns([row]);
        const [c] = (isTurned ? exchanged(log) : log).contested[0]?.runs[0]?.decisions ?? [];
        if (!c) return;
        const controls = controlsWithin(c, most);
        const sum = c.d.reduce((s, d, i) => s + d * (controls[i] ?? 0), 0);
        expect(sum).toBeGreaterThanOrEqual(-most - 1e-9);
        c.d.forEach((d, i) => {
          const [p = 0, control = 0] = [c.p[i], controls[i]];
          expect(control).toBeGreaterThanOrEqual(0);
          expect(control).toBeLessThanOrEqual(1);
          if (p === 0) expect(control).toBe(d > 0 ? 0 : 1);
          else for (const r of [0, 1]) expect(sum + (d * (r - control)) / p).toBeGreaterThanOrEqual(-most * (1 + 1e-9));
        });
      }),
      { numRuns: 500 },
    );
  });
});
