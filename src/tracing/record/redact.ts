import { types } from "node:util";
import { checkArgument } from "../../core/arguments.js";
import { ignoreRejection, LearningError, show } from "../../core/index.js";
import { isLongBigint, isProxy } from "../../core/own-fields.js";
import { isNamedSecret } from "./redact-named.js";
import { type Cleaner, PRESETS, type RedactPreset } from "./redact-presets.js";
import { REDACTED } from "./redacted.js";

export type { RedactPreset } from "./redact-presets.js";

/**
 * What to remove before anything is kept:
 * - a function from (value, path) to what is kept instead, called for every value inside the state
 *   (`path` as in `messages.0.content`); returning undefined removes the value;
 * - or a list of presets, regular expressions (matches in texts and in the keys of objects become
 *   `[redacted]`) and paths (`user.ssn`, `*.password`, `messages.*.content`: the value becomes `[redacted]`).
 *
 * Beside the state it is applied to error messages (path `error.message`), tags (`tags.0`), metadata
 * (`metadata.customer`), notes on gaps, the contexts of decisions and the features of candidates (by their own fields),
 * and what people write in feedback (`comment`, `correction`, `tags`). Paths begin at the
 * state's keys, also where a node returns a list of updates or a task takes a list of arguments. The ids by which
 * runs are found and erased (workflow, thread, user) and names in the graph are kept as they are.
 */
export type RedactOption =
  | ((value: unknown, path: string) => unknown)
  | readonly (RedactPreset | RegExp | { path: string })[];

/** Characters of one text that are looked at; what lies beyond is never kept. */
const LONGEST_TEXT = 65_536;
/** Left out of a text that was too long to be looked at whole: a match may have been cut in two there. */
const LONGEST_MATCH = 4096;

/** Removes private data. Where nothing was found, what was given comes back. */
export interface Redactor {
  /** What is kept instead of a value, what it holds not looked at; undefined removes it. */
  value(value: unknown, path: readonly string[]): unknown;
  /** An object's key as it is kept. */
  key(name: string): string;
}

/** A function's redaction; what it fails on is not kept, and the first failure is told. */
function byFunction(redact: (value: unknown, path: string) => unknown, onFailure?: (error: unknown) => void): Redactor {
  return {
    value(value, path) {
      try {
        const kept = redact(value, path.join("."));
        // What it lets through is the host's: a promise in the state is none of the function's, and is not asked.
        if (kept === value || isProxy(kept)) return kept;
        if (typeof (kept as { then?: unknown } | null | undefined)?.then !== "function") return kept;
        ignoreRejection(kept);
        throw new LearningError("CONFIG_INVALID", {
          received: "a promise from the function that redacts",
          expected: "what is kept, at once",
          remedy: "Make it synchronous.",
        });
      } catch (error) {
        onFailure?.(error);
        throw error;
      }
    },
    key: (name) => name,
  };
}

/**
 * Compiles a redaction; fails with CONFIG_INVALID on an entry it does not know.
 * @param onFailure is told of each failure of a function
 */
export function createRedactor(
  option: RedactOption | undefined,
  onFailure?: (error: unknown) => void,
): Redactor | undefined {
  if (option === undefined) return undefined;
  if (typeof option === "function") return byFunction(option, onFailure);
  checkArgument(option, "redact", "list", "CONFIG_INVALID");
  const cleaners: Cleaner[] = [];
  const paths: string[][] = [];
  for (const entry of option) {
    if (typeof entry === "string" && Object.hasOwn(PRESETS, entry)) cleaners.push(PRESETS[entry]);
    else if (types.isRegExp(entry)) cleaners.push(byPattern(new RegExp(entry.source, withGlobal(entry.flags))));
    else if (entry !== null && typeof entry === "object" && typeof entry.path === "string")
      paths.push(entry.path.split("."));
    else
      throw new LearningError("CONFIG_INVALID", {
        received: `redact entry ${show(entry)}`,
        expected: `one of ${Object.keys(PRESETS).join(", ")}, a regular expression, or { path }`,
        remedy: "Correct the entry, or give a function (value, path) => value.",
      });
  }
  const hidesKeys = cleaners.includes(PRESETS.key);
  return {
    value(value, path) {
      if (path.length > 0 && paths.some((p) => pathMatches(p, path))) return REDACTED;
      const isText = typeof value === "string";
      if (hidesKeys && (isText || typeof value === "number" || typeof value === "bigint"))
        if (isNamedSecret(path.at(-1) ?? "", value)) return REDACTED;
      if (isText) return cleanText(value, cleaners);
      if (typeof value === "bigint") {
        const text = isLongBigint(value) ? "" : String(value);
        return cleanText(text, cleaners) === text ? value : REDACTED;
      }
      // Card numbers are also kept as numbers.
      if (typeof value !== "number" || !(value >= 1e11) || !cleaners.includes(PRESETS.card)) return value;
      return PRESETS.card(String(value)) === REDACTED ? REDACTED : value;
    },
    key: (name) => cleanText(name, cleaners),
  };
}

function byPattern(regex: RegExp): Cleaner {
  return (text) => text.replace(regex, REDACTED);
}

/** A text without what the redactor removes; never undefined, and never more than was asked to be kept. */
export function redactText(text: string, redactor: Redactor | undefined, ...path: string[]): string {
  if (!redactor) return text;
  try {
    const kept = redactor.value(text, path);
    return typeof kept === "string" ? kept : REDACTED;
  } catch {
    return REDACTED;
  }
}

/**
 * A plain value without what the redactor removes, of the kinds that metadata and contexts hold. Another value of its
 * kind is kept in its place; where there is none, nothing (null).
 */
export function redactPlain<T extends string | number | boolean | null | readonly number[]>(
  value: T,
  redactor: Redactor | undefined,
  ...path: string[]
): T | string | null {
  if (!redactor) return value;
  if (typeof value === "string") return redactText(value, redactor, ...path);
  try {
    const kept = redactor.value(value, path);
    return isOfKind(kept, value) ? (kept as T) : null;
  } catch {
    return null;
  }
}

function isOfKind(kept: unknown, value: unknown): boolean {
  if (kept === value) return true;
  if (Array.isArray(value)) return Array.isArray(kept) && kept.every(Number.isFinite);
  return typeof kept === typeof value && (typeof kept === "boolean" || Number.isFinite(kept));
}

function cleanText(text: string, cleaners: readonly Cleaner[]): string {
  if (cleaners.length === 0) return text;
  let clean = text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT) : text;
  for (const cleaner of cleaners) clean = cleaner(clean);
  return text.length > LONGEST_TEXT ? clean.slice(0, Math.max(0, clean.length - LONGEST_MATCH)) : clean;
}

function withGlobal(flags: string): string {
  const free = flags.replace("y", "");
  return free.includes("g") ? free : `${free}g`;
}

/** `*` stands for one part; a leading `*` for any number of them. */
function pathMatches(pattern: readonly string[], path: readonly string[]): boolean {
  const anywhere = pattern[0] === "*";
  const wanted = anywhere ? pattern.slice(1) : pattern;
  if (anywhere ? path.length < wanted.length : path.length !== wanted.length) return false;
  const from = path.length - wanted.length;
  return wanted.every((part, i) => part === "*" || part === path[from + i]);
}
