import { checkArgument } from "../../core/arguments.js";
import type { ContextValue, DecisionContext } from "../../core/index.js";
import { digest, hash32, LearningError, show } from "../../core/index.js";
import type { EncoderSnapshot, FeatureEncoder } from "../encoder-types.js";
import type { FeatureVector } from "../feature-vector.js";
import { dateParts } from "./dates.js";
import type { FieldPlan, NumberPlan, TextPlan } from "./fields.js";
import { CATEGORY_BUCKETS, CUT, finite, positionName, summaryName, summaryWidth, truthOf, widthOf } from "./fields.js";
import { planField } from "./fit.js";
import { codePrefix, judgeFields } from "./judge-fields.js";
import type { EncoderOptions } from "./options.js";
import { bounded } from "./scale.js";
import { parsePlans } from "./snapshot.js";
import { type EncodedText, TextEncoder } from "./text-encoder.js";

/** Encoders of the first kind take numbers and booleans only where they are such, and read texts of times as JavaScript does. */
const FIRST_KIND = "fields-1";
const KIND = "fields-2";

/**
 * Plans an encoding from sample contexts: numbers standardised robustly, small whole numbers with a position
 * for each beside, booleans, categories, codes by their letters, dates by hour and weekday, vectors, and
 * texts by their words, pairs and (short ones) runs of characters, summed up in topics (Deerwester et al.
 * 1990) and a few measures of their shape. Identifiers and constants are left out ({@link judgeFields} says
 * so). Numbers and booleans written as text count as such. Every field has an indicator that is 1 where its value is
 * missing, of another type than at fitting, NaN, infinite or a number that stands for "unknown" (-999); fields that
 * were not seen at fitting are ignored. Contexts without a usable field give vectors of length one that are always
 * zero. Text weights follow Salton and Buckley (1988), hashing Weinberger et al. (2009).
 * @throws ENCODER_INVALID when there is no context
 * @example
 * const encoder = fitEncoder(contexts, { fields: { department: "category" }, ignore: ["customer"] });
 * encoder.encode(contexts[0]); // { dim, indices, values }
 */
export function fitEncoder(contexts: readonly DecisionContext[], options: EncoderOptions = {}): FeatureEncoder {
  checkArgument(contexts, "contexts", "objects", "ENCODER_INVALID");
  if (contexts.length === 0)
    throw new LearningError("ENCODER_INVALID", {
      received: "no contexts",
      expected: "at least one context",
      remedy: "Fit the encoder on contexts as the router's context function returns them.",
    });
  const plans = judgeFields(contexts, options)
    .flatMap(({ field, kind }) => {
      const values = kind ? contexts.map((c) => c[field]) : [];
      return (kind && planField(field, kind, values, options)) ?? [];
    })
    .sort((a, b) => Number(a.kind === "text") - Number(b.kind === "text"));
  return new FieldEncoder(plans);
}

/**
 * The encoder of a snapshot: the same vectors in every process.
 * @throws SNAPSHOT_INVALID when the snapshot is of another kind, damaged or edited
 * @example
 * ```ts
 * const encoder = fitEncoder([{ topic: "invoice" }, { topic: "crash" }]);
 * const same = restoreEncoder(JSON.parse(JSON.stringify(encoder.snapshot())));
 * same.version === encoder.version; // true
 * ```
 */
export function restoreEncoder(snapshot: EncoderSnapshot): FeatureEncoder {
  const plans = parsePlans(snapshot, [FIRST_KIND, KIND]);
  const encoder = new FieldEncoder(plans, snapshot.kind);
  if (encoder.version !== snapshot.version)
    throw new LearningError("SNAPSHOT_INVALID", {
      received: `an encoder whose content hashes to ${encoder.version}, not to its version ${show(snapshot.version)}`,
      expected: "a snapshot as FeatureEncoder.snapshot() returned it",
      remedy: "Use an unchanged snapshot, or fit a new encoder.",
    });
  return encoder;
}

