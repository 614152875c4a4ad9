import { type EstimatorName, estimateValue, type IntervalMethod, type OpeRow } from "../../../src/evaluation/index.js";
import { createRng, drawIndex, type Rng } from "../../../src/math/rng.js";
import { median } from "../support/bench.js";

/** A world whose every number is known: kinds of contexts, rates of reward, both policies, a model. */
interface KnownWorld {
  kinds: number[];
  rates: number[][];
  logging: number[][];
  target: number[][];
  model: number[][];
  n: number;
}

const ESTIMATORS: readonly EstimatorName[] = ["ips", "clipped-ips", "snips", "dm", "dr", "switch-dr"];
/** The share of tries in which a 95 % interval should hold the truth. */
const LEVEL = 0.95;

/** What came of one estimator on one log. */
interface Result {
  estimator: EstimatorName;
  method: IntervalMethod;
  ess: number;
  error: number;
  covered: boolean;
  /** Width over that of the interval from the true standard error. */
  widthRatio: number;
}

/** One estimator's and interval's record over the logs. */
export interface CoverageRow {
  estimator: EstimatorName;
  method: IntervalMethod;
  logs: number;
  coverage: number;
  rmse: number;
  /** Median width over the width of an interval that knows the true standard error. */
  widthRatio: number;
}

/** Estimates the value of a random policy in `worlds` random worlds from `logs` logs each. */
export function coverage(worlds: number, logs: number, seed: string, methods: readonly IntervalMethod[]): Result[] {
  const results: Result[] = [];
  for (let i = 0; i < worlds; i++) {
    const rng = createRng(`${seed}/${i}`);
    const world = randomKnownWorld(rng);
    const truth = average(world, (k) => dot(world.target[k], world.rates[k]));
    for (let log = 0; log < logs; log++) results.push(...judge(world, draw(world, rng), truth, methods, i));
  }
  return results;
}

function judge(
  world: KnownWorld,
  rows: readonly OpeRow[],
  truth: number,
  methods: readonly IntervalMethod[],
  seed: number,
): Result[] {
  if (!rows.some((r) => r.target > 0)) return [];
  return ESTIMATORS.flatMap((estimator) => {
    const knowing = 2 * 1.96 * Math.sqrt(trueVariance(world, estimator, truth) / world.n);
    return methods
      .filter((method) => estimator !== "snips" || method !== "empirical-bernstein")
      .map((method): Result => {
        const e = estimateValue(rows, { estimator, interval: method, level: LEVEL, seed });
        const { lower, upper } = e.interval;
        return {
          estimator,
          method,
          ess: e.overlap.effectiveSampleSize,
          error: e.value - truth,
          covered: lower <= truth && truth <= upper,
          widthRatio: (upper - lower) / Math.min(1, knowing),
        };
      });
  });
}

/** Sums results up for those with an effective sample size in [floor, ceiling). */
export function summarise(
  results: readonly Result[],
  floor: number,
  ceiling = Number.POSITIVE_INFINITY,
): CoverageRow[] {
  const groups = new Map<string, Result[]>();
  for (const r of results) {
    if (r.ess < floor || r.ess >= ceiling) continue;
    const key = `${r.estimator}|${r.method}`;
    groups.set(key, [...(groups.get(key) ?? []), r]);
  }
  return [...groups.values()].map((group) => {
    const { estimator, method } = group[0];
    return {
      estimator,
      method,
      logs: group.length,
      coverage: group.filter((r) => r.covered).length / group.length,
      rmse: Math.sqrt(group.reduce((s, r) => s + r.error ** 2, 0) / group.length),
      widthRatio: median(group.map((r) => r.widthRatio)),
    };
  });
}

/** Sizes, overlaps and model qualities such as decision points have, from kind to hostile. */
function randomKnownWorld(rng: Rng): KnownWorld {
  const kinds = 1 + rng.int(8);
  const candidates = 2 + rng.int(5);
  const each = <T>(make: () => T) => Array.from({ length: kinds }, make);
  const rates = each(() => Array.from({ length: candidates }, () => 0.05 + 0.9 * rng.next()));
  const exploration = [0.05, 0.1, 0.2, 0.5, 1][rng.int(5)];
  const logging = each(() => leaning(rng.int(candidates), candidates, exploration));
  const sharpness = rng.next() < 0.5 ? 0 : 0.3 * rng.next();
  const target = each(() => leaning(rng.int(candidates), candidates, sharpness));
  // The model is what averages over an earlier log of its own would give, from a few rows to many.
  const earlier = 5 * 10 ** (2 * rng.next());
  const model = rates.map((row, k) =>
    row.map((rate, a) => {
      const seen = Math.round((earlier * logging[k]?.[a] * candidates) / 2);
      let hits = 0;
      for (let s = 0; s < seen; s++) if (rng.next() < rate) hits++;
      return (hits + 1) / (seen + 2);
    }),
  );
  const n = Math.round(200 * 25 ** rng.next());
  return { kinds: normalised(each(() => 0.2 + rng.next())), rates, logging, target, model, n };
}

function draw(world: KnownWorld, rng: Rng): OpeRow[] {
  return Array.from({ length: world.n }, () => {
    const k = drawIndex(world.kinds, rng.next());
    const p = world.logging[k];
    const t = world.target[k];
    const q = world.model[k];
    const a = drawIndex(p, rng.next());
    return {
      reward: rng.next() < world.rates[k]?.[a] ? 1 : 0,
      propensity: p[a],
      target: t[a],
      model: { chosen: q[a], target: dot(t, q) },
    };
  });
}

/** Variance of one row's contribution, summed over all that can happen. */
function trueVariance(world: KnownWorld, estimator: EstimatorName, truth: number): number {
  let first = 0;
  let second = 0;
  world.kinds.forEach((share, k) => {
    const p = world.logging[k];
    p.forEach((propensity, a) => {
      const w = world.target[k]?.[a] / propensity;
      const q = world.model[k]?.[a];
      const expected = dot(world.target[k], world.model[k]);
      const rate = world.rates[k]?.[a];
      for (const [reward, chance] of [
        [1, rate],
        [0, 1 - rate],
      ] as const) {
        const kept = w <= 10;
        const x =
          estimator === "ips"
            ? w * reward
            : estimator === "clipped-ips"
              ? Math.min(w, 10) * reward
              : estimator === "snips"
                ? truth + w * (reward - truth)
                : expected + (estimator === "dr" || (estimator === "switch-dr" && kept) ? w * (reward - q) : 0);
        first += share * propensity * chance * x;
        second += share * propensity * chance * x * x;
      }
    });
  });
  return Math.max(1e-12, second - first * first);
}

function leaning(favourite: number, candidates: number, spread: number): number[] {
  return Array.from({ length: candidates }, (_, a) => spread / candidates + (a === favourite ? 1 - spread : 0));
}

function average(world: KnownWorld, of: (kind: number) => number): number {
  return world.kinds.reduce((s, p, k) => s + p * of(k), 0);
}

function normalised(values: number[]): number[] {
  const sum = values.reduce((s, v) => s + v, 0);
  return values.map((v) => v / sum);
}

function dot(a: readonly number[] | undefined, b: readonly number[] | undefined): number {
  return (a ?? []).reduce((s, v, i) => s + v * (b ?? [])[i], 0);
}
