import type { Rng } from "../math/rng.js";
import type { AnalyzedRun } from "./run-view.js";

/**
 * Whose runs are not independent of each other: those of a `user`, of a `thread`, or those with the same value
 * of a field of their metadata (the task they are about, say). `run`: every run by itself.
 */
export type PatternGroup = "run" | "thread" | "user" | { metadata: string };

/** With fewer groups there are too few ways to turn their signs for any verdict. */
const LEAST_GROUPS = 8;

/**
 * The group of each run. Without an option users, where runs name at least eight of them, else threads, else none.
 * Runs that do not say what they are grouped by stand alone.
 */
export function groupOfRuns(runs: readonly AnalyzedRun[], option?: PatternGroup): (run: AnalyzedRun) => string {
  const known: Record<"thread" | "user", (run: AnalyzedRun) => string | undefined> = {
    user: (run) => run.userId,
    thread: (run) => run.threadId,
  };
  const enough = (of: (run: AnalyzedRun) => string | undefined) => new Set(runs.map(of)).size > LEAST_GROUPS;
  const kind = option ?? (enough(known.user) ? "user" : enough(known.thread) ? "thread" : "run");
  if (kind === "run") return (run) => run.id;
  const of =
    typeof kind === "string"
      ? known[kind]
      : (run: AnalyzedRun) => run.metadata?.[kind.metadata]?.toString() ?? undefined;
  return (run) => {
    const name = of(run);
    return name === undefined ? `run ${run.id}` : `group ${name}`;
  };
}

/** Numbers the groups; undefined where all are different, so that nothing has to be kept together. */
export function groupNumbers(names: readonly string[]): Int32Array | undefined {
  const numbers = new Map<string, number>();
  const of = Int32Array.from(names, (name) => {
    const known = numbers.get(name) ?? numbers.size;
    numbers.set(name, known);
    return known;
  });
  return numbers.size < names.length ? of : undefined;
}

/** Rated runs and the features whose association with the reward is in question. */
export interface TestedRuns {
  /** Reward of each rated run, in [0,1]. */
  rewards: Float64Array;
  /** Runs are compared within their stratum (the workflow type): rewards are shuffled only there. */
  strata: Int32Array;
  /** The class of each run; runs of one class have the same features. */
  classOf: Int32Array;
  classes: number;
  /** For each feature the classes that have it. */
  members: readonly ArrayLike<number>[];
  /** For each feature the stratum whose runs it is about (its workflow type); absent: all runs. */
  scope?: ArrayLike<number>;
}

/** A test of all features whose null distribution comes from turning the signs of whole groups. */
export interface GroupedTest {
  /** NaN where a feature does not vary. */
  observed: Float64Array;
  /** Whether the reward rises with the feature. */
  better: boolean[];
  turned(into: Float64Array): void;
}

/**
 * Statistics that keep groups together: of each feature the sum, over runs, of the reward's and the feature's
 * deviations from their means, divided by its spread over groups; under the null the deviations of a group are
 * as likely of one sign as of the other, for all features at once (wild cluster bootstrap with Rademacher
 * weights; Cameron, Gelbach & Miller 2008). A group of very many runs would set the means that all others deviate from:
 * its runs weigh less ({@link weightsOf}).
 * @param groupOf number of each run's group
 */