class FieldEncoder implements FeatureEncoder {
  readonly version: string;
  readonly dim: number;
  /** Where each field begins; of a text, where its words do. */
  private readonly offsets: number[] = [];
  /** Where the summary of each text begins. */
  private readonly summaries: number[] = [];
  /** Where texts begin, and where their words do; texts come last, their summaries before their words. */
  private readonly denseDim: number;
  private readonly wordsFrom: number;
  private readonly texts: (TextEncoder | undefined)[];
  private readonly categoryAt: (Map<string | number, number> | undefined)[];

  constructor(
    private readonly plans: readonly FieldPlan[],
    private readonly kind = KIND,
  ) {
    let dim = 0;
    for (const plan of plans) {
      this.summaries.push(plan.kind === "text" ? dim : -1);
      this.offsets.push(plan.kind === "text" ? -1 : dim);
      dim += plan.kind === "text" ? summaryWidth(plan) : widthOf(plan);
    }
    this.denseDim = plans.reduce((sum, plan) => sum + (plan.kind === "text" ? 0 : widthOf(plan)), 0);
    this.wordsFrom = dim;
    plans.forEach((plan, i) => {
      if (plan.kind !== "text") return;
      this.offsets[i] = dim;
      dim += widthOf(plan) - summaryWidth(plan);
    });
    this.dim = Math.max(1, dim);
    this.version = digest(JSON.stringify([kind, plans]), 16);
    this.texts = plans.map((plan) => (plan.kind === "text" ? new TextEncoder(plan) : undefined));
    this.categoryAt = plans.map((p) => {
      const values = p.kind === "category" || p.kind === "code" ? p.values : p.kind === "levels" ? p.levels : undefined;
      return values && new Map(values.map((value, at) => [value, at]));
    });
  }

  encode(context: DecisionContext): FeatureVector {
    checkArgument(context, "context", "object", "ENCODER_INVALID");
    const positions: number[] = [];
    const values: number[] = [];
    const words: { offset: number; text: EncodedText }[] = [];
    this.plans.forEach((plan, i) => {
      const value = this.read(plan, context[plan.name]);
      if (plan.kind === "text") {
        const text = this.encodeText(plan, i, value, positions, values);
        if (text) words.push({ offset: this.offsets[i], text });
        return;
      }
      const offset = this.offsets[i];
      const before = positions.length;
      this.encodeField(plan, i, value, offset, positions, values);
      if (positions.length === before && !this.isPresent(plan, value)) {
        positions.push(offset + widthOf(plan) - 1);
        values.push(1);
      }
    });
    const vector = { dim: this.dim, ...joined(positions, values, words) };
    if (this.denseDim === this.dim || this.plans.length === 0) return vector;
    const { denseDim, wordsFrom } = this;
    return wordsFrom > denseDim ? { ...vector, denseDim, wordsFrom } : { ...vector, denseDim };
  }

  /** A value as an encoder of this kind takes it: what was proven to be good reads contexts as it did then. */
  private read(plan: FieldPlan, value: ContextValue | undefined): ContextValue | undefined {
    if (this.kind !== FIRST_KIND) return value;
    if (plan.kind === "number" || plan.kind === "levels") return typeof value === "number" ? value : undefined;
    return plan.kind === "boolean" && typeof value !== "boolean" ? undefined : value;
  }

  /** Puts the summary of a text at its place; returns its words, which come behind those of all texts. */
  private encodeText(
    plan: TextPlan,
    i: number,
    value: ContextValue | undefined,
    positions: number[],
    values: number[],
  ): EncodedText | undefined {
    const from = this.summaries[i];
    const missing = value === undefined || value === null || Array.isArray(value);
    if (missing && !plan.summary) return { at: [widthOf(plan) - 1], weights: [1] };
    if (missing) {
      positions.push(from + summaryWidth(plan) - 1);
      values.push(1);
      return undefined;
    }
    const encoded = this.texts[i]?.encode(String(value));
    encoded?.summary?.forEach((x, k) => {
      if (x === 0) return;
      positions.push(from + k);
      values.push(x);
    });
    return encoded;
  }

