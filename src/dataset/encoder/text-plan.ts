import type { ContextValue } from "../../core/index.js";
import type { TextPlan, TextSummary } from "./fields.js";
import type { EncoderOptions } from "./options.js";
import { robustScale } from "./scale.js";
import { textShapeOf } from "./text-shape.js";
import { type TokenKind, tokenText, visitTokens } from "./tokens.js";
import { type SparseRow, topicDirections } from "./topics.js";

/** Texts that topics are found from; more would only take longer. */
const MOST_TEXTS = 3000;
/** Texts needed for each topic. */
const TEXTS_PER_TOPIC = 8;
/** Root mean square length of the vector of a text's topics: as much as one category, or one number. */
const LENGTH = 1;

/** A token among the texts: how many have it, and where it stands in the first of them. */
interface Seen {
  documents: number;
  last: number;
  first: number;
  kind: TokenKind;
  start: number;
  end: number;
}

const cut = (text: string, maxChars: number) => text.slice(0, maxChars).toLowerCase();

/** Plans a text field: its vocabulary, and what sums the texts up. */
export function planText(
  name: string,
  values: readonly (ContextValue | undefined)[],
  grams: boolean,
  options: EncoderOptions,
): TextPlan {
  const maxChars = options.maxTextChars ?? 8000;
  const texts = values.filter((v) => v !== undefined && v !== null).map(String);
  const seen = new Map<number, Seen>();
  texts.forEach((value, document) => {
    visitTokens(cut(value, maxChars), true, grams, (hash, kind, start, end) => {
      const entry = seen.get(hash);
      if (!entry) seen.set(hash, { documents: 1, last: document, first: document, kind, start, end });
      else if (entry.last !== document) {
        entry.last = document;
        entry.documents++;
      }
    });
  });
  const idf = (count: number) => 1 + Math.log((1 + texts.length) / (1 + count));
  const vocabulary = [...seen]
    .filter(([, entry]) => entry.documents >= 2)
    .sort((a, b) => b[1].documents - a[1].documents || a[0] - b[0])
    .slice(0, options.vocabulary ?? 4096)
    .map(([hash, { documents, first, kind, start, end }]) => {
      const token = tokenText(cut(texts[first] ?? "", maxChars), kind, start, end);
      return { token: detach(token), hash, idf: idf(documents) };
    });
  const buckets = options.textBuckets ?? 1024;
  const plan: TextPlan = { kind: "text", name, grams, maxChars, buckets, otherIdf: idf(1), vocabulary };
  const topics = options.topics ?? 32;
  return topics > 0 ? { ...plan, summary: summarise(texts, plan, topics) } : plan;
}

/** A copy that does not keep the text it was cut from in memory, at most 40 characters long. */
function detach(token: string): string {
  return Buffer.from(token.slice(0, 40)).toString();
}

function summarise(texts: readonly string[], plan: TextPlan, most: number): TextSummary {
  const step = Math.max(1, Math.ceil(texts.length / MOST_TEXTS));
  const sample = texts.filter((_, i) => i % step === 0);
  const shapes = sample.map((t) => textShapeOf(t, plan.maxChars));
  const shape = (shapes[0] ?? []).map((_, k) => robustScale(shapes.map((s) => s[k] ?? 0)));
  const width = plan.vocabulary.length;
  const known = new Map(plan.vocabulary.map(({ hash }, at) => [hash, at]));
  const rows = sample.map((t) => sparseRow(t, plan, known));
  const wanted = Math.min(most, Math.floor(sample.length / TEXTS_PER_TOPIC));
  const directions = wanted > 0 && width > 0 ? topicDirections(rows, width, wanted) : new Float32Array(0);
  const topics = width > 0 ? directions.length / width : 0;
  const bytes = new Int8Array(width * topics);
  const steps: number[] = [];
  for (let k = 0; k < topics; k++) {
    const direction = directions.subarray(k * width, (k + 1) * width);
    const largest = direction.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
    const step = largest > 0 ? largest / 127 : 1;
    steps.push(step);
    direction.forEach((v, t) => {
      bytes[t * topics + k] = Math.round(v / step);
    });
  }
  const scores = rows.map((row) => topicsOf(row, bytes, steps));
  const means = steps.map((_, k) => scores.reduce((sum, row) => sum + (row[k] ?? 0), 0) / scores.length);
  const square = scores.reduce((sum, row) => sum + row.reduce((a, v, k) => a + (v - (means[k] ?? 0)) ** 2, 0), 0);
  const factor = square > 0 ? LENGTH / Math.sqrt(square / scores.length) : 0;
  return {
    topics,
    scales: steps.map((s) => s * factor),
    centers: means.map((m) => m * factor),
    directions: Buffer.from(bytes.buffer).toString("base64"),
    shape,
  };
}

/** How far a text goes in the direction of each topic. @param bytes one row of as many numbers as topics for each token */
function topicsOf({ at, weights }: SparseRow, bytes: Int8Array, steps: readonly number[]): Float64Array {
  const sums = new Float64Array(steps.length);
  for (let i = 0; i < at.length; i++) {
    const from = at[i]! * sums.length;
    const weight = weights[i]!;
    for (let k = 0; k < sums.length; k++) sums[k] = sums[k]! + weight * bytes[from + k]!;
  }
  return sums.map((sum, k) => sum * steps[k]!);
}

/** The known tokens of a text, weighted as the encoder weighs them, over the length of all its tokens. */
function sparseRow(value: string, plan: TextPlan, known: ReadonlyMap<number, number>): SparseRow {
  const counts = new Map<number, number>();
  visitTokens(cut(value, plan.maxChars), true, plan.grams, (hash) => {
    const at = known.get(hash) ?? plan.vocabulary.length + (hash % plan.buckets);
    counts.set(at, (counts.get(at) ?? 0) + 1);
  });
  const all = [...counts].map(([at, n]) => ({
    at,
    weight: (1 + Math.log(n)) * (plan.vocabulary[at]?.idf ?? plan.otherIdf),
  }));
  const norm = Math.sqrt(all.reduce((sum, { weight }) => sum + weight * weight, 0)) || 1;
  const kept = all.filter(({ at }) => at < plan.vocabulary.length);
  return { at: kept.map(({ at }) => at), weights: kept.map(({ weight }) => weight / norm) };
}
