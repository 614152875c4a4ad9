import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backwardSolve, cholesky, forwardSolve, gram } from "../../src/math/linear-algebra.js";
import { createRng } from "../../src/math/rng.js";
import { shiftedSolve, tridiagonal } from "../../src/math/tridiagonal.js";

describe("a tridiagonal system", () => {
  it("is the matrix worked by hand", () => {
    // Of the first column (3, 4) below the diagonal the reflection makes (-5, 0).
    const { diagonal, beside, vector } = tridiagonal(Float64Array.of(1, 0, 0, 3, 2, 0, 4, 0, 2), 3, [7, 3, 4]);
    expect(Array.from(diagonal)).toEqual([1, expect.closeTo(2, 12), expect.closeTo(2, 12)]);
    expect(Array.from(beside)).toEqual([-5, expect.closeTo(0, 12)]);
    expect(Array.from(vector)).toEqual([7, expect.closeTo(-5, 12), expect.closeTo(0, 12)]);
  });

  it("solves what is tridiagonal already, shifted, as by hand", () => {
    // (2 1; 1 2) + 1: inverse (3 -1; -1 3) / 8.
    const system = { diagonal: Float64Array.of(2, 2), beside: Float64Array.of(1), vector: Float64Array.of(8, 16) };
    const solved = shiftedSolve(system, 1);
    expect(Array.from(solved?.u ?? [])).toEqual([expect.closeTo(1, 12), expect.closeTo(5, 12)]);
    expect(solved?.traceOfInverse).toBeCloseTo(6 / 8, 12);
    expect(shiftedSolve(system, -1.5)).toBeUndefined();
  });

  it("keeps what Cholesky's factor says: the fit, the size of the solution, the trace of the inverse", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer(),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        (n, seed, shift) => {
          const rng = createRng(seed);
          const normal = () => rng.normal();
          const a = gram(
            Array.from({ length: 2 * n }, () => Float64Array.from({ length: n }, normal)),
            n,
          );
          const b = Float64Array.from({ length: n }, normal);
          const solved = shiftedSolve(tridiagonal(a, n, b), shift);
          const l = cholesky(
            a.map((v, k) => (k % (n + 1) === 0 ? v + shift : v)),
            n,
          );
          if (!l || !solved) throw new Error("The matrix is positive definite.");
          const inverse = Array.from({ length: n }, (_, j) => {
            const unit = new Float64Array(n);
            unit[j] = 1;
            return backwardSolve(l, n, forwardSolve(l, n, unit))[j] ?? 0;
          });
          const x = backwardSolve(l, n, forwardSolve(l, n, b));
          const square = (v: Float64Array) => v.reduce((sum, w) => sum + w * w, 0);
          expect(square(solved.u)).toBeCloseTo(square(x), 8);
          expect(solved.traceOfInverse).toBeCloseTo(
            inverse.reduce((sum, v) => sum + v, 0),
            8,
          );
        },
      ),
    );
  });
});
