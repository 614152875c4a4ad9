import { checkArgument } from "../core/arguments.js";
import type { Rng } from "../math/rng.js";
import { PATTERN_DEFAULTS } from "./defaults.js";
import { groupNumbers, weightsOf } from "./grouped.js";
import { stepDownMaxT } from "./max-t.js";

/** A rated run with its measurements. */
export interface MeasuredRun {
  workflowType: string;
  metrics: Readonly<Record<string, number>>;
  reward: number;
  /** Whose runs stay together; default each run by itself. */
  group?: string;
  /** False where the run broke off: its counts and times stop short. */
  finished?: boolean;
}

/** How a metric goes with the reward of one workflow type. */
export interface MetricCorrelation {
  workflowType: string;
  metric: string;
  /** Spearman's rank correlation with the reward, and its 95 % interval (Fonseca and Caruso: Fisher's z with variance 1.06/(n-3)). */
  correlation: number;
  lower: number;
  upper: number;
  runs: number;
  /** Adjusted for all metrics and workflow types together. */
  pValue: number;
  significant: boolean;
  /**
   * Set where it only tells how runs ended: runs that broke off have less of everything but errors, and among those
   * that finished it does not hold.
   */
  echoesOutcome?: true;
}

/** How correlations of metrics with the reward are tested. */
export interface CorrelationOptions {
  /** False discovery rate; default 0.05. */
  fdr?: number;
  /** Permutations; default 999. */
  permutations?: number;
  /** Fewest rated runs of a workflow type; default 10. */
  minRuns?: number;
  /** Called between steps of long work; what it throws ends it. */
  onStep?: () => void;
  rng: Rng;
}

/**
 * Rank correlations of every metric with the reward within each workflow type, tested together by
 * step-down max-T, so that metrics which go together (tokens and cost) are not counted as separate luck.
 * A metric that some run of a type lacks (the cost, where a price is not known) is left out for that type.
 * @example
 * ```ts
 * const runs = Array.from({ length: 30 }, (_, i) => ({
 *   workflowType: "support",
 *   metrics: { tokens: i },
 *   reward: i / 30,
 * }));
 * metricCorrelations(runs, { rng: createRng(1) })[0]?.correlation; // 1
 * ```
 */
export function metricCorrelations(runs: readonly MeasuredRun[], options: CorrelationOptions): MetricCorrelation[] {
  checkArgument(runs, "runs", "objects", "PATTERN_INVALID");
  checkArgument(options, "options", { rng: { next: "function" } }, "PATTERN_INVALID");
  const {
    fdr = PATTERN_DEFAULTS.fdr,
    permutations = PATTERN_DEFAULTS.permutations,
    minRuns = 10,
    onStep,
    rng,
  } = options;
  const types = new Map<string, MeasuredRun[]>();
  for (const run of runs) {
    const list = types.get(run.workflowType);
    if (list) list.push(run);
    else types.set(run.workflowType, [run]);
  }
  const blocks = [...types]
    .filter(([, list]) => list.length >= minRuns)
    .map(([workflowType, list]) => {
      const names = [...new Set(list.flatMap((r) => Object.keys(r.metrics)))].sort();
      const complete = names.filter((m) => list.every((r) => Number.isFinite(r.metrics[m])));
      const groupOf = groupNumbers(list.map((r, i) => r.group ?? `${i}`));
      // A person of very many runs would be the whole correlation.
      const weights = groupOf && weightsOf(groupOf, new Int32Array(list.length));
      const columns = complete.map((m) => ({
        metric: m,
        ranks: standardRanks(
          list.map((r) => r.metrics[m]),
          weights,
        ),
      }));
      const rewards = list.map((r) => r.reward);
      return {
        workflowType,
        list,
        groupOf,
        rewards: standardRanks(rewards, weights),
        columns: columns.filter((c) => c.ranks.some((v) => v !== 0)),
      };
    });
  const all = blocks.flatMap((b) => b.columns.map((c) => ({ ...c, block: b })));
  const correlate = (ranks: Float64Array, rewards: Float64Array) => {
    let sum = 0;
    for (let i = 0; i < ranks.length; i++) sum += ranks[i] * rewards[i];
    return sum;
  };
  const observed = Float64Array.from(all, (c) => correlate(c.ranks, c.block.rewards));
  const parts = all.map((c) => c.block.groupOf && partsOf(c.ranks, c.block.rewards, c.block.groupOf));
  // Of grouped runs: divided by the spread over groups, to be turned by whole groups (see `groupedTest`).
  const scale = all.map((c, k) => {
    const squares = parts[k]?.reduce((s, v) => s + v * v, 0);
    return squares === undefined ? Math.sqrt(c.ranks.length - 1) : squares > 1e-12 ? 1 / Math.sqrt(squares) : 0;
  });
  const pValues = stepDownMaxT(
    observed.map((r, k) => (all[k]?.block.rewards.some((v) => v !== 0) ? Math.abs(r) * scale[k] : Number.NaN)),
    (into) => {
      onStep?.();
      const signs = new Map<(typeof blocks)[number], Int8Array>();
      for (const b of blocks)
        if (b.groupOf)
          signs.set(
            b,
            Int8Array.from(b.groupOf, () => (rng.next() < 0.5 ? 1 : -1)),
          );
        else shuffleInPlace(b.rewards, rng);
      for (const [k, c] of all.entries()) {
        const turned = signs.get(c.block);
        const part = parts[k];
        const sum =
          turned && part ? part.reduce((s, v, g) => s + turned[g] * v, 0) : correlate(c.ranks, c.block.rewards);
        into[k] = Math.abs(sum) * scale[k];
      }
    },
    permutations,
  );
  return all
    .map((c, k): MetricCorrelation => {
      const n = c.ranks.length;
      const r = Math.max(-1, Math.min(1, observed[k]));
      const pValue = pValues[k];
      return {
        workflowType: c.block.workflowType,
        metric: c.metric,
        correlation: r,
        ...intervalOf(r, c.block.groupOf ? groupedError(c.ranks, c.block.rewards, c.block.groupOf, r) : usualError(n)),
        runs: n,
        pValue: Number.isNaN(pValue) ? 1 : pValue,
        significant: pValue <= fdr,
        ...(pValue <= fdr && onlyTellsTheEnd(c.block.list, c.metric, r, minRuns) && { echoesOutcome: true as const }),
      };
    })
    .sort((a, b) => Math.abs(b.correlation) - Math.abs(a.correlation));
}

