import { CUT, SHAPES, type TextPlan } from "./fields.js";
import { HashIndex } from "./hash-index.js";
import { textShapeOf } from "./text-shape.js";
import { visitTokens } from "./tokens.js";

/** A text encoded: its words at ascending positions of their own, and its summary where the plan has one. */
export interface EncodedText {
  at: ArrayLike<number>;
  weights: ArrayLike<number>;
  summary?: Float64Array;
}

/** Makes the measures of a text together weigh about as much as one number. */
const SHAPE_WEIGHT = 0.5;

/** Encodes the texts of one field. */
export class TextEncoder {
  private readonly known: HashIndex;
  private readonly directions: Int8Array;
  /** Sums per position while one text is encoded; all zero in between. */
  private readonly sums: Float64Array;
  /** The positions of the text that is being encoded. */
  private readonly found: Int32Array;
  private readonly idf: Float64Array;

  constructor(private readonly plan: TextPlan) {
    const { vocabulary, buckets, otherIdf } = plan;
    this.known = new HashIndex(vocabulary.map(({ hash }) => hash));
    this.sums = new Float64Array(vocabulary.length + buckets);
    this.found = new Int32Array(vocabulary.length + buckets);
    this.idf = new Float64Array(vocabulary.length + buckets).fill(otherIdf);
    vocabulary.forEach(({ idf }, at) => {
      this.idf[at] = idf;
    });
    this.directions = Int8Array.from(Buffer.from(plan.summary?.directions ?? "", "base64"));
  }

  encode(value: string): EncodedText {
    const { plan, sums, found, known } = this;
    let count = 0;
    visitTokens(value.slice(0, plan.maxChars).toLowerCase(), true, plan.grams, (hash) => {
      const index = known.get(hash);
      const position = index >= 0 ? index : plan.vocabulary.length + (hash % plan.buckets);
      if (sums[position] === 0) found[count++] = position;
      sums[position] = sums[position] + 1;
    });
    const at = found.slice(0, count).sort();
    const weights = new Float64Array(count);
    let square = 0;
    for (let k = 0; k < count; k++) {
      const weight = (1 + Math.log(sums[at[k]])) * this.idf[at[k]];
      sums[at[k]] = 0;
      square += weight * weight;
      weights[k] = weight;
    }
    const norm = Math.sqrt(square);
    for (let k = 0; k < count; k++) weights[k] = weights[k] / norm;
    return plan.summary ? { at, weights, summary: this.summarise(value, at, weights) } : { at, weights };
  }

  private summarise(value: string, at: Int32Array, weights: Float64Array): Float64Array {
    const { summary, vocabulary, maxChars } = this.plan;
    const topics = summary?.topics ?? 0;
    const out = new Float64Array(topics + SHAPES.length);
    if (!summary) return out;
    for (let i = 0; i < at.length; i++) {
      const token = at[i];
      if (token >= vocabulary.length) break;
      const from = token * topics;
      const w = weights[i];
      for (let k = 0; k < topics; k++) out[k] = out[k] + w * this.directions[from + k];
    }
    for (let k = 0; k < topics; k++) out[k] = out[k] * summary.scales[k] - summary.centers[k];
    textShapeOf(value, maxChars).forEach((x, k) => {
      const { center, scale } = summary.shape[k];
      out[topics + k] = SHAPE_WEIGHT * Math.max(-CUT, Math.min(CUT, (x - center) / scale));
    });
    return out;
  }
}
