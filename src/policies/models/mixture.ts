import type { DriftState } from "../drift.js";
import { PageHinkley } from "../drift.js";
import type { PolicyInput, PolicyRow } from "../routing-policy.js";
import { ChoiceBalance } from "./choice-balance.js";
import { doublingChunks } from "./doubling-chunks.js";
import type { ExpertWeights } from "./expert-weights.js";
import { KnownContexts } from "./known-contexts.js";
import type { ModelSnapshot, Parts, RewardEstimator } from "./model.js";
import { invalidSnapshot } from "./packed.js";
import { Weighing, type WeighingSnapshot } from "./weighing.js";

/** Experts below this weight are not asked when serving. */
const NEGLIGIBLE = 0.02;
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
  /**
   * Whether how hard a context is and what sets its candidates apart are weighed each for itself: the experts
   * that know the one best are not those that know the other. An expert is charged with its error in what a
   * reward has beyond the mixture's mean of all candidates (the R-learner's loss, Nie & Wager 2021).
   */
  apart?: boolean;
  /**
   * Whether experts are weighed apart in contexts that were learned before and in new ones: where the same texts come
   * again and again those win that know them by heart, which know least of others.
   */
  acquainted?: boolean;
  /** Names the list of experts in snapshots, where it is not that of release 0.1. */
  layout?: number;
}

/**
 * Several models mixed by how well each predicted rewards before it learned them. The mean is the weighted
 * one; the standard error is that of one model, joined with the models' disagreement.
 */
export class MixtureModel implements RewardEstimator {
  /** Weights of the experts, in new contexts where those are told apart. */
  private readonly weights: Weighing;
  /** Weights in contexts that were learned before, and which those are. */
  private readonly again: { weights: Weighing; contexts: KnownContexts } | undefined;
  private means = new Float64Array(16);
  private others = new Float64Array(16);
  private drift = new PageHinkley();
  private readonly balance = new ChoiceBalance();
  private judged = new Float64Array(16);

  constructor(
    private readonly experts: RewardEstimator[],
    private readonly options: MixtureOptions = {},
  ) {
    const weights = () => new Weighing(experts.length, options);
    this.weights = weights();
    if (options.acquainted) this.again = { weights: weights(), contexts: new KnownContexts() };
  }

  /** Weight of each expert in the mean reward of a context that is new, in the order given; sums to one. */
  get shares(): readonly number[] {
    return Array.from(this.weights.whole.shares);
  }

  private weightsIn(context: PolicyInput["context"]): Weighing {
    return this.again?.contexts.has(context) ? this.again.weights : this.weights;
  }

  estimate(input: PolicyInput, means: Float64Array, errors?: Float64Array): void {
    this.mix(this.weightsIn(input.context), input, means, errors);
  }

  private mix(weights: Weighing, input: PolicyInput, means: Float64Array, errors?: Float64Array): void {
    const count = input.candidates.length;
    if (this.means.length < count) {
      this.means = new Float64Array(count * 2);
      this.others = new Float64Array(count * 2);
    }
    const { others } = this;
    const { whole, apart } = weights;
    const sure = input.candidateFeatures ? whole.top : (this.options.surest ?? whole.top);
    let level = 0;
    let total = 0;
    let totalApart = 0;
    means.fill(0, 0, count);
    others.fill(0, 0, count);
    for (let m = 0; m < this.experts.length; m++) {
      const w = counted(whole, m);
      const v = counted(apart, m);
      const asked = errors && m === sure;
      if (w === 0 && v === 0 && !asked) continue;
      this.experts[m].estimate(input, this.means, asked ? errors : undefined);
      const middle = this.options.apart ? middleOf(this.means, count) : 0;
      level += w * middle;
      total += w;
      totalApart += v;
      for (let i = 0; i < count; i++) {
        const distance = this.means[i] - middle;
        means[i] = means[i] + v * distance;
        others[i] = others[i] + v * distance * distance;
      }
    }
    for (let i = 0; i < count; i++) {
      const distance = means[i] / totalApart;
      means[i] = level / total + distance;
      if (!errors) continue;
      const disagreement = Math.max(0, others[i] / totalApart - distance ** 2);
      errors[i] = Math.sqrt(errors[i] ** 2 + disagreement);
    }
    if (this.options.calibrated) drawTogether(means, count, weights.slope);
  }

  learn(rows: readonly PolicyRow[]): void {
    for (const chunk of doublingChunks(rows, FIRST_CHUNK)) {
      for (const row of chunk) this.judge(row);
      for (const expert of this.experts) expert.learn(chunk);
      if (this.again) for (const { context } of chunk) this.again.contexts.add(context);
    }
  }

  /** Charges each expert with its error on a row it has not learned yet. */
  private judge(row: PolicyRow): void {
    const { candidates, reward } = row;
    const predicted = this.judged.length < candidates.length ? new Float64Array(candidates.length * 2) : this.judged;
    this.judged = predicted;
    const weights = this.weightsIn(row.context);
    if (this.options.calibrated) {
      this.mix(weights, row, predicted);
      const middle = middleOf(predicted, candidates.length);
      weights.calibrate(predicted[row.chosen] - middle, reward - middle, row.weight);
    }
    const given = row.weight ?? 1;
    const weight = given * this.balance.add(candidates[row.chosen], given, candidates.length);
    const mean = this.options.apart
      ? this.chargeApart(row, predicted, weights, weight)
      : this.charge(row, weights.whole, weight);
    // When the mixture as a whole fails, what its experts earned before says nothing about what comes.
    if (this.drift.add(Math.min(1, (mean - reward) ** 2))) {
      this.weights.forget();
      this.again?.weights.forget();
      const { surest, renew } = this.options;
      if (surest !== undefined && renew) this.experts[surest] = renew();
    }
    weights.weigh();
  }

