import { describe, expect, it } from "vitest";
import { incompleteBeta, logGamma } from "../../src/math/beta.js";
import { normalCdf, normalQuantile, normalTail } from "../../src/math/normal.js";
import { pack, unpack } from "../../src/math/packing.js";
import { studentQuantile } from "../../src/math/student.js";

describe("the standard normal distribution", () => {
  // Abramowitz and Stegun (1964), table 26.1.
  it.each([
    [0, 0.5],
    [1, 0.841344746068543],
    [1.96, 0.97500210485178],
    [3, 0.99865010196837],
  ])("has the distribution function of the tables at %f", (z, p) => {
    expect(normalCdf(z)).toBeCloseTo(p, 12);
    expect(normalTail(z)).toBeCloseTo(1 - p, 12);
    expect(normalQuantile(p)).toBeCloseTo(z, 8);
  });

  it("keeps its relative precision far out", () => {
    expect(normalTail(10) / 7.619853024160527e-24).toBeCloseTo(1, 8);
  });
});

describe("Student's t", () => {
  // Fisher and Yates (1963), the two-sided 5 % and 1 % points.
  it.each([
    [1, 0.975, 12.7062],
    [2, 0.975, 4.3027],
    [3, 0.975, 3.1824],
    [5, 0.975, 2.5706],
    [10, 0.975, 2.2281],
    [30, 0.975, 2.0423],
    [5, 0.995, 4.0321],
    [120, 0.995, 2.6174],
  ])("with %i degrees has the published quantile at %f", (df, p, published) => {
    expect(studentQuantile(p, df) / published).toBeCloseTo(1, 2);
    expect(studentQuantile(1 - p, df)).toBeCloseTo(-studentQuantile(p, df), 8);
  });

  it("is infinitely wide without a degree of freedom", () => {
    expect(studentQuantile(0.975, 0)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("the incomplete beta function", () => {
  // By hand: I_x(1,1) = x; I_x(2,3) = 6x^2 - 8x^3 + 3x^4; the gamma of a half is the root of pi.
  it("has the values of its closed forms", () => {
    expect(incompleteBeta(0.3, 1, 1)).toBeCloseTo(0.3, 12);
    expect(incompleteBeta(0.4, 2, 3)).toBeCloseTo(6 * 0.16 - 8 * 0.064 + 3 * 0.0256, 9);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 9);
    expect(logGamma(6)).toBeCloseTo(Math.log(120), 8);
  });
});

describe("packing", () => {
  it("gives numbers back as they were", () => {
    const values = Float64Array.of(1 / 3, -0, 1e300, Number.MIN_VALUE);
    expect(unpack(Float64Array, pack(values))).toEqual(values);
    expect(unpack(Float32Array, pack(values.subarray(0, 0) as unknown as Float32Array))).toEqual(new Float32Array());
  });
});
