import type { FeatureVector } from "../../dataset/index.js";
import type { PolicyInput, PolicyRow } from "../routing-policy.js";
import { denseCount } from "./dense.js";
import type { ModelSnapshot, Parts, RewardEstimator } from "./model.js";
import { invalidSnapshot } from "./packed.js";

/**
 * Length that every context is brought to: with a prior of one on every weight, the mean reward of a
 * context is then as uncertain a priori with sixty features as with four.
 */
const LENGTH = 2.5;

/**
 * A model that sees contexts, a constant one appended, at equal length: as points on a sphere. Long
 * contexts, which are many features or outliers, would otherwise weigh more than others in what is
 * learned and stay uncertain for longer, which costs exploration while there are few rows. What the
 * length itself says is lost. Words of texts take no part.
 */
export class SphereModel implements RewardEstimator {
  /** The context transformed last: it is asked for again when the row is judged and learned. */
  private last: { context: FeatureVector; result: FeatureVector } | undefined;

  constructor(private readonly inner: RewardEstimator) {}

  private transformed(context: FeatureVector): FeatureVector {
    if (this.last?.context === context) return this.last.result;
    const count = denseCount(context);
    let squared = 1;
    for (let k = 0; k < count; k++) squared += context.values[k] ** 2;
    const scale = LENGTH / Math.sqrt(squared);
    const indices = new Int32Array(count + 1);
    const values = new Float64Array(count + 1);
    for (let k = 0; k < count; k++) {
      indices[k] = context.indices[k];
      values[k] = scale * context.values[k];
    }
    indices[count] = context.dim;
    values[count] = scale;
    const result = { dim: context.dim + 1, indices, values };
    this.last = { context, result };
    return result;
  }

  estimate(input: PolicyInput, means: Float64Array, errors?: Float64Array): void {
    this.inner.estimate({ ...input, context: this.transformed(input.context) }, means, errors);
  }

  learn(rows: readonly PolicyRow[]): void {
    this.inner.learn(rows.map((row) => ({ ...row, context: this.transformed(row.context) })));
  }

  /** The part of the constant belongs to the bias. */
  parts(input: PolicyInput, index: number): Parts {
    const { context } = input;
    const { bias, contributions } = this.inner.parts({ ...input, context: this.transformed(context) }, index);
    const byPosition = new Float64Array(context.indices.length);
    const last = contributions.length - 1;
    byPosition.set(contributions.subarray(0, last));
    return { bias: bias + contributions[last], contributions: byPosition, context };
  }

  snapshot(): ModelSnapshot {
    return { kind: "sphere", inner: this.inner.snapshot() };
  }

  /** The model of a snapshot around its restored inner one; fails with SNAPSHOT_INVALID. */
  static restore(inner: (snapshot: ModelSnapshot) => RewardEstimator, snapshot: ModelSnapshot): SphereModel {
    if (snapshot.kind !== "sphere" || typeof snapshot.inner !== "object" || snapshot.inner === null)
      throw invalidSnapshot("a sphere model without its inner one", "the inner model");
    return new SphereModel(inner(snapshot.inner as ModelSnapshot));
  }
}
