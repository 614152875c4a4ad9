import type { Rng } from "../../../src/math/rng.js";
import { trackAndStopWeights } from "../../../src/prompts/index.js";

/** How one simulated experiment ended. */
export interface Ended {
  winner?: number;
  samples: number;
}

const kl = (p: number, q: number) => {
  const term = (a: number, b: number) => (a <= 0 ? 0 : a * Math.log(a / b));
  return term(p, q) + term(1 - p, 1 - q);
};

/**
 * Track-and-stop for Bernoulli arms as in Garivier and Kaufmann (2016): D-tracking of the optimal
 * proportions with forced exploration, and Chernoff's stopping rule. `proven` uses the threshold of their
 * theorem 10, log(2t(K-1)/delta); otherwise the smaller log((1 + log t)/delta) of their experiments.
 */
export function trackAndStop(means: readonly number[], delta: number, rng: Rng, max: number, proven: boolean): Ended {
  const K = means.length;
  const n = new Array<number>(K).fill(0);
  const s = new Array<number>(K).fill(0);
  let weights = new Array<number>(K).fill(1 / K);
  for (let t = 1; t <= max; t++) {
    const starved = n.findIndex((c) => c < Math.sqrt(t) - K / 2 || c === 0);
    const arm = starved >= 0 ? starved : argmax(weights.map((w, i) => t * w - n[i]));
    n[arm] = n[arm] + 1;
    s[arm] = s[arm] + (rng.next() < means[arm] ? 1 : 0);
    if (n.some((c) => c === 0)) continue;
    const mu = s.map((v, i) => v / n[i]);
    // The weights move slowly; solving for them again at every tenth step changes nothing that shows.
    if (t % 10 === 0) weights = trackAndStopWeights(mu);
    const best = argmax(mu);
    const statistic = Math.min(
      ...mu.flatMap((m, i) => {
        if (i === best) return [];
        const pooled = (s[best] + s[i]) / (n[best] + n[i]);
        return [n[best] * kl(mu[best], pooled) + n[i] * kl(m, pooled)];
      }),
    );
    const threshold = proven ? Math.log((2 * t * (K - 1)) / delta) : Math.log((1 + Math.log(t)) / delta);
    if (statistic > threshold) return { winner: best, samples: t };
  }
  return { samples: max };
}

/**
 * The test with a horizon fixed in advance: a two-sided z-test of proportions per pair at level delta,
 * Bonferroni-corrected over the other arms, sized for the power to find `planned`; one look, at the end.
 */
export function fixedHorizon(means: readonly number[], delta: number, planned: number, rng: Rng): Ended {
  const K = means.length;
  const z = (p: number) => inverseNormal(1 - p);
  const base = Math.min(...means);
  const variance = base * (1 - base) + (base + planned) * (1 - base - planned);
  const perArm = Math.ceil(((z(delta / 2 / (K - 1)) + z(0.2)) ** 2 * variance) / planned ** 2);
  const s = means.map((m) => {
    let sum = 0;
    for (let i = 0; i < perArm; i++) sum += rng.next() < m ? 1 : 0;
    return sum;
  });
  const best = argmax(s);
  const beats = s.every((v, i) => {
    if (i === best) return true;
    const pooled = (v + s[best]) / (2 * perArm);
    return (s[best] - v) / Math.sqrt(2 * perArm * pooled * (1 - pooled)) > z(delta / 2 / (K - 1));
  });
  return { ...(beats && { winner: best }), samples: perArm * K };
}

function argmax(values: readonly number[]): number {
  return values.reduce((b, v, i) => (v > values[b] ? i : b), 0);
}

/** Bisection on the normal tail; precise enough for sample sizes. */
function inverseNormal(p: number): number {
  let [low, high] = [-8, 8];
  for (let i = 0; i < 60; i++) {
    const x = (low + high) / 2;
    if (cdf(x) < p) low = x;
    else high = x;
  }
  return (low + high) / 2;
}

function cdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const d = 0.3989422804 * Math.exp((-x * x) / 2);
  const tail = d * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return x > 0 ? 1 - tail : tail;
}
