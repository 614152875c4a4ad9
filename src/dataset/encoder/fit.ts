import type { ContextValue } from "../../core/index.js";
import type { FieldPlan, NumberPlan, TextPlan } from "./fields.js";
import { finite } from "./fields.js";
import { tokenText, visitTokens } from "./tokens.js";

/** How a field is read; detected from its values unless given. */
export type FieldKind = "number" | "boolean" | "category" | "short-text" | "long-text" | "vector";

/** Options of {@link fitEncoder}. */
export interface EncoderOptions {
  /** Kinds of fields for which detection would guess wrong. */
  fields?: Readonly<Record<string, FieldKind>>;
  /** Fields to leave out. */
  ignore?: readonly string[];
  /** Tokens per text field with a position, and a name, of their own: the most frequent (default 4096). */
  vocabulary?: number;
  /** Hashed positions per text field for all other tokens (default 1024). */
  textBuckets?: number;
  /** A string with more distinct values than this is text (default 64). */
  maxCategories?: number;
  /** Characters of a text that are read (default 8000). */
  maxTextChars?: number;
}

/** Plans one field from the values it took; undefined when it never held anything usable. */
export function planField(
  name: string,
  values: readonly (ContextValue | undefined)[],
  options: EncoderOptions,
): FieldPlan | undefined {
  const kind = options.fields?.[name] ?? detect(values, options.maxCategories ?? 64);
  switch (kind) {
    case undefined:
      return undefined;
    case "number":
      return planNumber(
        name,
        values.map(finite).filter((v) => v !== undefined),
      );
    case "boolean":
      return { kind, name };
    case "category":
      return { kind, name, values: frequentValues(values, options.maxCategories ?? 64) };
    case "vector":
      return planVector(name, values);
    default:
      return planText(name, values, kind === "short-text", options);
  }
}

/** The kind most values have. Strings: few distinct short ones are categories, else text by mean length. */
function detect(values: readonly (ContextValue | undefined)[], maxCategories: number): FieldKind | undefined {
  const counts = { number: 0, boolean: 0, string: 0, vector: 0 };
  for (const v of values) {
    if (finite(v) !== undefined) counts.number++;
    else if (typeof v === "boolean") counts.boolean++;
    else if (typeof v === "string") counts.string++;
    else if (Array.isArray(v)) counts.vector++;
  }
  const [kind, count] = Object.entries(counts).reduce((a, b) => (b[1] > a[1] ? b : a));
  if (count === 0) return undefined;
  if (kind !== "string") return kind as FieldKind;
  const texts = values.filter((v): v is string => typeof v === "string");
  const words = texts.reduce((sum, t) => sum + wordCount(t), 0) / texts.length;
  const distinct = new Set(texts).size;
  if (words <= 4 && distinct <= Math.min(maxCategories, Math.max(8, texts.length / 3))) return "category";
  return words <= 16 ? "short-text" : "long-text";
}

const wordCount = (text: string): number => text.slice(0, 400).split(/\s+/).length;

function frequentValues(values: readonly (ContextValue | undefined)[], most: number): string[] {
  const counts = new Map<string, number>();
  for (const v of values) if (v !== undefined && v !== null) counts.set(String(v), (counts.get(String(v)) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, most)
    .map(([value]) => value);
}

function planNumber(name: string, values: number[]): NumberPlan {
  const log = hasLongTail(values);
  return { kind: "number", name, log, ...robustScale(log ? values.map((v) => Math.log1p(v)) : values) };
}

/** Non-negative with an upper tail more than four times as long as the lower. */
function hasLongTail(values: readonly number[]): boolean {
  if (values.length < 8) return false;
  const sorted = Float64Array.from(values).sort();
  const at = (q: number) => sorted[Math.round((sorted.length - 1) * q)] as number;
  if (at(0) < 0) return false;
  return at(0.98) - at(0.5) > 4 * (at(0.5) - at(0.02)) && at(0.98) > 20;
}

/** Median, and the interquartile range as a standard deviation; the ordinary one where that is nearly zero. */
function robustScale(values: readonly number[]): { center: number; scale: number } {
  if (values.length === 0) return { center: 0, scale: 1 };
  const sorted = Float64Array.from(values).sort();
  const at = (q: number) => sorted[Math.round((sorted.length - 1) * q)] as number;
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
  const robust = (at(0.75) - at(0.25)) / 1.349;
  if (robust > 0.25 * deviation) return { center: at(0.5), scale: robust };
  return { center: mean, scale: deviation > 1e-12 * Math.max(1, Math.abs(mean)) ? deviation : 1 };
}

function planVector(name: string, values: readonly (ContextValue | undefined)[]): FieldPlan | undefined {
  const vectors = values.filter((v): v is number[] => Array.isArray(v) && v.every(Number.isFinite));
  const lengths = new Map<number, number>();
  for (const v of vectors) lengths.set(v.length, (lengths.get(v.length) ?? 0) + 1);
  const length = [...lengths].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0];
  if (!length) return undefined;
  const columns = Array.from({ length }, (_, i) =>
    robustScale(vectors.filter((v) => v.length === length).map((v) => v[i] as number)),
  );
  return { kind: "vector", name, centers: columns.map((c) => c.center), scales: columns.map((c) => c.scale) };
}

function planText(
  name: string,
  values: readonly (ContextValue | undefined)[],
  grams: boolean,
  options: EncoderOptions,
): TextPlan {
  const maxChars = options.maxTextChars ?? 8000;
  const seen = new Map<number, { documents: number; token: string; last: number }>();
  let documents = 0;
  for (const value of values) {
    if (value === undefined || value === null) continue;
    const text = String(value).slice(0, maxChars).toLowerCase();
    const document = ++documents;
    visitTokens(text, true, grams, (hash, kind, start, end) => {
      const entry = seen.get(hash);
      if (!entry) seen.set(hash, { documents: 1, token: tokenText(text, kind, start, end), last: document });
      else if (entry.last !== document) {
        entry.last = document;
        entry.documents++;
      }
    });
  }
  const idf = (count: number) => 1 + Math.log((1 + documents) / (1 + count));
  const vocabulary = [...seen]
    .filter(([, entry]) => entry.documents >= 2)
    .sort((a, b) => b[1].documents - a[1].documents || a[0] - b[0])
    .slice(0, options.vocabulary ?? 4096)
    .map(([hash, entry]) => ({ token: detach(entry.token), hash, idf: idf(entry.documents) }));
  return { kind: "text", name, grams, maxChars, buckets: options.textBuckets ?? 1024, otherIdf: idf(1), vocabulary };
}

/** A copy that does not keep the text it was cut from in memory, at most 40 characters long. */
function detach(token: string): string {
  return Buffer.from(token.slice(0, 40)).toString();
}
