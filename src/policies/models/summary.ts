import type { FeatureVector } from "../../dataset/index.js";
import type { PolicyInput, PolicyRow } from "../routing-policy.js";
import type { ModelSnapshot, Parts, RewardEstimator } from "./model.js";
import { invalidSnapshot } from "./packed.js";

/**
 * A model that sees texts by what sums them up, their topics and their shape, and not by their words: few
 * enough numbers for a full covariance. What it learns of the other fields is not lost on the way.
 */
export class SummaryModel implements RewardEstimator {
  /** The context cut last: it is asked for again when the row is judged and learned. */
  private last: { context: FeatureVector; result: FeatureVector } | undefined;

  constructor(private readonly inner: RewardEstimator) {}

  private summed(context: FeatureVector): FeatureVector {
    if (this.last?.context === context) return this.last.result;
    const dim = context.wordsFrom ?? context.denseDim ?? context.dim;
    let count = context.indices.length;
    while (count > 0 && context.indices[count - 1] >= dim) count--;
    const result = {
      dim: Math.max(1, dim),
      indices: context.indices.subarray(0, count),
      values: context.values.subarray(0, count),
    };
    this.last = { context, result };
    return result;
  }

  estimate(input: PolicyInput, means: Float64Array, errors?: Float64Array): void {
    this.inner.estimate({ ...input, context: this.summed(input.context) }, means, errors);
  }

  learn(rows: readonly PolicyRow[]): void {
    this.inner.learn(rows.map((row) => ({ ...row, context: this.summed(row.context) })));
  }

  /** Words have no part of their own. */
  parts(input: PolicyInput, index: number): Parts {
    const { context } = input;
    const { bias, contributions } = this.inner.parts({ ...input, context: this.summed(context) }, index);
    const byPosition = new Float64Array(context.indices.length);
    byPosition.set(contributions);
    return { bias, contributions: byPosition, context };
  }

  snapshot(): ModelSnapshot {
    return { kind: "summary", inner: this.inner.snapshot() };
  }

  /** The model of a snapshot around its restored inner one; fails with SNAPSHOT_INVALID. */
  static restore(inner: (snapshot: ModelSnapshot) => RewardEstimator, snapshot: ModelSnapshot): SummaryModel {
    if (snapshot.kind !== "summary" || typeof snapshot.inner !== "object" || snapshot.inner === null)
      throw invalidSnapshot("a summary model without its inner one", "the inner model");
    return new SummaryModel(inner(snapshot.inner as ModelSnapshot));
  }
}
