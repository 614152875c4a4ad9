import { checkArgument } from "../../core/arguments.js";
import type { ContextValue, DecisionContext } from "../../core/index.js";
import { finite } from "./fields.js";
import type { EncoderOptions, FieldKind } from "./options.js";

/** How one field of the contexts is read, and why where that is worth a word. */
export interface FieldJudgement {
  field: string;
  /** Undefined where the field is left out. */
  kind?: FieldKind;
  /** A sentence for the status; absent where there is nothing to say. */
  note?: string;
}

/** Values needed before a field is called an identifier or a constant. */
const LEAST = 20;
/** Share of the values that must be of a form before the field is said to have it. */
const NEARLY_ALL = 0.95;
/** Share of distinct values from which codes count as identifiers. */
const UNIQUE = 0.9;
/** Distinct whole numbers up to which each may be a category of its own: more are mostly measured. */
const DEFAULT_LEVELS = 20;
/** Mean number of rows of a level from which its own effect can be learned. */
const ROWS_PER_LEVEL = 8;
const DEFAULT_CATEGORIES = 64;

const DATE = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;
const CODE = /^(?=.*\d)[\w.:#-]+$/;
const PREFIX = /^([A-Za-z]{2,})[^A-Za-z]*\d/;
const ID_NAME =
  /(^|[_\W])(id|ids|uuid|guid|key|no|nr|number|hash|token)$|[a-z](Id|ID|Uuid|Key|No|Nr|Number|Hash|Token)$/;
/** Years 2001 to 2100, in milliseconds and in seconds. */
const isTime = (x: number): boolean => (x > 1e12 && x < 4.1e12) || (x > 1e9 && x < 4.1e9);

/**
 * How each field of sample contexts is read: the kind it is given in `options.fields`, else what its values
 * look like. Identifiers (nearly unique codes) and constants are left out, since nothing about a new
 * decision can be learned from them.
 * @example
 * judgeFields(contexts);
 * // [{ field: "ticketId", note: "`ticketId` looks like an identifier and is left out" }, { field: "topic", kind: "category" }]
 */
export function judgeFields(contexts: readonly DecisionContext[], options: EncoderOptions = {}): FieldJudgement[] {
  checkArgument(contexts, "contexts", "objects", "ENCODER_INVALID");
  const names = [...new Set(contexts.flatMap((c) => Object.keys(c)))].sort();
  return names
    .filter((name) => !options.ignore?.includes(name))
    .map((field) => {
      const declared = options.fields?.[field];
      if (declared) return { field, ...(declared !== "identifier" && { kind: declared }) };
      return {
        field,
        ...judge(
          field,
          contexts.map((c) => c[field]),
          options,
        ),
      };
    });
}

type Judged = Omit<FieldJudgement, "field">;

function judge(field: string, values: readonly (ContextValue | undefined)[], options: EncoderOptions): Judged {
  const numbers: number[] = [];
  const texts: string[] = [];
  let booleans = 0;
  let vectors = 0;
  for (const v of values) {
    const x = finite(v);
    if (x !== undefined) numbers.push(x);
    else if (typeof v === "string") texts.push(v);
    else if (typeof v === "boolean") booleans++;
    else if (Array.isArray(v)) vectors++;
  }
  const count = Math.max(numbers.length, texts.length, booleans, vectors);
  if (count === 0) return { note: `\`${field}\` never holds a usable value and is left out` };
  if (count === values.length && count >= LEAST && isConstant(values))
    return { note: `\`${field}\` always has the same value and is left out` };
  if (count === texts.length) return judgeTexts(field, texts, options.maxCategories ?? DEFAULT_CATEGORIES);
  if (count === numbers.length) return judgeNumbers(field, numbers, options.maxLevels ?? DEFAULT_LEVELS);
  return { kind: count === booleans ? "boolean" : "vector" };
}

function isConstant(values: readonly (ContextValue | undefined)[]): boolean {
  const first = JSON.stringify(values[0]);
  return values.every((v) => v === values[0] || JSON.stringify(v) === first);
}

function judgeNumbers(field: string, values: readonly number[], maxLevels: number): Judged {
  const share = (test: (x: number) => boolean): number => values.filter(test).length / values.length;
  const distinct = new Set(values).size;
  if (values.length >= LEAST && distinct > DEFAULT_LEVELS && share(isTime) >= NEARLY_ALL)
    return { kind: "date", note: `\`${field}\` looks like a time and is read as hour and day of the week` };
  if (share(Number.isSafeInteger) < NEARLY_ALL) return { kind: "number" };
  if (values.length >= LEAST && distinct >= UNIQUE * values.length && (ID_NAME.test(field) || isCounter(values)))
    return { note: identifierNote(field) };
  const few = distinct > 2 && distinct <= maxLevels && values.length >= ROWS_PER_LEVEL * distinct;
  return { kind: few && looksNumbered(values, distinct) ? "levels" : "number" };
}

/** Numbers that stand for something are counted from 0 or 1, or far apart as 200, 404 and 500 are. */
function looksNumbered(values: readonly number[], distinct: number): boolean {
  const least = values.reduce((a, b) => Math.min(a, b));
  const most = values.reduce((a, b) => Math.max(a, b));
  return least === 0 || least === 1 || most - least >= 4 * distinct;
}

/** Numbers that go up from row to row count the rows, whatever they are called. */
function isCounter(values: readonly number[]): boolean {
  let steps = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[i - 1]) steps++;
  return values.length >= 2 * LEAST && steps >= NEARLY_ALL * (values.length - 1);
}

function judgeTexts(field: string, texts: readonly string[], maxCategories: number): Judged {
  const share = (pattern: RegExp): number => texts.filter((t) => pattern.test(t)).length / texts.length;
  const distinct = new Set(texts).size;
  const words = texts.reduce((sum, t) => sum + wordCount(t), 0) / texts.length;
  if (words <= 4 && distinct <= Math.min(maxCategories, Math.max(8, texts.length / 3))) return { kind: "category" };
  if (texts.length >= LEAST && share(DATE) >= NEARLY_ALL)
    return { kind: "date", note: `\`${field}\` looks like a date and is read as hour and day of the week` };
  if (texts.length >= LEAST && share(CODE) >= NEARLY_ALL) {
    if (hasPrefixes(texts))
      return { kind: "code", note: `\`${field}\` looks like a code and is read by the letters before its digits` };
    if (distinct >= UNIQUE * texts.length) return { note: identifierNote(field) };
    return { kind: "category" };
  }
  return { kind: words <= 16 ? "short-text" : "long-text" };
}

const identifierNote = (field: string): string => `\`${field}\` looks like an identifier and is left out`;

const wordCount = (text: string): number => text.slice(0, 400).split(/\s+/).length;

/** Whether values begin with one of a few different groups of letters, each of them frequent. */
function hasPrefixes(texts: readonly string[]): boolean {
  const counts = new Map<string, number>();
  for (const t of texts) {
    const prefix = codePrefix(t);
    counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
  }
  const frequent = [...counts].filter(([prefix, n]) => prefix !== "" && n >= 5);
  return frequent.length >= 2 && frequent.reduce((sum, [, n]) => sum + n, 0) >= NEARLY_ALL * texts.length;
}

/** The letters a code begins with, in lower case; empty where there are fewer than two before its digits. */
export function codePrefix(text: string): string {
  return PREFIX.exec(text)?.[1]?.toLowerCase() ?? "";
}
