import { createRng } from "../../../src/math/rng.js";
import { decisionsToPromote } from "../ope/lifetime.js";
import { median, quantile } from "../support/bench.js";
import type { TrialWorld } from "./trial-life.js";

/** Variance of a success in six of ten. */
const VARIANCE = 0.24;

/** Other designs of the same experiment, in rated decisions until it is decided. */
export interface Designs {
  /** Nobody can do with fewer in the mean: log(1 / risk) over the divergence, uniform exploration and half and half. */
  limitUniform: number;
  limitHalf: number;
  /** A test of fixed size, half and half, whose effect is known before (level of the risk, power 0.8). */
  fixedAb: number;
  /** Track-and-stop between the two, half and half by symmetry (Garivier and Kaufmann 2016). */
  trackAndStop: { median: number; likely: number };
  /** Uniform exploration and the gate over logs, as in 0.1.0, an oracle's challenger; null: not within the limit. */
  gateOverLogs: { median: number | null; likely: number | null };
}

/** The same world under other designs. @param lives simulated ones of those that are simulated */
export function otherDesigns(
  world: TrialWorld,
  exploration: number,
  risk: number,
  lives: number,
  limit: number,
): Designs {
  const { contested, destinations, gain } = world;
  const second = (p: number, rest: number) => VARIANCE * contested * (1 / p + 1 / rest);
  const limitOf = (secondMoment: number) => Math.round((Math.log(1 / risk) * 2 * secondMoment) / gain ** 2);
  const own = exploration / destinations;
  // Level 0.04 one-sided and power 0.8.
  const z = 1.751 + 0.842;
  const seeds = Array.from({ length: lives }, (_, s) => s);
  const tracked = seeds.map((s) => trackAndStop(`designs/${s}`, world, risk));
  const gated = seeds.map(
    (s) =>
      decisionsToPromote(`designs/${s}`, {
        ...{ gain, exploration, destinations, contested },
        ...{ step: 400, limit, riskLevel: risk },
      }) ?? Number.POSITIVE_INFINITY,
  );
  const within = (n: number) => (Number.isFinite(n) ? Math.round(n) : null);
  return {
    limitUniform: limitOf(second(own, 1 - exploration + own)),
    limitHalf: limitOf(second(0.5, 0.5)),
    fixedAb: Math.round((z * z * second(0.5, 0.5)) / gain ** 2),
    trackAndStop: { median: Math.round(median(tracked)), likely: Math.round(quantile(tracked, 0.8)) },
    gateOverLogs: { median: within(median(gated)), likely: within(quantile(gated, 0.8)) },
  };
}

/** Decisions until the generalised likelihood ratio of the two arms passes log((1 + log t) / risk). */
function trackAndStop(seed: string, { contested, base, gain }: TrialWorld, risk: number): number {
  const rng = createRng(seed);
  const arms = [
    { sum: 0, count: 0 },
    { sum: 0, count: 0 },
  ];
  for (let decisions = 1; ; decisions++) {
    if (rng.next() >= contested) continue;
    const arm = arms[0].count <= arms[1].count ? 0 : 1;
    const mean = base + (arm === 1 ? gain / contested : 0);
    arms[arm].count++;
    arms[arm].sum += rng.next() < mean ? 1 : 0;
    const [a, b] = arms;
    const t = a.count + b.count;
    if (Math.min(a.count, b.count) < 10 || b.sum / b.count <= a.sum / a.count) continue;
    const pooled = (a.sum + b.sum) / t;
    const ratio = [a, b].reduce((s, x) => s + x.count * divergence(x.sum / x.count, pooled), 0);
    if (ratio > Math.log((1 + Math.log(t)) / risk)) return decisions;
  }
}

/** Kullback-Leibler divergence between Bernoulli distributions. */
function divergence(p: number, q: number): number {
  const term = (x: number, y: number) => (x <= 0 ? 0 : x * Math.log(x / y));
  return term(p, q) + term(1 - p, 1 - q);
}
