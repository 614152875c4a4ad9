import { LearningError, messageOf } from "../core/index.js";
import { createRng, shuffled } from "../math/rng.js";
import { groupedFolds, mixtureWeights } from "./blend.js";
import { Calibration, type CalibrationSnapshot } from "./calibration.js";
import type { FittedMember, MemberSnapshot, RewardMember } from "./members/member.js";

/** Rated runs that a model needs: of all, of a tenant, of a type of workflow. */
export const LEAST_ROWS = 20;
const FOLDS = 5;
/** Up to this many rows the out-of-fold predictions are averaged over two splits: weights on few rows are noisy. */
const REPEAT_BELOW = 600;
/** From more rows than this on, members that the blend has no use for in the first fold are not fitted on the others. */
const RACE_ABOVE = 1000;
/** Predictions spent on permutation importances at most, per member. */
const IMPORTANCE_BUDGET = 5000;

/** What {@link fitTarget} works on. */
export interface TargetData {
  x: readonly Float64Array[];
  y: Float64Array;
  group: readonly string[];
  seed: number;
  members: readonly RewardMember[];
  cancelled?: () => boolean;
  onProgress?: (share: number) => void;
}

/** What is known of a fitted target. Errors are root mean squares, out of fold. */
export interface TargetReport {
  rows: number;
  /** Smallest and largest training value, their mean and variance. */
  low: number;
  high: number;
  mean: number;
  variance: number;
  /** Error of the blend, its weights taken from the other folds. */
  rmse: number;
  /** A member that left the race early has the error of the fold it took part in. */
  members: { kind: string; weight: number; rmse?: number; failure?: string }[];
  /** By how much the blend's mean squared error grows when a column is shuffled (Breiman, 2001). */
  importance: Float64Array;
  /** The same for each member by itself. */
  memberImportance: Record<string, number[]>;
  /** Young types whose own rows count beside those of all, with this weight in (0,1]; absent where there are none. */
  own?: { type: string; rows: number; weight: number }[];
}

/** The model of one target as plain JSON. */
export interface TargetSnapshot {
  report: Omit<TargetReport, "importance"> & { importance: number[] };
  members: MemberSnapshot[];
  calibration: CalibrationSnapshot;
}

/** The blend that predicts one target. */
export class TargetModel {
  constructor(
    readonly report: TargetReport,
    private readonly fitted: readonly { kind: string; weight: number; member: FittedMember }[],
    public calibration: Calibration,
    /** The blend's out-of-fold prediction of each training row; absent after a restore. */
    readonly outOfFold?: { mean: Float64Array; spread: Float64Array },
  ) {}

  /** The blend, and the weighted standard deviation of its members around it. */
  predict(x: readonly Float64Array[]): { mean: Float64Array; spread: Float64Array } {
    return blended(
      this.fitted.map((f) => f.member.predict(x)),
      this.fitted.map((f) => f.weight),
      x.length,
      this.report,
    );
  }

  predictMembers(x: readonly Float64Array[]): Record<string, Float64Array> {
    return Object.fromEntries(this.fitted.map((f) => [f.kind, f.member.predict(x)]));
  }

  /** Takes further rows into the members that learn at once; the calibration stays. */
  learn(x: readonly Float64Array[], y: Float64Array): void {
    for (const { member } of this.fitted) member.update?.(x, y);
  }

  async snapshot(): Promise<TargetSnapshot> {
    const members: MemberSnapshot[] = [];
    for (const { member } of this.fitted) members.push(await member.snapshot());
    return {
      report: { ...this.report, importance: Array.from(this.report.importance) },
      members,
      calibration: this.calibration.snapshot(),
    };
  }

  dispose(): void {
    for (const { member } of this.fitted) member.dispose();
  }
}

