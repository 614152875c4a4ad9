import { checkArgument } from "../../core/arguments.js";
import type { ContextValue, DecisionContext } from "../../core/index.js";
import { isPathField } from "../../core/path-fields.js";
import { isDateText, isTime } from "./dates.js";
import { finite, truthOf } from "./fields.js";
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
/** Share of distinct values from which numbers that only grow, or only fall, count something. */
const COUNTED = 0.2;
/** Distinct whole numbers up to which each may be a category of its own: more are mostly measured. */
const DEFAULT_LEVELS = 20;
/** Mean number of rows of a level from which its own effect can be learned. */
const ROWS_PER_LEVEL = 8;
const DEFAULT_CATEGORIES = 64;

/** Fields that are read: the regressions behind policies cost the square of what they read, in time and memory. */
const MOST_FIELDS = 256;
/** Share of the values from which a part of them says more than one. */
const PART = 0.05;
/** One word of ASCII that is no web address: those say something by their path. */
const TOKEN = /^(?!.*:\/\/)[!-~]+$/;
const CODE = /^(?=.*\d)[\w.:#-]+$/;
const PREFIX = /^([A-Za-z]{2,})[^A-Za-z]*\d/;
const ID_NAME =
  /(^|[_\W])(id|ids|uuid|guid|key|no|nr|number|hash|token)$|[a-z](Id|ID|Uuid|Key|No|Nr|Number|Hash|Token)$/;
/**
 * How each field of sample contexts is read: the kind it is given in `options.fields`, else what its values
 * look like. Identifiers (nearly unique codes) and constants are left out, since nothing about a new
 * decision can be learned from them; of more than 256 fields, those that are given least often.
 * @example
 * judgeFields(contexts);
 * // [{ field: "ticketId", note: "`ticketId` looks like an identifier and is left out" }, { field: "topic", kind: "category" }]
 */
export function judgeFields(contexts: readonly DecisionContext[], options: EncoderOptions = {}): FieldJudgement[] {
  checkArgument(contexts, "contexts", "objects", "ENCODER_INVALID");
  checkArgument(options, "options", "object", "ENCODER_INVALID");
  const { read, unread } = fieldsOf(contexts, options);
  const judged = read.map((field): FieldJudgement => {
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
  const [field] = unread;
  if (field === undefined) return judged;
  const others = unread.length > 1 ? ` and ${unread.length - 1} others are` : " is";
  const note = `\`${field}\`${others} left out: the ${read.length} fields that are declared or given most often are read`;
  return [...judged, { field, note }];
}

/** The names of the fields that are read, in their order, and of those that are too many. */
function fieldsOf(contexts: readonly DecisionContext[], { fields = {}, ignore = [] }: EncoderOptions) {
  const given = new Map<string, number>();
  for (const context of contexts) for (const name of Object.keys(context)) given.set(name, (given.get(name) ?? 0) + 1);
  for (const name of ignore) given.delete(name);
  const order = ([a, n]: [string, number], [b, m]: [string, number]) =>
    Number(Object.hasOwn(fields, b)) - Number(Object.hasOwn(fields, a)) ||
    Number(isPathField(a)) - Number(isPathField(b)) ||
    m - n ||
    (a < b ? -1 : 1);
  const names = [...given].sort(order).map(([name]) => name);
  return { read: names.slice(0, MOST_FIELDS).sort(), unread: names.slice(MOST_FIELDS) };
}

type Judged = Omit<FieldJudgement, "field">;

function judge(field: string, values: readonly (ContextValue | undefined)[], options: EncoderOptions): Judged {
  const numbers: number[] = [];
  const texts: string[] = [];
  const numerals: number[] = [];
  const lengths = new Map<number, number>();
  let [booleans, flags, vectors] = [0, 0, 0];
  for (const v of values) {
    if (truthOf(v) !== undefined) flags++;
    const x = finite(v);
    if (typeof v === "string") texts.push(v);
    else if (x !== undefined) numbers.push(x);
    else if (typeof v === "boolean") booleans++;
    else if (Array.isArray(v) && v.every(Number.isFinite)) {
      vectors++;
      lengths.set(v.length, (lengths.get(v.length) ?? 0) + 1);
    }
    if (x !== undefined) numerals.push(x);
  }
  const count = Math.max(numbers.length, texts.length, booleans, vectors);
  if (count === 0) return { note: `\`${field}\` never holds a usable value and is left out` };
  if (count === values.length && count >= LEAST && isConstant(values))
    return { note: `\`${field}\` always has the same value and is left out` };
  const present = numbers.length + texts.length + booleans + vectors;
  if (booleans > 0 && flags >= NEARLY_ALL * present) return { kind: "boolean" };
  // Where some are numbers, the same numbers written as text are meant as numbers as well.
  if (numbers.length > 0 && numerals.length >= NEARLY_ALL * present)
    return judgeNumbers(field, numerals, options.maxLevels ?? DEFAULT_LEVELS);
  if (count === texts.length) return judgeTexts(field, texts, options);
  if (count === numbers.length) return judgeNumbers(field, numbers, options.maxLevels ?? DEFAULT_LEVELS);
  if (count === booleans) return { kind: "boolean" };
  if (lengths.size === 1) return { kind: "vector" };
  const [length] = [...lengths].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0] ?? [];
  return {
    kind: "vector",
    note: `\`${field}\` holds lists of different lengths, of which those of ${length} are read`,
  };
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
  const unique = values.length >= LEAST && distinct >= UNIQUE * values.length;
  if ((unique && ID_NAME.test(field)) || isCounter(values, distinct)) return { note: identifierNote(field) };
  const few = distinct > 2 && distinct <= maxLevels && values.length >= ROWS_PER_LEVEL * distinct;
  return { kind: few && looksNumbered(values, distinct) ? "levels" : "number" };
}

/** Numbers that stand for something are counted from 0 or 1, or far apart as 200, 404 and 500 are. */
function looksNumbered(values: readonly number[], distinct: number): boolean {
  const least = values.reduce((a, b) => Math.min(a, b));
  const most = values.reduce((a, b) => Math.max(a, b));
  return least === 0 || least === 1 || most - least >= 4 * distinct;
}

/**
 * Numbers that go one way from row to row count the rows, whatever they are called, also where a few rows share one
 * or the newest come first.
 */
function isCounter(values: readonly number[], distinct: number): boolean {
  let [up, down] = [0, 0];
  for (let i = 1; i < values.length; i++) {
    if (values[i] >= values[i - 1]) up++;
    if (values[i] <= values[i - 1]) down++;
  }
  const most = NEARLY_ALL * (values.length - 1);
  return values.length >= 2 * LEAST && distinct >= COUNTED * values.length && Math.max(up, down) >= most;
}

function judgeTexts(field: string, texts: readonly string[], options: EncoderOptions): Judged {
  const share = (test: (text: string) => boolean): number => texts.filter(test).length / texts.length;
  const distinct = new Set(texts).size;
  const words = texts.reduce((sum, t) => sum + wordCount(t), 0) / texts.length;
  const most = Math.min(options.maxCategories ?? DEFAULT_CATEGORIES, Math.max(8, texts.length / 3));
  if (words <= 4 && distinct <= most) return { kind: "category" };
  if (texts.length >= LEAST && share(isDateText) >= NEARLY_ALL)
    return { kind: "date", note: `\`${field}\` looks like a date and is read as hour and day of the week` };
  const unique = texts.length >= LEAST && distinct >= UNIQUE * texts.length;
  const numbers = texts.flatMap((t) => finite(t) ?? []);
  // Whole numbers as text, nearly all different, mostly name something.
  const areNames = unique && numbers.every(Number.isSafeInteger) && !numbers.every(isTime);
  if (numbers.length >= NEARLY_ALL * texts.length && !areNames)
    return judgeNumbers(field, numbers, options.maxLevels ?? DEFAULT_LEVELS);
  if (texts.length >= LEAST && share((t) => CODE.test(t)) >= NEARLY_ALL) {
    if (hasPrefixes(texts))
      return { kind: "code", note: `\`${field}\` looks like a code and is read by the letters before its digits` };
    if (!unique) return { kind: "category" };
  }
  if (unique && share((t) => TOKEN.test(t)) >= NEARLY_ALL && share((t) => /\d/.test(t)) > 0.5 && !hasSharedParts(texts))
    return { note: identifierNote(field) };
  return { kind: words <= 16 ? "short-text" : "long-text" };
}

/** Whether parts of the values come back in some of them but not in all: a host, a region. */
function hasSharedParts(texts: readonly string[]): boolean {
  const parts = texts.map((t) => new Set(t.toLowerCase().split(/[^a-z0-9]+/)));
  const counts = new Map<string, number>();
  for (const part of parts.flatMap((own) => [...own])) counts.set(part, (counts.get(part) ?? 0) + 1);
  const shared = (part: string): boolean => {
    const n = counts.get(part) ?? 0;
    return part.length > 1 && /[a-z]/.test(part) && n >= PART * texts.length && n < NEARLY_ALL * texts.length;
  };
  return parts.filter((own) => [...own].some(shared)).length > texts.length / 2;
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
