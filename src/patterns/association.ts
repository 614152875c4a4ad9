import { checkArgument } from "../core/arguments.js";
import type { Rng } from "../math/rng.js";
import { PATTERN_DEFAULTS } from "./defaults.js";
import { groupedTest, type TestedRuns } from "./grouped.js";
import { stepDownMaxT } from "./max-t.js";

/** Rated runs and the features whose association with the reward is in question. */
export interface AssociationData extends TestedRuns {
  /** Number of each run's group: runs of one are not independent and stay together; absent: every run by itself. */
  groupOf?: Int32Array;
}

/** How associations are tested. */
export interface AssociationOptions {
  /** False discovery rate; default 0.05. */
  fdr?: number;
  /** Permutations; default 999. */
  permutations?: number;
  /** Fewest rated runs with and without a feature for it to be tested; default 5. */
  minRuns?: number;
  /** Called between steps of long work; what it throws ends it. */
  onStep?: () => void;
  rng: Rng;
}

/** How a feature goes with the reward. */
export interface Association {
  /** Rated runs with and without the feature. */
  runsWith: number;
  runsWithout: number;
  /** Mean rewards; where there is no rated run of a kind, the mean of all. */
  meanWith: number;
  meanWithout: number;
  /** `meanWith - meanWithout` and its 95 % interval, for this feature alone. */
  difference: number;
  lower: number;
  upper: number;
  /** `meanWith` divided by the mean of all rated runs. */
  lift: number;
  /** Adjusted for every feature tested together; 1 when not tested. */
  pValue: number;
  /** `better` or `worse` at the false discovery rate asked for, `none`, or `untested` with too few runs. */
  verdict: "better" | "worse" | "none" | "untested";
}

/**
 * Tests all features together: the difference of mean rewards within strata, divided by its exact
 * permutation standard deviation, judged by step-down max-T. Intervals are those of Agresti and Caffo
 * (2000), which stay honest for few runs and for rewards that are all 0 or all 1. Where runs are grouped, see
 * `groupedTest`.
 * @example
 * ```ts
 * const [withTool] = testAssociations(
 *   {
 *     rewards: Float64Array.of(1, 1, 1, 0, 0, 0),
 *     strata: new Int32Array(6),
 *     classOf: Int32Array.of(0, 0, 0, 1, 1, 1), // what each run looks like
 *     classes: 2,
 *     members: [[0]], // one feature, which the runs of class 0 have
 *   },
 *   { rng: createRng(1), minRuns: 3 },
 * );
 * withTool?.difference; // 1
 * ```
 */
export function testAssociations(data: AssociationData, options: AssociationOptions): Association[] {
  checkArgument(data, "data", "object", "PATTERN_INVALID");
  checkArgument(options, "options", { rng: { next: "function" } }, "PATTERN_INVALID");
  const {
    fdr = PATTERN_DEFAULTS.fdr,
    permutations = PATTERN_DEFAULTS.permutations,
    minRuns = PATTERN_DEFAULTS.minRuns,
    onStep,
    rng,
  } = options;
  const cells = summarise(data);
  const merged = mergeClasses(data);
  const strata = orderByStratum(data, merged.classOf);
  const scale = permutationScale(data, merged, strata);
  const sums = new Float64Array(merged.classes);
  const statisticsOf = (rewards: Float64Array, into: Float64Array): void => {
    sums.fill(0);
    for (let k = 0; k < rewards.length; k++) {
      const c = strata.classOf[k];
      sums[c] = sums[c] + rewards[k];
    }
    for (let f = 0; f < into.length; f++) {
      const sd = scale.sd[f];
      let sum = 0;
      const members = merged.members[f];
      for (let m = 0; m < members.length; m++) sum += sums[members[m]];
      into[f] = sd > 0 ? Math.abs(sum - scale.mean[f]) / sd : Number.NaN;
    }
  };
  const grouped = data.groupOf && groupedTest(data, data.groupOf, rng);
  const observed = grouped?.observed ?? new Float64Array(data.members.length);
  if (!grouped) statisticsOf(strata.rewards, observed);
  for (const [f, cell] of cells.entries())
    if (cell.runsWith < minRuns || cell.runsWithout < minRuns) observed[f] = Number.NaN;
  const shuffledRewards = strata.rewards.slice();
  const pValues = stepDownMaxT(
    observed,
    (into) => {
      onStep?.();
      if (grouped) {
        grouped.turned(into);
        return;
      }
      for (const { from, to } of strata.ranges)
        for (let i = to - 1; i > from; i--) {
          const j = from + rng.int(i - from + 1);
          const t = shuffledRewards[i];
          shuffledRewards[i] = shuffledRewards[j];
          shuffledRewards[j] = t;
        }
      statisticsOf(shuffledRewards, into);
    },
    permutations,
  );
  return cells.map((cell, f) => {
    const pValue = pValues[f];
    const better = scale.observedSum(f) > scale.mean[f];
    // Where one group has most of the runs, the means may say the opposite of what groups do.
    const agreed = pValue <= fdr && (grouped?.better[f] ?? better) === better;
    const verdict = Number.isNaN(pValue) ? "untested" : !agreed ? "none" : better ? "better" : "worse";
    return { ...cell, pValue: Number.isNaN(pValue) ? 1 : pValue, verdict };
  });
}

