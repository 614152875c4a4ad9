import type { JudgedDecision } from "../../src/evaluation/index.js";
import { createRng, drawIndex, type Rng } from "../../src/math/rng.js";

/** A routing world of known truth: contexts are kinds, each with a reward rate per candidate. */
export interface World {
  /** Probability of each kind. */
  kinds: number[];
  /** `rates[kind][candidate]`: chance of reward 1. */
  rates: number[][];
}

/** A deterministic policy: the candidate for each kind. */
export type Table = number[];

/** A random world with `kinds` equally likely kinds. */
export function randomWorld(rng: Rng, kinds: number, candidates: number): World {
  return {
    kinds: Array.from({ length: kinds }, () => 1 / kinds),
    rates: Array.from({ length: kinds }, () => Array.from({ length: candidates }, () => rng.next())),
  };
}

/** True mean reward of a table policy. */
export function trueValue(world: World, table: Table): number {
  return world.kinds.reduce((s, p, k) => s + p * world.rates[k]?.[table[k]], 0);
}

/** All probability on one candidate. */
export function certain(candidate: number, candidates: number): number[] {
  return Array.from({ length: candidates }, (_, a) => (a === candidate ? 1 : 0));
}

/** The shadow mode's distribution: the fallback, except that a share explores uniformly. */
export function shadow(fallback: number, candidates: number, exploration: number): number[] {
  return certain(fallback, candidates).map((p) => p * (1 - exploration) + exploration / candidates);
}

/** Logs `n` decisions of the world in shadow mode and judges `target` against `fallback`. */
export function logDecisions(
  world: World,
  options: {
    n: number;
    rng: Rng;
    fallback: Table;
    target: Table;
    exploration: number;
    /** `model[kind][candidate]`; none by default. */
    model?: number[][];
  },
): JudgedDecision[] {
  const { n, rng, fallback, target, exploration, model } = options;
  const candidates = world.rates[0]?.length;
  return Array.from({ length: n }, () => {
    const kind = drawIndex(world.kinds, rng.next());
    const logging = shadow(fallback[kind], candidates, exploration);
    const chosen = drawIndex(logging, rng.next());
    const reward = rng.next() < world.rates[kind]?.[chosen] ? 1 : 0;
    return {
      reward,
      chosen,
      logging,
      target: certain(target[kind], candidates),
      baseline: certain(fallback[kind], candidates),
      ...(model && { model: model[kind] }),
    };
  });
}

export const seeded = (seed: number | string): Rng => createRng(seed);
