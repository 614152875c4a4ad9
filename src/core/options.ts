import type { z } from "zod";
import { LearningError, type LearningErrorCode, show } from "./errors.js";

/** Levenshtein's edit distance, for naming the nearest known word. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
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
      expected: `an object with the ${what}`,
      remedy: `Pass an object; its keys are ${Object.keys(schema.shape).join(", ")}.`,
    });
  }
  const known = Object.keys(schema.shape);
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    throw new LearningError("CONFIG_UNKNOWN_KEY", {
      received: `the unknown key ${JSON.stringify(key)} in ${what}`,
      expected: `one of ${known.join(", ")}`,
      remedy: `Did you mean ${JSON.stringify(nearestWord(key, known))}?`,
    });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0] as z.core.$ZodIssue;
  const path = issue.path.map(String).join(".");
  const at = issue.path.reduce<unknown>((v, k) => (v as Record<PropertyKey, unknown> | undefined)?.[k], value);
  throw new LearningError(invalidCode, {
    received: `${show(at)} for ${path || what}`,
    expected: issue.message,
    remedy: `Correct ${path ? JSON.stringify(path) : "the value"} in ${what}.`,
    cause: parsed.error,
  });
}
