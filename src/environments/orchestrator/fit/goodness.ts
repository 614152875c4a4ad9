import { incompleteBeta } from "../../../math/beta.js";
import { normalCdf } from "../../../math/normal.js";
import type { Distribution } from "../distribution.js";

/** How well a fitted piece of the simulator describes what was observed. */
export interface FitGoodness {
  /** What was fitted: `linguist.duration`, `failures`, ... */
  what: string;
  /** Observations behind it. */
  n: number;
  /**
   * Largest distance between the observed and the fitted distribution function (Kolmogorov, 1933), in
   * [0,1]; for failures the largest gap between an observed and a fitted share over bands of the load; for
   * coordination the root mean square of what the fit misses, as a share of the mean duration.
   */
  distance: number;
  /** Probability of a distance at least this large if the fit were true, asymptotically; where that is defined. */
  pValue?: number;
}

/** Kolmogorov-Smirnov distance of a sample from a distribution, with its asymptotic p value. */
export function kolmogorov(what: string, sample: readonly number[], distribution: Distribution): FitGoodness {
  const sorted = [...sample].sort((a, b) => a - b);
  const n = sorted.length;
  let distance = 0;
  for (let i = 0; i < n; i++) {
    const value = sorted[i];
    if (i + 1 < n && sorted[i + 1] === value) continue;
    const first = sorted.indexOf(value);
    distance = Math.max(
      distance,
      (i + 1) / n - cdf(distribution, value),
      cdf(distribution, value * (1 - 1e-12) - 1e-300) - first / n,
    );
  }
  return { what, n, distance, pValue: kolmogorovTail(Math.sqrt(n) * distance) };
}

/** P(K > x) of Kolmogorov's limiting distribution. */
function kolmogorovTail(x: number): number {
  if (x < 0.2) return 1;
  let sum = 0;
  for (let k = 1; k <= 100; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x);
  return Math.min(1, Math.max(0, sum));
}

/** The distribution function at a value. */
export function cdf(d: Distribution, value: number): number {
  switch (d.kind) {
    case "constant":
      return value >= d.value ? 1 : 0;
    case "discrete":
      return d.values.reduce((p, v, i) => p + (v <= value ? d.probabilities[i] : 0), 0);
    case "lognormal":
      return value <= 0 ? 0 : normalCdf((Math.log(value) - d.mu) / d.sigma);
    case "beta":
      return value <= 0 ? 0 : value >= 1 ? 1 : incompleteBeta(value, d.alpha, d.beta);
  }
}