type Cell = Omit<Association, "pValue" | "verdict">;

function summarise(data: AssociationData): Cell[] {
  const { rewards, classOf, classes, strata } = data;
  const byClass = new Moments(classes);
  const byStratum = new Moments(strata.reduce((m, s) => Math.max(m, s + 1), 0));
  const all = new Moments(1);
  for (let i = 0; i < rewards.length; i++) {
    const r = rewards[i];
    byClass.add(classOf[i], r);
    byStratum.add(strata[i], r);
    all.add(0, r);
  }
  return data.members.map((members, f) => {
    let [runsWith, sumWith, squareWith] = [0, 0, 0];
    for (let m = 0; m < members.length; m++) {
      const c = members[m];
      runsWith += byClass.n[c];
      sumWith += byClass.sum[c];
      squareWith += byClass.square[c];
    }
    const scope = data.scope?.[f];
    const [n, sum, square] = scope === undefined ? all.of(0) : byStratum.of(scope);
    const runsWithout = n - runsWith;
    const sumWithout = sum - sumWith;
    const overall = n === 0 ? 0 : sum / n;
    const meanWith = runsWith === 0 ? overall : sumWith / runsWith;
    const meanWithout = runsWithout === 0 ? overall : sumWithout / runsWithout;
    return {
      runsWith,
      runsWithout,
      meanWith,
      meanWithout,
      difference: meanWith - meanWithout,
      ...differenceInterval(runsWith, sumWith, squareWith, runsWithout, sumWithout, square - squareWith),
      lift: overall === 0 ? 1 : meanWith / overall,
    };
  });
}

/** Counts, sums and sums of squares by group. */
class Moments {
  readonly n: Float64Array;
  readonly sum: Float64Array;
  readonly square: Float64Array;

  constructor(groups: number) {
    this.n = new Float64Array(groups);
    this.sum = new Float64Array(groups);
    this.square = new Float64Array(groups);
  }

  add(group: number, value: number): void {
    this.n[group] = this.n[group] + 1;
    this.sum[group] = this.sum[group] + value;
    this.square[group] = this.square[group] + value * value;
  }

  of(group: number): [n: number, sum: number, square: number] {
    return [this.n[group] ?? 0, this.sum[group] ?? 0, this.square[group] ?? 0];
  }
}

/** The 97.5 % quantile of the normal distribution. */
const Z_975 = 1.959963985;

/**
 * 95 % interval of a difference of two means of rewards in [0,1], given counts, sums and sums of squares;
 * each side gets one more 0 and one more 1 (Agresti and Caffo, 2000).
 * @example
 * ```ts
 * const { lower, upper } = differenceInterval(100, 80, 75, 100, 50, 45);
 * lower > 0; // true
 * ```
 */
export function differenceInterval(
  n1: number,
  sum1: number,
  square1: number,
  n2: number,
  sum2: number,
  square2: number,
) {
  const first = withOneMorePair(n1, sum1, square1);
  const second = withOneMorePair(n2, sum2, square2);
  const difference = first.mean - second.mean;
  const half = Z_975 * Math.sqrt(first.meanVariance + second.meanVariance);
  return { lower: Math.max(-1, difference - half), upper: Math.min(1, difference + half) };
}

