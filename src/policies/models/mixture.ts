import type { DriftState } from "../drift.js";
import { PageHinkley } from "../drift.js";
import type { PolicyInput, PolicyRow } from "../routing-policy.js";
import { doublingChunks } from "./doubling-chunks.js";
import type { ModelSnapshot, Parts, RewardEstimator } from "./model.js";
import { invalidSnapshot } from "./packed.js";

/** Learning rate of the weights: squared errors of rewards in [0,1] (Vovk 1998). */
const RATE = 2;
/** Distances between candidates are never reduced to less than this share. */
const LEAST_SLOPE = 0.2;
/** Share of the past errors that each row forgets, so that the weights can follow a changing world. */
const LOSS_DECAY = 1 / 500;
/** Experts below this weight are not asked when serving. */
const NEGLIGIBLE = 0.02;
/** Squared distance between predictions that are taken for right before there are rows. */
const SPREAD_PRIOR = 2;
/** Rows of a batch are learned in chunks that double in size from here; each is predicted before it is learned. */
const FIRST_CHUNK = 32;

/** Options of {@link MixtureModel}. */
export interface MixtureOptions {
  /** Squared errors that each expert starts with (default none), which makes its weight smaller at first. */
  handicaps?: readonly number[];
  /**
   * The expert whose standard errors count (default: the weightiest one's), for inputs without features
   * of the candidates, which it does not see. For one that is soon sure and quick to ask.
   */
  surest?: number;
  /** Makes the surest expert anew when the world has changed: what it was sure of has to be tried again. */
  renew?: () => RewardEstimator;
  /** Whether distances between candidates are corrected by what of them was found in rewards before. */
  calibrated?: boolean;
  /** Names the list of experts in snapshots, where it is not that of release 0.1. */
  layout?: number;
}

/**
 * Several models mixed by how well each predicted rewards before it learned them: weights fall
 * exponentially with the (slowly forgotten) sum of squared errors. The mean is the weighted one; the
 * standard error is that of one model, joined with the models' disagreement.
 */
export class MixtureModel implements RewardEstimator {
  private losses: Float64Array;
  private weights: Float64Array;
  /** The weightiest expert. */
  private top = 0;
  private means = new Float64Array(16);
  private others = new Float64Array(16);
  private drift = new PageHinkley();
  /** How far candidates lay apart in predictions, and how far apart their rewards were along with it. */
  private spread = { squares: SPREAD_PRIOR, products: SPREAD_PRIOR };
  private judged = new Float64Array(16);

  constructor(
    private readonly experts: RewardEstimator[],
    private readonly options: MixtureOptions = {},
  ) {
    this.losses = new Float64Array(experts.length);
    this.weights = new Float64Array(experts.length);
    this.forget();
    this.weigh();
  }

  private forget(): void {
    this.losses.fill(0);
    this.losses.set(this.options.handicaps ?? []);
  }

  /** Weight of each expert, in the order given; sums to one. */
  get shares(): readonly number[] {
    return Array.from(this.weights);
  }

  estimate(input: PolicyInput, means: Float64Array, errors?: Float64Array): void {
    const count = input.candidates.length;
    if (this.means.length < count) {
      this.means = new Float64Array(count * 2);
      this.others = new Float64Array(count * 2);
    }
    const { others, top } = this;
    const sure = input.candidateFeatures ? top : (this.options.surest ?? top);
    let total = 0;
    means.fill(0, 0, count);
    others.fill(0, 0, count);
    for (let m = 0; m < this.experts.length; m++) {
      const w = this.weights[m];
      const counts = w >= NEGLIGIBLE || m === top;
      const asked = errors && m === sure;
      if (!counts && !asked) continue;
      this.experts[m].estimate(input, this.means, asked ? errors : undefined);
      if (!counts) continue;
      total += w;
      for (let i = 0; i < count; i++) {
        const mean = this.means[i];
        means[i] = means[i] + w * mean;
        others[i] = others[i] + w * mean * mean;
      }
    }
    for (let i = 0; i < count; i++) {
      means[i] = means[i] / total;
      if (!errors) continue;
      const disagreement = Math.max(0, others[i] / total - means[i] ** 2);
      errors[i] = Math.sqrt(errors[i] ** 2 + disagreement);
    }
    if (this.options.calibrated) this.drawTogether(means, count);
  }

  /**
   * Share of the predicted distance between candidates that is found again in rewards: below one where
   * differences were learned from noise, which the best candidate would be overrated by.
   */
  private get slope(): number {
    return Math.min(1, Math.max(LEAST_SLOPE, this.spread.products / this.spread.squares));
  }

  private drawTogether(means: Float64Array, count: number): void {
    const { slope } = this;
    let middle = 0;
    for (let i = 0; i < count; i++) middle += means[i] / count;
    for (let i = 0; i < count; i++) means[i] = middle + slope * (means[i] - middle);
  }

