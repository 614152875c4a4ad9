import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { denseVector } from "../../src/dataset/index.js";
import { createRng } from "../../src/math/rng.js";
import type { PolicyInput, PolicyRow, PolicySpec, RoutingPolicy } from "../../src/policies/index.js";
import { createPolicy, restorePolicy } from "../../src/policies/index.js";

fc.configureGlobal({ seed: 4 });
const NAMES = ["a", "b", "c", "d", "e"];
export const DIM = 4;

const inputs: fc.Arbitrary<PolicyInput> = fc
  .record({
    values: fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: DIM, maxLength: DIM }),
    candidates: fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 5 }),
    masked: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
    keep: fc.nat(4),
  })
  .map(({ values, candidates, masked, keep }) => ({
    context: denseVector(values),
    candidates,
    mask: candidates.map((_, i) => i === keep % candidates.length || masked[i]),
  }));

/** Rows from a noisy linear world in which the candidates come and go. */
function worldRows(count: number, seed: number): PolicyRow[] {
  const rng = createRng(seed);
  return Array.from({ length: count }, () => {
    const x = Array.from({ length: DIM }, () => rng.normal());
    const candidates = NAMES.slice(rng.int(2), 3 + rng.int(3));
    const chosen = rng.int(candidates.length);
    const mean = 0.5 + 0.2 * x[NAMES.indexOf(candidates[chosen]) % DIM];
    return { context: denseVector(x), candidates, chosen, reward: rng.next() < mean ? 1 : 0 };
  });
}