/** Fits all members out of fold, weighs them, calibrates, and fits those with a weight on all rows. */
export async function fitTarget(data: TargetData): Promise<TargetModel> {
  const { x, y, group, seed, cancelled } = data;
  const n = y.length;
  const repeats = n <= REPEAT_BELOW ? 2 : 1;
  const steps = data.members.length * (FOLDS * repeats + 1);
  let done = 0;
  const candidates = data.members.map((member) => new Candidate(member, n, x[0]?.length ?? 0));
  const splits = Array.from({ length: repeats }, (_, r) => groupedFolds(group, FOLDS, seed + r));
  for (const [r, split] of splits.entries()) {
    if (r > 0) dropUseless(candidates, y, [...y.keys()], repeats / r);
    for (let k = 0; k < FOLDS; k++) {
      const train = [...y.keys()].filter((i) => split[i] !== k);
      const test = [...y.keys()].filter((i) => split[i] === k);
      if (train.length === 0 || test.length === 0) continue;
      if (n > RACE_ABOVE && k === 1)
        dropUseless(
          candidates,
          y,
          [...y.keys()].filter((i) => split[i] === 0),
        );
      for (const candidate of candidates) {
        if (cancelled?.()) throw stopped();
        await candidate.outOfFold(data, train, test, 1 / repeats, seed + r, r === 0);
        data.onProgress?.(++done / steps);
      }
    }
  }
  const working = candidates.filter((c) => c.failure === undefined && c.dropped === undefined);
  if (working.length === 0) throw stopped(candidates.map((c) => `${c.member.kind}: ${c.failure}`).join("; "));
  const predictions = working.map((c) => c.predictions);
  const weights = mixtureWeights(predictions, y);
  const honest = honestBlend(predictions, y, splits[0]);
  const mean = y.reduce((a, b) => a + b, 0) / n;
  const fitted: { kind: string; weight: number; member: FittedMember }[] = [];
  for (const [a, candidate] of working.entries()) {
    if (cancelled?.()) throw stopped();
    const weight = weights[a];
    if (weight > 0)
      fitted.push({
        kind: candidate.member.kind,
        weight,
        member: await candidate.member.fit({ x, y, seed, cancelled }),
      });
  }
  data.onProgress?.(1);
  const report: TargetReport = {
    rows: n,
    low: y.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    high: y.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
    mean,
    variance: y.reduce((a, b) => a + (b - mean) ** 2, 0) / n,
    rmse: rootMeanSquare(honest.mean, y),
    members: candidates.map((c) => {
      const at = working.indexOf(c);
      if (at < 0) return { kind: c.member.kind, weight: 0, rmse: c.dropped, failure: c.failure };
      return { kind: c.member.kind, weight: weights[at], rmse: rootMeanSquare(c.predictions, y) };
    }),
    ...importances(working, weights, y),
  };
  return new TargetModel(report, fitted, Calibration.fit(honest.mean, honest.spread, y), honest);
}

/** One member while its worth is measured. */
class Candidate {
  readonly predictions: Float64Array;
  /** Out-of-fold predictions of some rows with one column shuffled: column, row, prediction. */
  readonly shuffledPredictions: { column: number; row: number; value: number }[] = [];
  failure: string | undefined;
  /** Its error in the fold it took part in, where it left the race. */
  dropped: number | undefined;

  constructor(
    readonly member: RewardMember,
    rows: number,
    private readonly columns: number,
  ) {
    this.predictions = new Float64Array(rows);
  }

  async outOfFold(
    { x, y, cancelled }: TargetData,
    train: readonly number[],
    test: readonly number[],
    share: number,
    seed: number,
    measureImportance: boolean,
  ): Promise<void> {
    if (this.failure !== undefined || this.dropped !== undefined) return;
    try {
      const fitted = await this.member.fit({
        x: train.map((i) => x[i]),
        y: Float64Array.from(train, (i) => y[i]),
        seed,
        cancelled,
        isDraft: true,
      });
      const rows = test.map((i) => x[i]);
      const predicted = fitted.predict(rows);
      test.forEach((i, k) => {
        this.predictions[i] = this.predictions[i] + share * predicted[k];
      });
      if (measureImportance) this.shuffleColumns(fitted, rows, test, y.length, seed);
      fitted.dispose();
      if (!predicted.every(Number.isFinite)) this.failure = "predicted what is not a number";
    } catch (error) {
      this.failure = messageOf(error);
    }
  }

  private shuffleColumns(
    fitted: FittedMember,
    rows: readonly Float64Array[],
    test: readonly number[],
    n: number,
    seed: number,
  ): void {
    const budget = Math.floor((IMPORTANCE_BUDGET / this.columns) * (test.length / n));
    const used = Math.min(test.length, Math.max(1, budget));
    const changed: Float64Array[] = [];
    const labels: { column: number; row: number }[] = [];
    for (let column = 0; column < this.columns; column++) {
      const donors = shuffled(rows, createRng(seed).fork(`column ${column}`));
      for (let k = 0; k < used; k++) {
        const row = rows[k].slice();
        row[column] = donors[k][column];
        changed.push(row);
        labels.push({ column, row: test[k] });
      }
    }
    fitted.predict(changed).forEach((value, k) => {
      this.shuffledPredictions.push({ ...labels[k], value });
    });
  }
}

