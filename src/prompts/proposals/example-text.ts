import { inspect } from "node:util";
import { clippedVisibly } from "../../core/clipped.js";
import { digest } from "../../core/index.js";

/** Longest texts of an example, of its result or of a comment that are shown to the proposing model, in characters. */
const MOST_CHARS = 4000;

/** Everything an example holds, as text: numbers without bounds, maps, dates and circles, too. */
const ALL = {
  depth: Number.POSITIVE_INFINITY,
  breakLength: Number.POSITIVE_INFINITY,
  sorted: true,
  maxArrayLength: null,
  maxStringLength: null,
};

const ids = new WeakMap<object, string>();

/** Identifies an example by what it holds; two that hold the same are one. */
export function exampleId(example: object): string {
  const id = ids.get(example) ?? digest(inspect(example, ALL));
  ids.set(example, id);
  return id;
}

/** A text of bounded length; no character is cut in two. */
export function briefly(text: string): string {
  return clippedVisibly(text, MOST_CHARS);
}

/** An example's variables as the proposing model is shown them. */
export function variablesText(variables: Record<string, unknown>): string {
  try {
    return briefly(JSON.stringify(variables));
  } catch {
    // Circles and numbers that JSON does not have.
    return briefly(inspect(variables, ALL));
  }
}
