import type { ContextValue, DecisionContext } from "../../core/index.js";
import { digest, hash32, LearningError, show } from "../../core/index.js";
import type { EncoderSnapshot, FeatureEncoder } from "../encoder-types.js";
import type { FeatureVector } from "../feature-vector.js";
import type { FieldPlan, TextPlan } from "./fields.js";
import { CATEGORY_BUCKETS, CUT, finite, positionName, widthOf } from "./fields.js";
import type { EncoderOptions } from "./fit.js";
import { planField } from "./fit.js";
import { parsePlans } from "./snapshot.js";
import { visitTokens } from "./tokens.js";

const KIND = "fields-1";

/**
 * Plans an encoding from sample contexts: numbers standardised robustly, booleans, categories, short
 * texts (words, word pairs, runs of characters), long texts (words and pairs), vectors. Every field has
 * an indicator that is 1 where its value is missing, of another type than at fitting, NaN or infinite;
 * fields that were not seen at fitting are ignored. Text weights follow Salton and Buckley (1988),
 * hashing Weinberger et al. (2009).
 * @throws ENCODER_INVALID when there is no context, or none with a usable field
 */
export function fitEncoder(contexts: readonly DecisionContext[], options: EncoderOptions = {}): FeatureEncoder {
  const names = [...new Set(contexts.flatMap((c) => Object.keys(c)))].sort();
  const plans = names
    .filter((name) => !options.ignore?.includes(name))
    .map((name) =>
      planField(
        name,
        contexts.map((c) => c[name]),
        options,
      ),
    )
    .filter((plan) => plan !== undefined)
    .sort((a, b) => Number(a.kind === "text") - Number(b.kind === "text"));
  if (plans.length === 0)
    throw new LearningError("ENCODER_INVALID", {
      received: `${contexts.length} contexts with the fields ${show(names)}`,
      expected: "at least one context with a number, boolean, string or vector in it",
      remedy: "Fit the encoder on contexts as the router's context function returns them.",
    });
  return new FieldEncoder(plans);
}

/**
 * The encoder of a snapshot: the same vectors in every process.
 * @throws SNAPSHOT_INVALID when the snapshot is of another kind, damaged or edited
 */
export function restoreEncoder(snapshot: EncoderSnapshot): FeatureEncoder {
  const plans = parsePlans(snapshot, KIND);
  const encoder = new FieldEncoder(plans);
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
  private readonly offsets: number[] = [];
  /** Where the words of texts begin; texts come last. */
  private readonly denseDim: number;
  private readonly tokenAt: (Map<number, number> | undefined)[];
  private readonly categoryAt: (Map<string, number> | undefined)[];
  /** Sums per position while one context is encoded; all zero in between. */
  private readonly sums: Float64Array;

  constructor(private readonly plans: readonly FieldPlan[]) {
    let dim = 0;
    for (const plan of plans) {
      this.offsets.push(dim);
      dim += widthOf(plan);
    }
    this.dim = dim;
    this.denseDim = plans.reduce((sum, plan) => sum + (plan.kind === "text" ? 0 : widthOf(plan)), 0);
    this.sums = new Float64Array(dim);
    this.version = digest(JSON.stringify([KIND, plans]), 16);
    this.tokenAt = plans.map((p) =>
      p.kind === "text" ? new Map(p.vocabulary.map((entry, at) => [entry.hash, at])) : undefined,
    );
    this.categoryAt = plans.map((p) =>
      p.kind === "category" ? new Map(p.values.map((value, at) => [value, at])) : undefined,
    );
  }

  encode(context: DecisionContext): FeatureVector {
    const positions: number[] = [];
    const values: number[] = [];
    this.plans.forEach((plan, i) => {
      const offset = this.offsets[i] as number;
      const before = positions.length;
      this.encodeField(plan, i, context[plan.name], offset, positions, values);
      if (positions.length === before && !this.isPresent(plan, context[plan.name])) {
        positions.push(offset + widthOf(plan) - 1);
        values.push(1);
      }
    });
    const vector = { dim: this.dim, indices: Int32Array.from(positions), values: Float64Array.from(values) };
    return this.denseDim < this.dim ? { ...vector, denseDim: this.denseDim } : vector;
  }

  featureName(index: number): string {
    for (let i = this.plans.length - 1; i >= 0; i--) {
      const offset = this.offsets[i] as number;
      if (index >= offset && index < this.dim) return positionName(this.plans[i] as FieldPlan, index - offset);
    }
    throw new LearningError("ENCODER_INVALID", {
      received: `position ${show(index)}`,
      expected: `a position from 0 to ${this.dim - 1}`,
      remedy: "Ask for positions of vectors that this encoder made.",
    });
  }

  snapshot(): EncoderSnapshot {
    return { kind: KIND, version: this.version, fields: structuredClone(this.plans) };
  }

  /** Whether a value that left no position is nevertheless there: an exact zero, `false`, an empty text. */
  private isPresent(plan: FieldPlan, value: ContextValue | undefined): boolean {
    if (plan.kind === "number") return finite(value) !== undefined;
    if (plan.kind === "boolean") return typeof value === "boolean";
    if (plan.kind === "vector") return isVector(value, plan.centers.length);
    return value !== undefined && value !== null && !Array.isArray(value);
  }

  private encodeField(
    plan: FieldPlan,
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
        const x = finite(value);
        if (x !== undefined) put(0, standardised(plan.log ? Math.log1p(Math.max(0, x)) : x, plan.center, plan.scale));
        return;
      }
      case "boolean":
        put(0, value === true ? 1 : 0);
        return;
      case "category": {
        if (value === undefined || value === null || Array.isArray(value)) return;
        const text = String(value);
        put(this.categoryAt[i]?.get(text) ?? plan.values.length + (hash32(text) % CATEGORY_BUCKETS), 1);
        return;
      }
      case "vector":
        if (isVector(value, plan.centers.length))
          for (let k = 0; k < value.length; k++)
            put(k, standardised(value[k] as number, plan.centers[k] as number, plan.scales[k] as number));
        return;
      case "text":
        if (value === undefined || value === null || Array.isArray(value)) return;
        this.encodeText(plan, this.tokenAt[i] as Map<number, number>, String(value), put, offset);
    }
  }

  private encodeText(
    plan: TextPlan,
    known: Map<number, number>,
    value: string,
    put: (at: number, x: number) => void,
    offset: number,
  ): void {
    const { sums } = this;
    const touched: number[] = [];
    const text = value.slice(0, plan.maxChars).toLowerCase();
    visitTokens(text, true, plan.grams, (hash) => {
      const at = known.get(hash) ?? plan.vocabulary.length + (hash % plan.buckets);
      if (sums[offset + at] === 0) touched.push(at);
      sums[offset + at] = (sums[offset + at] as number) + 1;
    });
    touched.sort((a, b) => a - b);
    let norm = 0;
    for (const at of touched) {
      const weight = (1 + Math.log(sums[offset + at] as number)) * (plan.vocabulary[at]?.idf ?? plan.otherIdf);
      sums[offset + at] = weight;
      norm += weight * weight;
    }
    for (const at of touched) {
      put(at, (sums[offset + at] as number) / Math.sqrt(norm));
      sums[offset + at] = 0;
    }
  }
}

const isVector = (value: ContextValue | undefined, length: number): value is number[] =>
  Array.isArray(value) && value.length === length && value.every(Number.isFinite);

function standardised(x: number, center: number, scale: number): number {
  return Math.max(-CUT, Math.min(CUT, (x - center) / scale));
}
