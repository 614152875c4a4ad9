import type { FeatureVector } from "../../dataset/index.js";
import { createRng } from "../../math/rng.js";
import type { PolicyInput, PolicyRow } from "../routing-policy.js";
import { denseCount } from "./dense.js";
import type { ModelSnapshot, Parts, RewardEstimator } from "./model.js";
import { invalidSnapshot } from "./packed.js";

/** Options of {@link FourierModel}. */
export interface FourierOptions {
  dim: number;
  /** Random features that are added to the linear ones. */
  features: number;
  seed: number;
}

/**
 * Random Fourier features of a Gaussian kernel (Rahimi and Recht 2007) beside the linear ones, under a
 * Bayesian linear last layer. The kernel's width is the square root of the number of entries of the
 * first context seen, which is what standardised features call for. Words of texts take no part.
 */
export class FourierModel implements RewardEstimator {
  private readonly frequencies: Float64Array;
  private readonly phases: Float64Array;
  private entries = 0;
  /** The context transformed last: it is asked for again when the row is judged and learned. */
  private last: { context: FeatureVector; entries: number; result: FeatureVector } | undefined;

  constructor(
    private readonly inner: RewardEstimator,
    private readonly options: FourierOptions,
  ) {
    const { frequencies, phases } = wavesOf(options);
    this.frequencies = frequencies;
    this.phases = phases;
  }

  /** Linear entries followed by the random features. */
  private transformed(context: FeatureVector): FeatureVector {
    const { last, entries } = this;
    if (last?.context === context && last.entries === entries) return last.result;
    const result = this.transform(context);
    this.last = { context, entries, result };
    return result;
  }

  private transform(context: FeatureVector): FeatureVector {
    const { dim, features } = this.options;
    const count = denseCount(context);
    const width = Math.sqrt(Math.max(1, this.entries || count));
    const angles = new Float64Array(features);
    for (let k = 0; k < count; k++) {
      const from = context.indices[k] * features;
      const v = context.values[k];
      for (let j = 0; j < features; j++) angles[j] = angles[j] + v * this.frequencies[from + j];
    }
    // As large as the linear part: half of it in squared length, so that one prior serves both.
    const amplitude = width / Math.sqrt(2 * features);
    const indices = new Int32Array(count + features);
    const values = new Float64Array(count + features);
    indices.set(context.indices.subarray(0, count));
    values.set(context.values.subarray(0, count));
    for (let j = 0; j < features; j++) {
      indices[count + j] = dim + j;
      values[count + j] = amplitude * Math.cos(angles[j] / width + this.phases[j]);
    }
    return { dim: dim + features, indices, values };
  }

  estimate(input: PolicyInput, means: Float64Array, errors?: Float64Array): void {
    this.inner.estimate({ ...input, context: this.transformed(input.context) }, means, errors);
  }

  learn(rows: readonly PolicyRow[]): void {
    const [first] = rows;
    if (!first) return;
    this.entries ||= denseCount(first.context);
    this.inner.learn(rows.map((row) => ({ ...row, context: this.transformed(row.context) })));
  }

  /** A position's part is what leaving it out would change; the bias completes the sum. */
  parts(input: PolicyInput, index: number): Parts {
    const { context } = input;
    const means = new Float64Array(input.candidates.length);
    const meanOf = (values: Float64Array): number => {
      this.estimate({ ...input, context: { ...context, values } }, means);
      return means[index];
    };
    const full = meanOf(context.values);
    const contributions = Float64Array.from(context.values, (_, k) => {
      if (k >= denseCount(context)) return 0;
      const values = context.values.slice();
      values[k] = 0;
      return full - meanOf(values);
    });
    return { bias: full - contributions.reduce((a, b) => a + b, 0), contributions, context };
  }

  snapshot(): ModelSnapshot {
    return { kind: "fourier", entries: this.entries, inner: this.inner.snapshot() };
  }

  /** The model of a snapshot around its restored inner one; fails with SNAPSHOT_INVALID. */
  static restore(
    inner: (snapshot: ModelSnapshot) => RewardEstimator,
    options: FourierOptions,
    snapshot: ModelSnapshot,
  ): FourierModel {
    const { kind, entries } = snapshot;
    if (kind !== "fourier" || !Number.isInteger(entries) || (entries as number) < 0 || !snapshot.inner)
      throw invalidSnapshot("a Fourier model without its width", "entries and the inner model");
    const model = new FourierModel(inner(snapshot.inner as ModelSnapshot), options);
    model.entries = entries as number;
    return model;
  }
}

/** What is drawn for a model: the same for the same options. */
interface Waves {
  frequencies: Float64Array;
  phases: Float64Array;
}

/** Drawn waves are kept for so many options: in long vectors they are a million numbers, and each restored policy needs them. */
const MOST_WAVES = 4;
const drawn = new Map<string, Waves>();

function wavesOf({ dim, features, seed }: FourierOptions): Waves {
  const key = JSON.stringify([dim, features, seed]);
  const known = drawn.get(key);
  if (known) return known;
  const rng = createRng(seed).fork("fourier");
  const frequencies = Float64Array.from({ length: dim * features }, () => rng.normal());
  const phases = Float64Array.from({ length: features }, () => 2 * Math.PI * rng.next());
  drawn.set(key, { frequencies, phases });
  for (const [oldest] of drawn) if (drawn.size > MOST_WAVES) drawn.delete(oldest);
  return { frequencies, phases };
}