/** What every policy must do; runs on a fresh and on a trained policy of the spec. */
export function policyContract(name: string, spec: PolicySpec): void {
  const trained = (rows = worldRows(120, 1)): RoutingPolicy => {
    const policy = createPolicy(spec);
    policy.learn(rows);
    return policy;
  };

  describe(`${name} as a RoutingPolicy`, () => {
    for (const [state, policy] of [
      ["untrained", createPolicy(spec)],
      ["trained", trained()],
    ] as const) {
      it(`gives probabilities that sum to one and respect the mask (${state})`, () => {
        fc.assert(
          fc.property(inputs, (input) => {
            const p = policy.score(input);
            expect(p.length).toBe(input.candidates.length);
            expect(p.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
            p.forEach((v, i) => {
              expect(v).toBeGreaterThanOrEqual(0);
              if (!input.mask?.[i]) expect(v).toBe(0);
            });
          }),
          { numRuns: 60 },
        );
      });

      it(`chooses from the distribution it scores (${state})`, () => {
        fc.assert(
          fc.property(inputs, fc.double({ min: 0, max: 0.9999999, noNaN: true }), (input, uniform) => {
            const choice = policy.choose(input, uniform);
            const p = policy.score(input);
            expect(choice.probabilities).toEqual(p);
            expect(choice.probability).toBe(p[choice.index]);
            expect(choice.probability).toBeGreaterThan(0);
            expect(input.mask?.[choice.index]).toBe(true);
          }),
          { numRuns: 60 },
        );
      });
    }

    it("predicts means in [0,1] with standard errors, and explains them", () => {
      const policy = trained();
      fc.assert(
        fc.property(inputs, (input) => {
          const estimates = policy.predict(input);
          const explanations = policy.explain(input, 3);
          expect(estimates.length).toBe(input.candidates.length);
          for (const [i, { mean, standardError }] of estimates.entries()) {
            expect(mean).toBeGreaterThanOrEqual(0);
            expect(mean).toBeLessThanOrEqual(1);
            expect(standardError).toBeGreaterThanOrEqual(0);
            expect(Number.isFinite(standardError)).toBe(true);
            expect(explanations[i]?.candidate).toBe(input.candidates[i]);
            expect(explanations[i]?.mean).toBe(mean);
            expect(explanations[i]?.contributions.length).toBeLessThanOrEqual(3);
          }
        }),
        { numRuns: 30 },
      );
    });

    it("completes a mean by its contributions and bias", () => {
      const policy = trained();
      const input = { context: denseVector([0.2, -0.1, 0.3, 0.1]), candidates: NAMES };
      for (const { mean, bias, contributions } of policy.explain(input, 100)) {
        const sum = contributions.reduce((s, c) => s + c.contribution, bias);
        expect(Math.min(1, Math.max(0, sum))).toBeCloseTo(mean, 6);
      }
    });

    it("answers and goes on learning the same after its snapshot went through JSON", () => {
      const policy = trained();
      const copy = restorePolicy(JSON.parse(JSON.stringify(policy.snapshot())));
      const more = worldRows(40, 2);
      fc.assert(
        fc.property(inputs, (input) => {
          expect(copy.score(input)).toEqual(policy.score(input));
          expect(copy.predict(input)).toEqual(policy.predict(input));
        }),
        { numRuns: 20 },
      );
      policy.learn(more);
      copy.learn(more);
      for (const row of worldRows(20, 3)) expect(copy.score(row)).toEqual(policy.score(row));
    });

    it("learns the same from the same rows", () => {
      const [one, two] = [trained(), trained()];
      expect(JSON.stringify(one.snapshot())).toBe(JSON.stringify(two.snapshot()));
    });

    it("refuses a context of which nothing can be computed", () => {
      const policy = trained();
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const input = { context: denseVector([0.2, value, 0.3, 0.1]), candidates: NAMES };
        expect(() => policy.score(input)).toThrow(/POLICY_INVALID.*finite values/);
        expect(() => policy.predict(input)).toThrow(/POLICY_INVALID.*finite values/);
      }
    });

    it("refuses inputs and rows that do not fit", () => {
      const policy = trained();
      const context = denseVector([0, 0, 0, 0]);
      const spoilt = { dim: 4, indices: Int32Array.of(1, 2), values: Float64Array.of(1, Number.NaN) };
      const beyond = { dim: 4, indices: Int32Array.of(9), values: Float64Array.of(1) };
      const bad: [() => unknown, RegExp][] = [
        [
          () => policy.score({ context: denseVector([1]), candidates: NAMES }),
          /context of length 1; expected length 4/,
        ],
        [() => policy.score({ context, candidates: [] }), /0 candidates/],
        [() => policy.score({ context, candidates: ["a"], mask: [false] }), /at least one allowed/],
        [() => policy.score({ context, candidates: ["a"], mask: [true, true] }), /mask of length 2/],
        [() => policy.learn([{ context, candidates: ["a"], chosen: 1, reward: 1 }]), /chose 1 of 1/],
        [() => policy.learn([{ context, candidates: ["a"], chosen: 0, reward: 1.5 }]), /reward of 1.5/],
        [() => policy.learn([{ context, candidates: ["a"], chosen: 0, reward: Number.NaN }]), /reward of NaN/],
        [() => policy.learn([{ context, candidates: ["a"], chosen: 0, reward: 1, weight: -1 }]), /weight of -1/],
        [() => policy.learn([{ context: spoilt, candidates: ["a"], chosen: 0, reward: 1 }]), /value NaN at position 2/],
        [() => policy.learn([{ context: beyond, candidates: ["a"], chosen: 0, reward: 1 }]), /at position 9/],
      ];
      for (const [act, message] of bad) expect(act).toThrow(message);
    });

    it("refuses damaged snapshots", () => {
      const good = JSON.parse(JSON.stringify(trained().snapshot()));
      const damaged: unknown[] = [null, 3, "x", {}, { ...good, version: 99 }, { ...good, kind: "oracle" }];
      damaged.push({ ...good, dim: -1, spec: { ...good.spec, dim: -1 } });
      for (const snapshot of damaged)
        expect(() => restorePolicy(snapshot as never), JSON.stringify(snapshot)?.slice(0, 80)).toThrow(
          expect.objectContaining({ code: "SNAPSHOT_INVALID" }),
        );
    });
  });
}