  /** @returns what the mixture predicted for the row's choice */
  private charge(
    { context, candidates, candidateFeatures, chosen, reward }: PolicyRow,
    whole: ExpertWeights,
    weight: number,
  ): number {
    const input = {
      context,
      candidates: [candidates[chosen]],
      candidateFeatures: candidateFeatures && [candidateFeatures[chosen]],
    };
    let mean = 0;
    this.experts.forEach((expert, m) => {
      expert.estimate(input, this.means);
      mean += whole.shares[m] * this.means[0];
      whole.charge(m, within(this.means[0]) - reward, weight);
    });
    return mean;
  }

  /** As {@link charge}, and for the distances between candidates as well. */
  private chargeApart(row: PolicyRow, predicted: Float64Array, { whole, apart }: Weighing, weight: number): number {
    const { candidates, chosen, reward } = row;
    const count = candidates.length;
    const beyond = reward - middleOf(predicted, count);
    let mean = 0;
    this.experts.forEach((expert, m) => {
      expert.estimate(row, this.means);
      mean += whole.shares[m] * this.means[chosen];
      for (let i = 0; i < count; i++) this.means[i] = within(this.means[i]);
      whole.charge(m, this.means[chosen] - reward, weight);
      apart.charge(m, this.means[chosen] - middleOf(this.means, count) - beyond, weight);
    });
    return mean;
  }

  rowsSinceDrift(): number {
    return this.drift.since;
  }

  parts(input: PolicyInput, index: number): Parts {
    const { context } = input;
    const contributions = new Float64Array(context.indices.length);
    let bias = 0;
    const weights = this.weightsIn(context);
    const { apart, slope } = weights;
    const asked = this.experts.map((_, m) => ({ w: counted(apart, m), m })).filter(({ w }) => w > 0);
    const total = asked.reduce((sum, { w }) => sum + w, 0);
    for (const { w, m } of asked) {
      const parts = this.experts[m].parts(input, index);
      bias += (w / total) * parts.bias;
      for (let k = 0; k < contributions.length; k++)
        contributions[k] = contributions[k] + (w / total) * parts.contributions[k];
    }
    if (!this.options.calibrated) return { bias, contributions, context };
    const means = new Float64Array(input.candidates.length);
    this.mix(weights, input, means);
    const drawn = contributions.map((c) => c * slope);
    return { bias: means[index] - drawn.reduce((a, b) => a + b, 0), contributions: drawn, context };
  }

  snapshot(): ModelSnapshot {
    return {
      kind: "mixture",
      ...(this.options.layout !== undefined && { layout: this.options.layout }),
      drift: this.drift.snapshot(),
      ...this.weights.snapshot(),
      chosen: this.balance.snapshot(),
      ...(this.again && { again: { ...this.again.weights.snapshot(), contexts: this.again.contexts.snapshot() } }),
      experts: this.experts.map((e) => e.snapshot()),
    };
  }

  /** In what an earlier release made no context is known, and experts have the weights there that they had everywhere. */
  private loadAgain(saved: unknown, everywhere: WeighingSnapshot): void {
    if (!this.again) return;
    const again = (saved ?? {}) as WeighingSnapshot & { contexts?: unknown };
    this.again.weights.load(saved === undefined ? everywhere : again);
    if (saved !== undefined) this.again.contexts.load(again.contexts);
  }

  /** The mixture of a snapshot, its experts restored by `restore`; fails with SNAPSHOT_INVALID. */
  static restore(
    restore: readonly ((snapshot: ModelSnapshot) => RewardEstimator)[],
    snapshot: ModelSnapshot,
    options: MixtureOptions = {},
  ): MixtureModel {
    const { kind, experts } = snapshot;
    if (kind !== "mixture" || !Array.isArray(experts) || experts.length !== restore.length)
      throw invalidSnapshot("a mixture with other experts", `${restore.length} experts and their losses`);
    const model = new MixtureModel(
      restore.map((make, m) => make(experts[m] as ModelSnapshot)),
      options,
    );
    model.drift = restoredDrift(snapshot.drift);
    const { losses, apart, spread } = snapshot;
    model.weights.load({ losses, apart, spread });
    model.balance.load(snapshot.chosen);
    model.loadAgain(snapshot.again, { losses, apart, spread });
    return model;
  }
}

function restoredDrift(state: unknown): PageHinkley {
  const { count, mean, sum, least, alarms } = (state ?? {}) as DriftState;
  if (![count, mean, sum, least, alarms].every(Number.isFinite))
    throw invalidSnapshot("a mixture without its drift test", "the state of its drift test");
  return new PageHinkley({ count, mean, sum, least, alarms });
}

/** An expert's weight; 0 where it is not asked for its little weight. */
function counted(weights: ExpertWeights, expert: number): number {
  const weight = weights.shares[expert];
  return weight >= NEGLIGIBLE || expert === weights.top ? weight : 0;
}

const within = (mean: number): number => Math.min(1, Math.max(0, mean));

function drawTogether(means: Float64Array, count: number, slope: number): void {
  const middle = middleOf(means, count);
  for (let i = 0; i < count; i++) means[i] = middle + slope * (means[i] - middle);
}

function middleOf(means: Float64Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += means[i];
  return sum / count;
}
