import { checkArgument } from "../../core/arguments.js";

/** Kullback-Leibler divergence of Bernoulli distributions. */
function kl(p: number, q: number): number {
  const term = (a: number, b: number) => (a <= 0 ? 0 : a * Math.log(a / b));
  return term(p, q) + term(1 - p, 1 - q);
}

/**
 * The proportions of draws that identify the best of several variants soonest (Garivier and Kaufmann,
 * 2016, theorem 5, Bernoulli outcomes): with the best variant's weight 1, each other gets the x for which
 * all pairs gather evidence equally fast, and the common rate is where the ratios of divergences sum to one.
 * Ties of the best get equal weights.
 * @param means in (0,1)
 * @returns weights aligned with `means`, summing to one
 * @example trackAndStopWeights([0.5, 0.7]); // [0.493, 0.507]
 */
export function trackAndStopWeights(means: readonly number[]): number[] {
  checkArgument(means, "means", "numbers", "EXPERIMENT_INVALID");
  const mu = means.map((m) => Math.min(1 - 1e-6, Math.max(1e-6, m)));
  const top = Math.max(...mu);
  const ties = mu.filter((m) => top - m < 1e-4).length;
  if (ties > 1) return mu.map((m) => (top - m < 1e-4 ? 1 / ties : 0));
  const best = mu.indexOf(top);
  const others = mu.flatMap((m, i) => (i === best ? [] : [{ i, m }]));
  const middle = (m: number, x: number) => (top + x * m) / (1 + x);
  const [only] = others;
  if (others.length === 1 && only) return pairWeights(mu, best, only.i);
  const rate = (m: number, x: number) => kl(top, middle(m, x)) + x * kl(m, middle(m, x));
  /** The x at which a pair gathers evidence at the rate y: Newton from below, for the rate is concave in x. */
  const inverse = (m: number, y: number): number => {
    let x = 0;
    for (let i = 0; i < 40; i++) {
      const step = (y - rate(m, x)) / Math.max(1e-300, kl(m, middle(m, x)));
      x += step;
      if (!(step > 1e-10 * (1 + x))) break;
    }
    return x;
  };
  const excess = (y: number) =>
    others.reduce((s, { m }) => {
      const c = middle(m, inverse(m, y));
      return s + kl(top, c) / Math.max(1e-300, kl(m, c));
    }, 0) - 1;
  // A pair's rate never reaches the divergence of the best from it.
  let low = 0;
  let high = Math.min(...others.map(({ m }) => kl(top, m)));
  for (let i = 0; i < 45; i++) {
    const y = (low + high) / 2;
    if (excess(y) < 0) low = y;
    else high = y;
  }
  const weights = mu.map(() => 1);
  for (const { i, m } of others) weights[i] = inverse(m, low);
  const sum = weights.reduce((s, w) => s + w, 0);
  return weights.map((w) => w / sum);
}

/** For two variants: the mean between them from which both diverge equally. */
function pairWeights(mu: readonly number[], best: number, other: number): number[] {
  let [low, high] = [mu[other], mu[best]];
  for (let i = 0; i < 50; i++) {
    const m = (low + high) / 2;
    if (kl(mu[best], m) > kl(mu[other], m)) low = m;
    else high = m;
  }
  const share = (low - mu[other]) / (mu[best] - mu[other]);
  return mu.map((_, i) => (i === best ? share : 1 - share));
}
