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
    const value = sorted[i] as number;
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
      return d.values.reduce((p, v, i) => p + (v <= value ? (d.probabilities[i] as number) : 0), 0);
    case "lognormal":
      return value <= 0 ? 0 : normalCdf((Math.log(value) - d.mu) / d.sigma);
    case "beta":
      return value <= 0 ? 0 : value >= 1 ? 1 : incompleteBeta(value, d.alpha, d.beta);
  }
}

/** The standard normal distribution function (Abramowitz and Stegun 1964, 7.1.26; error below 2e-7). */
function normalCdf(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const poly = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  const erf = 1 - poly * Math.exp(-x * x);
  return z >= 0 ? (1 + erf) / 2 : (1 - erf) / 2;
}

/** The regularised incomplete beta function by Lentz's continued fraction (Press et al., 2007, section 6.4). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log(1 - x) - logBeta(a, b)) / a;
  const tiny = 1e-300;
  let c = 1;
  let d = 1 - ((a + b) * x) / (a + 1);
  d = 1 / (Math.abs(d) < tiny ? tiny : d);
  let h = d;
  for (let m = 1; m <= 300; m++) {
    for (const numerator of [
      (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)),
    ]) {
      d = 1 + numerator * d;
      d = 1 / (Math.abs(d) < tiny ? tiny : d);
      c = 1 + numerator / c;
      if (Math.abs(c) < tiny) c = tiny;
      h *= d * c;
    }
    if (Math.abs(d * c - 1) < 1e-12) break;
  }
  return front * h;
}

const logBeta = (a: number, b: number): number => logGamma(a) + logGamma(b) - logGamma(a + b);

/** Lanczos' approximation of the logarithm of the gamma function (1964), for positive arguments. */
function logGamma(x: number): number {
  const g = [
    76.18009172947146, -86.50532032941678, 24.01409824083091, -1.231739572450155, 1.208650973866179e-3,
    -5.395239384953e-6,
  ];
  const t = x + 5.5 - (x + 0.5) * Math.log(x + 5.5);
  let series = 1.000000000190015;
  g.forEach((c, i) => {
    series += c / (x + 1 + i);
  });
  return -t + Math.log((2.5066282746310007 * series) / x);
}