/**
 * Mean and its variance with one more 0 and one more 1: the paper's p~ = (x + 1) / (n + 2) and p~(1 - p~) / (n + 2), the
 * latter by the squares, for rewards may lie between 0 and 1.
 */
function withOneMorePair(n: number, sum: number, square: number) {
  const count = n + 2;
  const mean = (sum + 1) / count;
  return { mean, meanVariance: Math.max(0, (square + 1) / count - mean * mean) / count };
}

interface MergedClasses {
  classOf: Int32Array;
  classes: number;
  members: Int32Array[];
}

/** Merges classes that no feature tells apart, by refining one class feature by feature. */
function mergeClasses(data: AssociationData): MergedClasses {
  const label = new Int32Array(data.classes);
  let labels = 1;
  for (const members of data.members) {
    const split = new Map<number, number>();
    for (let m = 0; m < members.length; m++) {
      const c = members[m];
      const old = label[c];
      let fresh = split.get(old);
      if (fresh === undefined) {
        fresh = labels++;
        split.set(old, fresh);
      }
      label[c] = fresh;
    }
  }
  return {
    classes: labels,
    classOf: data.classOf.map((c) => label[c]),
    members: data.members.map((members) => {
      const set = new Set<number>();
      for (let m = 0; m < members.length; m++) set.add(label[members[m]]);
      return Int32Array.from(set);
    }),
  };
}

interface Strata {
  rewards: Float64Array;
  classOf: Int32Array;
  ranges: { from: number; to: number }[];
}

/** The runs with those of one stratum side by side. */
function orderByStratum(data: AssociationData, classOf: Int32Array): Strata {
  const order = Int32Array.from(data.rewards.keys()).sort((a, b) => data.strata[a] - data.strata[b] || a - b);
  const ranges: { from: number; to: number }[] = [];
  for (let k = 0; k < order.length; k++) {
    const same = k > 0 && data.strata[order[k]] === data.strata[order[k - 1]];
    if (same) (ranges.at(-1) as { to: number }).to = k + 1;
    else ranges.push({ from: k, to: k + 1 });
  }
  return {
    rewards: Float64Array.from(order, (i) => data.rewards[i]),
    classOf: order.map((i) => classOf[i]),
    ranges,
  };
}

/**
 * Mean and standard deviation, over all permutations within strata, of each feature's reward sum: exact, as those of a
 * linear statistic of Strasser and Weber (1999). In a stratum of n runs, m of them with the feature, the sum has
 * mean m * mean(reward) and variance m (n - m) / (n (n - 1)) * sum of squared deviations.
 */
function permutationScale(data: AssociationData, merged: MergedClasses, strata: Strata) {
  const features = data.members.length;
  const mean = new Float64Array(features);
  const variance = new Float64Array(features);
  const sums = new Float64Array(merged.classes);
  const counts = new Float64Array(merged.classes);
  for (let k = 0; k < strata.rewards.length; k++) sums[strata.classOf[k]] = sums[strata.classOf[k]] + strata.rewards[k];
  for (const { from, to } of strata.ranges) {
    const n = to - from;
    counts.fill(0);
    let total = 0;
    let squaredDeviations = 0;
    for (let k = from; k < to; k++) {
      const c = strata.classOf[k];
      counts[c] = counts[c] + 1;
      total += strata.rewards[k];
    }
    for (let k = from; k < to; k++) squaredDeviations += (strata.rewards[k] - total / n) ** 2;
    for (let f = 0; f < features; f++) {
      let m = 0;
      for (const c of merged.members[f]) m += counts[c];
      mean[f] = mean[f] + (m * total) / n;
      variance[f] = variance[f] + (n < 2 ? 0 : (m * (n - m) * squaredDeviations) / (n * (n - 1)));
    }
  }
  return {
    mean,
    sd: variance.map((v) => (v > 1e-12 ? Math.sqrt(v) : 0)),
    observedSum: (f: number) => merged.members[f].reduce((s, c) => s + sums[c], 0),
  };
}
