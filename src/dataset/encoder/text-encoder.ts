import { CUT, SHAPES, type TextPlan } from "./fields.js";
import { shapeOf } from "./text-shape.js";
import { visitTokens } from "./tokens.js";

/** A text encoded: its words at ascending positions of their own, and its summary where the plan has one. */
export interface EncodedText {
  at: number[];
  weights: number[];
  summary?: Float64Array;
}

/** Makes the measures of a text together weigh about as much as one number. */
const SHAPE_WEIGHT = 0.5;

/** Encodes the texts of one field. */
export class TextEncoder {
  private readonly known: Map<number, number>;
  private readonly directions: Int8Array;
  /** Sums per position while one text is encoded; all zero in between. */
  private readonly sums: Float64Array;

  constructor(private readonly plan: TextPlan) {
    this.known = new Map(plan.vocabulary.map((entry, at) => [entry.hash, at]));
    this.sums = new Float64Array(plan.vocabulary.length + plan.buckets);
    this.directions = Int8Array.from(Buffer.from(plan.summary?.directions ?? "", "base64"));
  }

  encode(value: string): EncodedText {
    const { plan, sums } = this;
    const at: number[] = [];
    visitTokens(value.slice(0, plan.maxChars).toLowerCase(), true, plan.grams, (hash) => {
      const position = this.known.get(hash) ?? plan.vocabulary.length + (hash % plan.buckets);
      if (sums[position] === 0) at.push(position);
      sums[position] = sums[position] + 1;
    });
    at.sort((a, b) => a - b);
    let square = 0;
    const weights = at.map((position) => {
      const idf = plan.vocabulary[position]?.idf ?? plan.otherIdf;
      const weight = (1 + Math.log(sums[position])) * idf;
      sums[position] = 0;
      square += weight * weight;
      return weight;
    });
    const norm = Math.sqrt(square);
    for (let k = 0; k < weights.length; k++) weights[k] = weights[k] / norm;
    return plan.summary ? { at, weights, summary: this.summarise(value, at, weights) } : { at, weights };
  }

  private summarise(value: string, at: readonly number[], weights: readonly number[]): Float64Array {
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
    shapeOf(value, maxChars).forEach((x, k) => {
      const { center, scale } = summary.shape[k] as { center: number; scale: number };
      out[topics + k] = SHAPE_WEIGHT * Math.max(-CUT, Math.min(CUT, (x - center) / scale));
    });
    return out;
  }
}
