import { LearningError, show } from "../core/index.js";

/** Named patterns for common private data. */
export type RedactPreset = "email" | "phone" | "card" | "key";

/**
 * What to remove before anything is kept:
 * - a function from (value, path) to what is kept instead, called for every value inside the state
 *   (`path` as in `messages.0.content`); returning undefined removes the value;
 * - or a list of presets, regular expressions (matches in texts become `[redacted]`) and paths
 *   (`user.ssn`, `*.password`, `messages.*.content`: the value becomes `[redacted]`).
 */
export type RedactOption =
  | ((value: unknown, path: string) => unknown)
  | readonly (RedactPreset | RegExp | { path: string })[];

/** What stands where something was removed. */
export const REDACTED = "[redacted]";

const PRESETS: Record<RedactPreset, RegExp> = {
  email: /[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,4}\.[A-Za-z]{2,24}/g,
  phone: /(?<![\w.])(?:\+|00)?\(?\d{1,4}\)?(?:[ .\-/]?\(?\d{2,4}\)?){2,4}(?![\w.])/g,
  card: /(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)/g,
  key: /\b(?:sk|pk|rk|ghp|gho|ghs|xox[abps]|AKIA|ASIA|AIza|lsv2)[-_A-Za-z0-9]{12,}\b|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}\b/g,
};

/** Removes private data from one value; gives back a changed copy, or the value itself where nothing was found. */
export type Redactor = (value: unknown) => unknown;

/** Compiles a redaction; fails with CONFIG_INVALID on an entry it does not know. */
export function createRedactor(option: RedactOption | undefined): Redactor | undefined {
  if (option === undefined) return undefined;
  if (typeof option === "function") return (value) => walk(value, "", option);
  const patterns: RegExp[] = [];
  const paths: string[][] = [];
  for (const entry of option) {
    if (typeof entry === "string" && Object.hasOwn(PRESETS, entry)) patterns.push(PRESETS[entry]);
    else if (entry instanceof RegExp) patterns.push(new RegExp(entry.source, withGlobal(entry.flags)));
    else if (typeof entry === "object" && typeof entry.path === "string") paths.push(entry.path.split("."));
    else
      throw new LearningError("CONFIG_INVALID", {
        received: `redact entry ${show(entry)}`,
        expected: `one of ${Object.keys(PRESETS).join(", ")}, a regular expression, or { path }`,
        remedy: "Correct the entry, or give a function (value, path) => value.",
      });
  }
  return (value) =>
    walk(value, "", (inner, path) => {
      if (path !== "" && paths.some((p) => pathMatches(p, path.split(".")))) return REDACTED;
      if (typeof inner !== "string") return inner;
      let text = inner;
      for (const pattern of patterns) text = text.replace(pattern, REDACTED);
      return text;
    });
}

function withGlobal(flags: string): string {
  return flags.includes("g") ? flags : `${flags}g`;
}

/** `*` stands for one part; a leading `*` for any number of them. */
function pathMatches(pattern: readonly string[], path: readonly string[]): boolean {
  const anywhere = pattern[0] === "*";
  const wanted = anywhere ? pattern.slice(1) : pattern;
  if (anywhere ? path.length < wanted.length : path.length !== wanted.length) return false;
  const from = path.length - wanted.length;
  return wanted.every((part, i) => part === "*" || part === path[from + i]);
}

function walk(value: unknown, path: string, change: (value: unknown, path: string) => unknown, depth = 0): unknown {
  const changed = change(value, path);
  if (typeof changed !== "object" || changed === null || depth > 32) return changed;
  const source = hasToJson(changed) ? changed.toJSON() : changed;
  if (typeof source !== "object" || source === null) return source;
  const at = (key: string) => (path === "" ? key : `${path}.${key}`);
  if (Array.isArray(source)) return source.map((item, i) => walk(item, at(String(i)), change, depth + 1));
  const copy: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(source)) {
    const kept = walk(inner, at(key), change, depth + 1);
    if (kept !== undefined) copy[key] = kept;
  }
  return copy;
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return typeof (value as { toJSON?: unknown }).toJSON === "function";
}