/** Metrics that a failure itself raises; it lowers all others, since a run that breaks off has less of everything. */
const ERRORS = new Set(["retries", "toolErrors"]);

/** Whether a correlation is one that breaking off makes by itself, and nothing of it is left among finished runs. */
function onlyTellsTheEnd(runs: readonly MeasuredRun[], metric: string, r: number, minRuns: number): boolean {
  const finished = runs.filter((run) => run.finished !== false);
  if (finished.length === runs.length || r > 0 === ERRORS.has(metric)) return false;
  if (finished.length < minRuns) return true;
  const ranks = standardRanks(finished.map((run) => run.metrics[metric]));
  const rewards = standardRanks(finished.map((run) => run.reward));
  const left = ranks.reduce((sum, v, i) => sum + v * rewards[i], 0);
  const { lower, upper } = intervalOf(left, usualError(finished.length));
  return r > 0 ? lower <= 0 : upper >= 0;
}

/** A 95 % interval from the standard error of Fisher's transform. */
function intervalOf(r: number, error: number): { lower: number; upper: number } {
  const z = Math.atanh(Math.max(-0.999999, Math.min(0.999999, r)));
  return { lower: Math.tanh(z - 1.959963985 * error), upper: Math.tanh(z + 1.959963985 * error) };
}

/** Of independent runs (Fieller, Hartley & Pearson, 1957). */
const usualError = (runs: number) => Math.sqrt(1.06 / (runs - 3));

/** Of runs in groups: what each group adds to the correlation, as a whole. */
function groupedError(ranks: Float64Array, rewards: Float64Array, groupOf: Int32Array, r: number): number {
  const influence = partsOf(ranks, rewards, groupOf);
  const [own, theirs] = [partsOf(ranks, ranks, groupOf), partsOf(rewards, rewards, groupOf)];
  const groups = influence.length;
  const square = influence.reduce((sum, v, g) => sum + (v - (r / 2) * (own[g] + theirs[g])) ** 2, 0);
  return Math.sqrt((square * groups) / Math.max(1, groups - 1)) / Math.max(1e-6, 1 - r * r);
}

/** Each group's part of a correlation. */
function partsOf(ranks: Float64Array, rewards: Float64Array, groupOf: Int32Array): Float64Array {
  const parts = new Float64Array(groupOf.reduce((most, g) => Math.max(most, g + 1), 0));
  groupOf.forEach((g, i) => {
    parts[g] = parts[g] + ranks[i] * rewards[i];
  });
  return parts;
}

function shuffleInPlace(values: Float64Array, rng: Rng): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = rng.int(i + 1);
    const t = values[i];
    values[i] = values[j];
    values[j] = t;
  }
}

/**
 * Mid-ranks, centred, with Euclidean length one (all zero when the values are constant). With weights both are weighted,
 * and each rank comes times the root of its weight, so that products of two add up to the weighted correlation.
 */
function standardRanks(values: readonly number[], weights?: Float64Array): Float64Array {
  const order = Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  const ranks = new Float64Array(values.length);
  for (let i = 0; i < order.length; ) {
    let j = i;
    while (j + 1 < order.length && values[order[j + 1]] === values[order[i]]) j++;
    for (let k = i; k <= j; k++) ranks[order[k]] = (i + j) / 2;
    i = j + 1;
  }
  let centre = (values.length - 1) / 2;
  if (weights) centre = ranks.reduce((sum, v, i) => sum + weights[i] * v, 0) / weights.reduce((a, w) => a + w, 0);
  let length = 0;
  for (let i = 0; i < ranks.length; i++) {
    ranks[i] = (ranks[i] - centre) * Math.sqrt(weights?.[i] ?? 1);
    length += ranks[i] ** 2;
  }
  return length > 1e-12 ? ranks.map((r) => r / Math.sqrt(length)) : ranks.fill(0);
}