  featureName(index: number): string {
    const named = this.plans.findIndex((plan, i) => {
      const from = this.offsets[i];
      return index >= from && index < from + widthOf(plan) - (plan.kind === "text" ? summaryWidth(plan) : 0);
    });
    if (named >= 0) return positionName(this.plans[named], index - this.offsets[named]);
    for (const [i, plan] of this.plans.entries()) {
      const at = index - this.summaries[i];
      if (plan.kind === "text" && at >= 0 && at < summaryWidth(plan)) return summaryName(plan, at);
    }
    if (index === 0 && this.plans.length === 0) return "no field";
    throw new LearningError("ENCODER_INVALID", {
      received: `position ${show(index)}`,
      expected: `a position from 0 to ${this.dim - 1}`,
      remedy: "Ask for positions of vectors that this encoder made.",
    });
  }

  snapshot(): EncoderSnapshot {
    return { kind: this.kind, version: this.version, fields: structuredClone(this.plans) };
  }

  /** Whether a value that left no position is nevertheless there: an exact zero, `false`. */
  private isPresent(plan: FieldPlan, value: ContextValue | undefined): boolean {
    if (plan.kind === "number") return numberOf(plan, value) !== undefined;
    if (plan.kind === "levels") return finite(value) !== undefined;
    if (plan.kind === "boolean") return truthOf(value) !== undefined;
    if (plan.kind === "vector") return isVector(value, plan.centers.length);
    return false;
  }

  private encodeField(
    plan: Exclude<FieldPlan, TextPlan>,
    i: number,
    value: ContextValue | undefined,
    offset: number,
    positions: number[],
    values: number[],
  ): void {
    const put = (at: number, x: number) => {
      if (x === 0) return;
      positions.push(offset + at);
      values.push(x);
    };
    switch (plan.kind) {
      case "number": {
        const x = numberOf(plan, value);
        if (x !== undefined) put(0, standardised(plan.log ? Math.log1p(Math.max(0, x)) : x, plan.center, plan.scale));
        return;
      }
      case "levels": {
        const x = finite(value);
        if (x === undefined) return;
        put(0, standardised(x, plan.center, plan.scale));
        const level = this.categoryAt[i]?.get(x);
        if (level !== undefined) put(1 + level, 1);
        return;
      }
      case "boolean":
        put(0, truthOf(value) ? 1 : 0);
        return;
      case "date":
        for (const [at, x] of dateParts(value, this.kind === FIRST_KIND)) put(at, x);
        return;
      case "category":
      case "code": {
        if (value === undefined || value === null || Array.isArray(value)) return;
        if (plan.kind === "code" && typeof value !== "string") return;
        const text = plan.kind === "code" ? codePrefix(String(value)) : String(value);
        put(this.categoryAt[i]?.get(text) ?? plan.values.length + (hash32(text) % CATEGORY_BUCKETS), 1);
        return;
      }
      case "vector":
        if (isVector(value, plan.centers.length))
          for (let k = 0; k < value.length; k++) put(k, standardised(value[k], plan.centers[k], plan.scales[k]));
    }
  }
}

const isVector = (value: ContextValue | undefined, length: number): value is number[] =>
  Array.isArray(value) && value.length === length && value.every(Number.isFinite);

/** What a numeric field holds; undefined where it is missing. */
function numberOf(plan: NumberPlan, value: ContextValue | undefined): number | undefined {
  const x = finite(value);
  return x === plan.placeholder ? undefined : x;
}

function standardised(x: number, center: number, scale: number): number {
  return Math.max(-CUT, Math.min(CUT, (bounded(x) - center) / scale));
}

/** The positions of all fields, and behind them the words of texts. */
function joined(
  positions: readonly number[],
  values: readonly number[],
  words: readonly { offset: number; text: EncodedText }[],
): { indices: Int32Array; values: Float64Array } {
  const total = words.reduce((sum, { text }) => sum + text.at.length, positions.length);
  const indices = new Int32Array(total);
  const all = new Float64Array(total);
  indices.set(positions);
  all.set(values);
  let next = positions.length;
  for (const { offset, text } of words) {
    for (let k = 0; k < text.at.length; k++) indices[next + k] = offset + text.at[k];
    all.set(text.weights, next);
    next += text.at.length;
  }
  return { indices, values: all };
}
