import type { FeatureVector } from "../../dataset/index.js";
import type { PolicyInput, PolicyRow } from "../routing-policy.js";
import { denseCount } from "./dense.js";
import type { ModelSnapshot, Parts, RewardEstimator } from "./model.js";
import { invalidSnapshot } from "./packed.js";
import type { RegressorSnapshot } from "./regressor.js";
import type { RidgeOptions } from "./ridge.js";
import { OnlineRidge } from "./ridge.js";

/** Candidates differ from what they share by weights of this many times less prior deviation. */
const OWN_SCALE = 0.5;
/** Positions reserved for the candidates' own features. */
const CANDIDATE_POSITIONS = 256;

/**
 * One Bayesian ridge regression over all candidates (the hybrid model of Li et al. 2010): what context
 * and candidates' own features (price, size, family) do to any candidate is learned from all rows, what
 * they do to one candidate from its own, as a deviation that is smaller a priori. So a candidate without
 * rows is judged by its features and by how hard the context is. Words of texts take no part.
 */
export class SharedModel implements RewardEstimator {
  private readonly blocks = new Map<string, number>();
  private ridge: OnlineRidge;
  /** What `features` fills; made anew when the length changes. */
  private indices = new Int32Array(0);
  private values = new Float64Array(0);

  constructor(
    private readonly dim: number,
    options: RidgeOptions,
  ) {
    this.ridge = new OnlineRidge(options);
  }

  /**
   * The joint features of a candidate, valid until the next call; without the part of its own when nothing
   * was learned of it.
   */
  private features(input: PolicyInput, index: number): { x: FeatureVector; count: number } {
    const { context, candidates, candidateFeatures } = input;
    const count = denseCount(context);
    const own = candidateFeatures?.[index];
    const extra = own ? own.indices.length : 0;
    const block = this.blocks.get(candidates[index]);
    const total = count + extra + (block === undefined ? 0 : count + 1);
    if (this.indices.length !== total) {
      this.indices = new Int32Array(total);
      this.values = new Float64Array(total);
    }
    const { indices, values } = this;
    let at = 0;
    for (let k = 0; k < count; k++) {
      indices[at] = CANDIDATE_POSITIONS + context.indices[k];
      values[at++] = context.values[k];
    }
    if (own)
      for (let k = 0; k < extra; k++) {
        indices[at] = own.indices[k] % CANDIDATE_POSITIONS;
        values[at++] = own.values[k];
      }
    if (block !== undefined) {
      const offset = this.offsetOf(block);
      indices[at] = offset - 1;
      values[at++] = own ? OWN_SCALE : 1;
      for (let k = 0; k < count; k++) {
        indices[at] = offset + context.indices[k];
        values[at++] = OWN_SCALE * context.values[k];
      }
    }
    return { x: { dim: CANDIDATE_POSITIONS + (this.dim + 1) * (this.blocks.size + 1), indices, values }, count };
  }

  /** Where what was learned of the context in one candidate's rows begins; its own intercept stands before it. */
  private offsetOf(block: number): number {
    return CANDIDATE_POSITIONS + (this.dim + 1) * block;
  }

  estimate(input: PolicyInput, means: Float64Array, errors?: Float64Array): void {
    const { context, candidates } = input;
    const count = denseCount(context);
    const common = this.ridge.intercept + this.ridge.part(context, count, CANDIDATE_POSITIONS);
    for (let i = 0; i < candidates.length; i++) {
      means[i] = common + this.ownPart(input, i, count);
      // A candidate without rows has an intercept of its own still to be learned (prior variance one).
      if (errors)
        errors[i] = this.ridge.standardError(this.features(input, i).x) + (this.blocks.has(candidates[i]) ? 0 : 0.25);
    }
  }

  /** What a candidate adds to what the context does to all: by its features, and by what was learned of it. */
  private ownPart({ context, candidates, candidateFeatures }: PolicyInput, index: number, count: number): number {
    const own = candidateFeatures?.[index];
    let sum = 0;
    if (own)
      for (let k = 0; k < own.indices.length; k++)
        sum += own.values[k] * this.ridge.weightAt(own.indices[k] % CANDIDATE_POSITIONS);
    const block = this.blocks.get(candidates[index]);
    if (block === undefined) return sum;
    const offset = this.offsetOf(block);
    const bias = (own ? OWN_SCALE : 1) * this.ridge.weightAt(offset - 1);
    return sum + bias + OWN_SCALE * this.ridge.part(context, count, offset);
  }

  learn(rows: readonly PolicyRow[]): void {
    for (const row of rows) {
      const name = row.candidates[row.chosen];
      if (!this.blocks.has(name)) this.blocks.set(name, this.blocks.size + 1);
      this.ridge.learn([{ x: this.features(row, row.chosen).x, y: row.reward, weight: row.weight ?? 1 }]);
    }
  }

  parts(input: PolicyInput, index: number): Parts {
    const { x, count } = this.features(input, index);
    const { bias, contributions } = this.ridge.parts(x);
    const { context } = input;
    const own = contributions.length - count > (input.candidateFeatures?.[index]?.indices.length ?? 0) ? count : 0;
    const byPosition = new Float64Array(context.indices.length);
    let rest = bias;
    contributions.forEach((c, at) => {
      if (at < count) byPosition[at] = c;
      else if (own && at >= contributions.length - own) {
        const k = at - (contributions.length - own);
        byPosition[k] = byPosition[k] + c;
      } else rest += c;
    });
    return { bias: rest, contributions: byPosition, context };
  }

  snapshot(): ModelSnapshot {
    return { kind: "shared", candidates: [...this.blocks.keys()], ridge: this.ridge.snapshot() };
  }

  /** The model of a snapshot; fails with SNAPSHOT_INVALID. */
  static restore(dim: number, options: RidgeOptions, snapshot: ModelSnapshot): SharedModel {
    const model = new SharedModel(dim, options);
    const { kind, candidates, ridge } = snapshot;
    if (kind !== "shared" || !Array.isArray(candidates) || !candidates.every((c) => typeof c === "string") || !ridge)
      throw invalidSnapshot("a shared model without its candidates", "candidates and their regression");
    for (const name of candidates) model.blocks.set(name, model.blocks.size + 1);
    model.ridge = OnlineRidge.restore(options, ridge as RegressorSnapshot);
    return model;
  }
}