export function groupedTest(data: TestedRuns, groupOf: Int32Array, rng: Rng): GroupedTest {
  const runsOfClass: number[][] = Array.from({ length: data.classes }, () => []);
  data.classOf.forEach((c, i) => {
    runsOfClass[c].push(i);
  });
  const weights = weightsOf(groupOf, data.strata);
  const sizes = sumsBy(data.strata, weights);
  const residuals = centred(data.rewards, data.strata, weights, sizes);
  const groups = groupOf.reduce((most, g) => Math.max(most, g + 1), 0);
  const features = data.members.map((members, f) => {
    const runs = Array.from(members).flatMap((c) => runsOfClass[c]);
    const scope = data.scope?.[f];
    return byGroupOf(runs, groups, residuals, groupOf, data.strata, weights, sizes, scope);
  });
  const spread = features.map(({ values }) => Math.sqrt(values.reduce((s, v) => s + v * v, 0)));
  const signs = new Int8Array(groups).fill(1);
  const fill = (into: Float64Array) => {
    for (const [f, { numbers, values }] of features.entries()) {
      let sum = 0;
      for (let k = 0; k < values.length; k++) sum += signs[numbers[k]] * values[k];
      into[f] = spread[f] > 1e-12 ? Math.abs(sum) / spread[f] : Number.NaN;
    }
  };
  const observed = new Float64Array(features.length);
  fill(observed);
  return {
    observed,
    better: features.map(({ values }) => values.reduce((sum, v) => sum + v, 0) > 0),
    turned(into) {
      for (let g = 0; g < groups; g++) signs[g] = rng.next() < 0.5 ? 1 : -1;
      fill(into);
    },
  };
}

/** Each group's part of a feature's sum, by the groups' numbers. */
function byGroupOf(
  runs: readonly number[],
  groups: number,
  residuals: Float64Array,
  groupOf: Int32Array,
  strata: Int32Array,
  weights: Float64Array,
  sizes: Float64Array,
  scope: number | undefined,
): { numbers: Int32Array; values: Float64Array } {
  const has = new Map<number, number>();
  for (const i of runs) has.set(strata[i], (has.get(strata[i]) ?? 0) + weights[i]);
  const sums = new Float64Array(groups);
  const seen = new Uint8Array(groups);
  const order: number[] = [];
  const add = (i: number, weight: number) => {
    const g = groupOf[i];
    if (seen[g] === 0) order.push(g);
    seen[g] = 1;
    sums[g] = sums[g] + weight * weights[i] * residuals[i];
  };
  for (const i of runs) add(i, 1);
  for (let i = 0; i < residuals.length; i++) {
    const stratum = strata[i];
    if (scope !== undefined && scope !== stratum) continue;
    const share = (has.get(stratum) ?? 0) / sizes[stratum];
    if (share > 0) add(i, -share);
  }
  return { numbers: Int32Array.from(order), values: Float64Array.from(order, (g) => sums[g]) };
}

/** What each run weighs: 1, or less where its group is more than an eighth of all runs of its stratum. */
export function weightsOf(groupOf: Int32Array, strata: Int32Array): Float64Array {
  const sizes = new Map<number, Map<number, number>>();
  strata.forEach((s, i) => {
    const own = sizes.get(s) ?? new Map<number, number>();
    own.set(groupOf[i], (own.get(groupOf[i]) ?? 0) + 1);
    sizes.set(s, own);
  });
  const most = new Map([...sizes].map(([s, own]) => [s, mostOf([...own.values()])]));
  return Float64Array.from(strata, (s, i) => Math.min(1, (most.get(s) ?? 1) / (sizes.get(s)?.get(groupOf[i]) ?? 1)));
}

/** The weight of a group that makes the largest ones an eighth of the whole; with too few groups, that of the largest. */
function mostOf(sizes: readonly number[]): number {
  let most = sizes.reduce((a, b) => Math.max(a, b), 0);
  if (sizes.length <= LEAST_GROUPS) return most;
  const share = () => sizes.reduce((sum, n) => sum + Math.min(n, most), 0) / LEAST_GROUPS;
  for (let bound = share(); bound < most * (1 - 1e-9); bound = share()) most = bound;
  return most;
}

function sumsBy(strata: Int32Array, values: Float64Array): Float64Array {
  const sums = new Float64Array(strata.reduce((most, s) => Math.max(most, s + 1), 0));
  strata.forEach((s, i) => {
    sums[s] = sums[s] + values[i];
  });
  return sums;
}

/** Rewards less the weighted mean of their stratum. */
function centred(rewards: Float64Array, strata: Int32Array, weights: Float64Array, sizes: Float64Array): Float64Array {
  const sums = sumsBy(
    strata,
    rewards.map((r, i) => r * weights[i]),
  );
  return rewards.map((r, i) => r - sums[strata[i]] / sizes[strata[i]]);
}