/**
 * Ends the race for members that get no weight in the rows predicted so far; the more rows, the surer that they never
 * will. `scale` makes up for splits that are still to come.
 */
function dropUseless(candidates: readonly Candidate[], y: Float64Array, done: readonly number[], scale = 1): void {
  const running = candidates.filter((c) => c.failure === undefined && c.dropped === undefined);
  if (running.length === 0 || done.length === 0) return;
  const target = Float64Array.from(done, (i) => y[i]);
  const predictions = running.map((c) => Float64Array.from(done, (i) => scale * c.predictions[i]));
  const weights = mixtureWeights(predictions, target);
  running.forEach((c, a) => {
    if (weights[a] === 0) c.dropped = rootMeanSquare(predictions[a], target);
  });
}

function importances(working: readonly Candidate[], weights: Float64Array, y: Float64Array) {
  const columns = 1 + (working[0]?.shuffledPredictions.reduce((a, s) => Math.max(a, s.column), -1) ?? -1);
  const growth = (shuffledOf: (k: number) => number, plainOf: (row: number) => number) => {
    const sums = new Float64Array(columns);
    const counts = new Float64Array(columns);
    working[0]?.shuffledPredictions.forEach(({ column, row }, k) => {
      const target = y[row];
      sums[column] = sums[column] + (shuffledOf(k) - target) ** 2 - (plainOf(row) - target) ** 2;
      counts[column] = counts[column] + 1;
    });
    return sums.map((s, j) => s / Math.max(1, counts[j]));
  };
  const mixed = (of: (c: Candidate) => number) => working.reduce((sum, c, a) => sum + weights[a] * of(c), 0);
  return {
    importance: growth(
      (k) => mixed((c) => c.shuffledPredictions[k]?.value),
      (row) => mixed((c) => c.predictions[row]),
    ),
    memberImportance: Object.fromEntries(
      working.map((c) => [
        c.member.kind,
        Array.from(
          growth(
            (k) => c.shuffledPredictions[k]?.value,
            (row) => c.predictions[row],
          ),
        ),
      ]),
    ),
  };
}

/** Blends each fold by the weights that the other folds give: errors nobody was fitted to. */
function honestBlend(predictions: readonly Float64Array[], y: Float64Array, split: Int32Array) {
  const n = y.length;
  const mean = new Float64Array(n);
  const spread = new Float64Array(n);
  for (let k = 0; k < FOLDS; k++) {
    const others = [...y.keys()].filter((i) => split[i] !== k);
    if (others.length === 0 || others.length === n) continue;
    const weights = Array.from(mixtureWeights(predictions, y, others));
    const part = blended(predictions, weights, n);
    for (let i = 0; i < n; i++) {
      if (split[i] !== k) continue;
      mean[i] = part.mean[i];
      spread[i] = part.spread[i];
    }
  }
  return { mean, spread };
}

function blended(
  predictions: readonly Float64Array[],
  weights: readonly number[],
  n: number,
  range?: { low: number; high: number },
): { mean: Float64Array; spread: Float64Array } {
  const mean = new Float64Array(n);
  const spread = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    predictions.forEach((p, a) => {
      sum += weights[a] * p[i];
    });
    let square = 0;
    predictions.forEach((p, a) => {
      square += weights[a] * (p[i] - sum) ** 2;
    });
    mean[i] = range ? Math.min(range.high, Math.max(range.low, sum)) : sum;
    spread[i] = Math.sqrt(square);
  }
  return { mean, spread };
}

/** Root of the mean squared difference. */
export function rootMeanSquare(predictions: Float64Array, y: Float64Array): number {
  return Math.sqrt(predictions.reduce((a, p, i) => a + (p - y[i]) ** 2, 0) / y.length);
}

function stopped(received = "a stop while it was fitted"): LearningError {
  return new LearningError("REWARD_INVALID", {
    received,
    expected: "at least one member that fits",
    remedy: "The model that served before goes on; the next cycle tries again.",
  });
}
