import type { z } from "zod";
import { LearningError, type LearningErrorCode, show } from "./errors.js";
import { expectationOf } from "./expectation.js";

/** Levenshtein's edit distance, for naming the nearest known word. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}

/** The known word closest to `word`; undefined when there are none. */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const k of known) {
    const d = editDistance(word.toLowerCase(), k.toLowerCase());
    if (d < least) [best, least] = [k, d];
  }
  return best;
}

/** The known word of which `word` is a slip: one letter in four may be another, one at least. */
export function slipOf(word: string, known: readonly string[]): string | undefined {
  const nearest = nearestWord(word, known);
  const most = Math.max(1, Math.floor(word.length / 4));
  return nearest !== undefined && editDistance(word.toLowerCase(), nearest.toLowerCase()) <= most ? nearest : undefined;
}

/**
 * Refuses keys that an options object may not have.
 * @param what the thing being configured, for the message
 * @throws CONFIG_UNKNOWN_KEY naming the nearest known key
 */
export function refuseUnknownKeys(value: object, known: readonly string[], what: string): void {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) throw unknownKey(unknown, known, what);
}

function unknownKey(key: string, known: readonly string[], what: string): LearningError {
  const nearest = nearestWord(key, known);
  return new LearningError("CONFIG_UNKNOWN_KEY", {
    received: `the unknown key ${JSON.stringify(key)} in ${what}`,
    expected: known.length > 0 ? `one of ${known.join(", ")}` : "only keys that are known",
    remedy: nearest === undefined ? "Leave it out." : `Did you mean ${JSON.stringify(nearest)}?`,
  });
}

/** The keys that an object or record within a schema may have. */
function keysAt(schema: unknown, path: readonly PropertyKey[]): string[] {
  type Part = {
    shape?: Record<PropertyKey, unknown>;
    unwrap?: () => unknown;
    keyType?: { options?: readonly string[] };
    valueType?: unknown;
    element?: unknown;
  };
  const bare = (part: unknown): Part | undefined => {
    let p = part as Part | undefined;
    while (p && !p.shape && !p.element && p.unwrap) p = p.unwrap() as Part;
    return p;
  };
  const at = path.reduce<Part | undefined>(
    (p, key) => bare(p?.shape?.[key] ?? p?.valueType ?? p?.element),
    bare(schema),
  );
  return at?.shape ? Object.keys(at.shape) : [...(at?.keyType?.options ?? [])];
}

/** Whether an option's value is nobody's to read: messages end in logs. */
const isPrivate = (key: PropertyKey): boolean => /^(secrets?|token|password|connectionString)$/i.test(String(key));

/**
 * Validates an options object against a zod object schema. Unknown keys are errors that name the
 * nearest known key (CONFIG_UNKNOWN_KEY); wrong values say where and what was expected
 * (`invalidCode`, CONFIG_INVALID by default).
 * @param what the thing being configured, for the messages ("loop.router options")
 */
export function parseOptions<S extends z.ZodObject>(
  schema: S,
  value: unknown,
  what: string,
  invalidCode: LearningErrorCode = "CONFIG_INVALID",
): z.output<S> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new LearningError(invalidCode, {
      received: show(value),
      expected: `an object with ${what}`,
      remedy: `Pass an object; its keys are ${Object.keys(schema.shape).join(", ")}.`,
    });
  }
  refuseUnknownKeys(value, Object.keys(schema.shape), what);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys")
    throw unknownKey(issue.keys[0], keysAt(schema, issue.path), path ? `${path} of ${what}` : what);
  const at = issue.path.reduce<unknown>((v, k) => (v as Record<PropertyKey, unknown> | undefined)?.[k], value);
  throw new LearningError(invalidCode, {
    received: `${issue.path.some(isPrivate) ? `a value of type ${typeof at}` : show(at)} for ${path || what}`,
    expected: expectationOf(issue),
    remedy: `Correct ${path ? JSON.stringify(path) : "the value"} in ${what}.`,
    cause: parsed.error,
  });
}
