import type { ContextValue } from "../../core/index.js";
import type { CategoryPlan, CodePlan, FieldPlan, LevelsPlan, NumberPlan } from "./fields.js";
import { finite } from "./fields.js";
import { codePrefix } from "./judge-fields.js";
import type { EncoderOptions, FieldKind } from "./options.js";
import { bounded, hasLongTail, placeholderOf, robustScale } from "./scale.js";
import { planText } from "./text-plan.js";

const MOST_LEVELS = 256;

/** Plans one field of a kind from the values it took; undefined when none of them can be read as that kind. */
export function planField(
  name: string,
  kind: FieldKind,
  values: readonly (ContextValue | undefined)[],
  options: EncoderOptions,
): FieldPlan | undefined {
  switch (kind) {
    case "number":
      return planNumber(name, numbersOf(values));
    case "levels":
      return planLevels(name, numbersOf(values));
    case "boolean":
    case "date":
      return { kind, name };
    case "category":
      return planCategory(kind, name, values, options);
    case "code":
      return planCategory(
        kind,
        name,
        values.map((v) => (typeof v === "string" ? codePrefix(v) : null)),
        options,
      );
    case "vector":
      return planVector(name, values);
    case "identifier":
      return undefined;
    default:
      return planText(name, values, kind === "short-text", options);
  }
}

const numbersOf = (values: readonly (ContextValue | undefined)[]): number[] =>
  values.flatMap((v) => finite(v) ?? []).map(bounded);

function planCategory(
  kind: "category" | "code",
  name: string,
  values: readonly (ContextValue | undefined)[],
  options: EncoderOptions,
): CategoryPlan | CodePlan {
  return { kind, name, values: frequentValues(values, options.maxCategories ?? 64) };
}

function frequentValues(values: readonly (ContextValue | undefined)[], most: number): string[] {
  const counts = new Map<string, number>();
  for (const v of values) if (v !== undefined && v !== null) counts.set(String(v), (counts.get(String(v)) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, most)
    .map(([value]) => value);
}

function planNumber(name: string, all: number[]): NumberPlan {
  const placeholder = placeholderOf(all);
  const values = placeholder === undefined ? all : all.filter((v) => v !== placeholder);
  const log = hasLongTail(values);
  const scale = robustScale(log ? values.map((v) => Math.log1p(v)) : values);
  return { kind: "number", name, log, ...scale, ...(placeholder !== undefined && { placeholder }) };
}

function planLevels(name: string, values: number[]): LevelsPlan {
  const counts = new Map<number, number>();
  for (const v of values) counts.set(v, (counts.get(v) ?? 0) + 1);
  const frequent = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, MOST_LEVELS);
  return { kind: "levels", name, ...robustScale(values), levels: frequent.map(([v]) => v).sort((a, b) => a - b) };
}

function planVector(name: string, values: readonly (ContextValue | undefined)[]): FieldPlan | undefined {
  const vectors = values.filter((v): v is number[] => Array.isArray(v) && v.every(Number.isFinite));
  const lengths = new Map<number, number>();
  for (const v of vectors) lengths.set(v.length, (lengths.get(v.length) ?? 0) + 1);
  const length = [...lengths].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0];
  if (!length) return undefined;
  const usable = vectors.filter((v) => v.length === length);
  const columns = Array.from({ length }, (_, i) => robustScale(usable.map((v) => v[i] ?? 0)));
  return { kind: "vector", name, centers: columns.map((c) => c.center), scales: columns.map((c) => c.scale) };
}