  /** Learns how far apart rewards are where predictions of this row's candidates were. */
  private calibrate(row: PolicyRow): void {
    const count = row.candidates.length;
    if (this.judged.length < count) this.judged = new Float64Array(count * 2);
    this.estimate(row, this.judged);
    const { slope } = this;
    let middle = 0;
    for (let i = 0; i < count; i++) middle += this.judged[i] / count;
    const apart = (this.judged[row.chosen] - middle) / slope;
    const { weight = 1 } = row;
    this.spread.squares = this.spread.squares * (1 - LOSS_DECAY) + weight * apart * apart;
    this.spread.products = this.spread.products * (1 - LOSS_DECAY) + weight * apart * (row.reward - middle);
  }

  learn(rows: readonly PolicyRow[]): void {
    for (const chunk of doublingChunks(rows, FIRST_CHUNK)) {
      for (const row of chunk) {
        if (this.options.calibrated) this.calibrate(row);
        this.judge(row);
      }
      for (const expert of this.experts) expert.learn(chunk);
    }
  }

  /** Charges each expert with its error on a row it has not learned yet. */
  private judge(row: PolicyRow): void {
    const { context, candidates, candidateFeatures, chosen, reward, weight = 1 } = row;
    const input = {
      context,
      candidates: [candidates[chosen]],
      candidateFeatures: candidateFeatures && [candidateFeatures[chosen]],
    };
    let mean = 0;
    this.experts.forEach((expert, m) => {
      expert.estimate(input, this.means);
      mean += this.weights[m] * this.means[0];
      const error = Math.min(1, Math.max(0, this.means[0])) - reward;
      this.losses[m] = this.losses[m] * (1 - LOSS_DECAY) + weight * error * error;
    });
    // When the mixture as a whole fails, what its experts earned before says nothing about what comes.
    if (this.drift.add(Math.min(1, (mean - reward) ** 2))) {
      this.forget();
      const { surest, renew } = this.options;
      if (surest !== undefined && renew) this.experts[surest] = renew();
    }
    this.weigh();
  }

  rowsSinceDrift(): number {
    return this.drift.since;
  }

  private weigh(): void {
    const least = Math.min(...this.losses);
    this.weights = this.losses.map((loss) => Math.exp(-RATE * (loss - least)));
    const sum = this.weights.reduce((a, b) => a + b, 0);
    this.weights = this.weights.map((w) => w / sum);
    this.top = this.weights.indexOf(Math.max(...this.weights));
  }

  parts(input: PolicyInput, index: number): Parts {
    const { context } = input;
    const contributions = new Float64Array(context.indices.length);
    let bias = 0;
    const asked = this.shares.map((w, m) => ({ w, m })).filter(({ w }) => w >= NEGLIGIBLE);
    const total = asked.reduce((sum, { w }) => sum + w, 0);
    for (const { w, m } of asked) {
      const parts = this.experts[m].parts(input, index);
      bias += (w / total) * parts.bias;
      for (let k = 0; k < contributions.length; k++)
        contributions[k] = contributions[k] + (w / total) * parts.contributions[k];
    }
    if (!this.options.calibrated) return { bias, contributions, context };
    const means = new Float64Array(input.candidates.length);
    this.estimate(input, means);
    const drawn = contributions.map((c) => c * this.slope);
    return { bias: means[index] - drawn.reduce((a, b) => a + b, 0), contributions: drawn, context };
  }

  snapshot(): ModelSnapshot {
    return {
      kind: "mixture",
      ...(this.options.layout !== undefined && { layout: this.options.layout }),
      ...(this.options.calibrated && { spread: { ...this.spread } }),
      drift: this.drift.snapshot(),
      losses: Array.from(this.losses),
      experts: this.experts.map((e) => e.snapshot()),
    };
  }

  /** The mixture of a snapshot, its experts restored by `restore`; fails with SNAPSHOT_INVALID. */
  static restore(
    restore: readonly ((snapshot: ModelSnapshot) => RewardEstimator)[],
    snapshot: ModelSnapshot,
    options: MixtureOptions = {},
  ): MixtureModel {
    const { kind, losses, experts } = snapshot;
    const right = (list: unknown): list is unknown[] => Array.isArray(list) && list.length === restore.length;
    if (kind !== "mixture" || !right(losses) || !losses.every((l) => Number.isFinite(l)) || !right(experts))
      throw invalidSnapshot("a mixture with other experts", `${restore.length} experts and their losses`);
    const model = new MixtureModel(
      restore.map((make, m) => make(experts[m] as ModelSnapshot)),
      options,
    );
    if (options.calibrated) model.spread = restoredSpread(snapshot.spread);
    model.drift = restoredDrift(snapshot.drift);
    model.losses = Float64Array.from(losses as number[]);
    model.weigh();
    return model;
  }
}

function restoredDrift(state: unknown): PageHinkley {
  const { count, mean, sum, least, alarms } = (state ?? {}) as DriftState;
  if (![count, mean, sum, least, alarms].every(Number.isFinite))
    throw invalidSnapshot("a mixture without its drift test", "the state of its drift test");
  return new PageHinkley({ count, mean, sum, least, alarms });
}

function restoredSpread(state: unknown): { squares: number; products: number } {
  const { squares, products } = (state ?? {}) as { squares?: number; products?: number };
  if (!Number.isFinite(squares) || !Number.isFinite(products) || !((squares as number) > 0))
    throw invalidSnapshot("a mixture without its calibration", "squares and products of distances");
  return { squares: squares as number, products: products as number };
}
