import { LearningError, type LearningErrorCode, show } from "./errors.js";

/**
 * An argument that must be a text and say something: from plain JavaScript it may be missing, and a query without an id
 * would mean everybody.
 * @throws the code, with what was received
 */
export function textArgument(value: unknown, name: string, code: LearningErrorCode = "CONFIG_INVALID"): string {
  if (typeof value === "string" && value !== "") return value;
  throw new LearningError(code, {
    received: `${show(value)} for ${name}`,
    expected: "a non-empty text",
    remedy: `Pass ${name}.`,
  });
}

/** An argument that must be an object with the keys that are read from it. @throws the code, with what was received */
export function objectArgument<T>(value: T, name: string, code: LearningErrorCode = "CONFIG_INVALID"): NonNullable<T> {
  if (typeof value === "object" && value !== null) return value;
  throw refused(value, name, "an object", code);
}

const isObject = (v: unknown) => typeof v === "object" && v !== null;
const isList = (v: unknown) => Array.isArray(v) || ArrayBuffer.isView(v);
const every = (v: unknown, is: (item: unknown) => boolean) => Array.isArray(v) && v.every(is);

/** What an argument may have to be, in the words of the message. Only the kinds in the plural look at items. */
const KINDS = {
  object: [(v: unknown) => isObject(v) && !Array.isArray(v), "an object"],
  list: [isList, "a list"],
  numbers: [(v: unknown) => ArrayBuffer.isView(v) || every(v, (n) => typeof n === "number"), "a list of numbers"],
  texts: [(v: unknown) => every(v, (t) => typeof t === "string"), "a list of texts"],
  objects: [(v: unknown) => every(v, isObject), "a list of objects"],
  lists: [(v: unknown) => every(v, isList), "a list of lists"],
  iterable: [
    (v: unknown) => isObject(v) && (Symbol.iterator in (v as object) || Symbol.asyncIterator in (v as object)),
    "a list, or another iterable",
  ],
  function: [(v: unknown) => typeof v === "function", "a function"],
  text: [(v: unknown) => typeof v === "string", "a text"],
  number: [(v: unknown) => typeof v === "number" && !Number.isNaN(v), "a number"],
} as const;

type Kind = keyof typeof KINDS;

/** A kind, `?` after it where it may be left out, or an object's fields that are read. */
export type Expected = Kind | `${Kind}?` | { readonly [field: string]: Expected };

/**
 * Checks the type of an argument at the border: plain JavaScript passes anything. What is inside is the callee's own
 * to check. Cheap enough for what runs once per decision, with `expected` made once.
 * @throws the code, with what was received
 */
export function checkArgument(value: unknown, name: string, expected: Expected, code: LearningErrorCode): void {
  if (typeof expected === "string") {
    const isOptional = expected.endsWith("?");
    if (isOptional && value === undefined) return;
    const [is, words] = KINDS[(isOptional ? expected.slice(0, -1) : expected) as Kind];
    if (!is(value)) throw refused(value, name, words, code);
    return;
  }
  if (!KINDS.object[0](value)) throw refused(value, name, `an object with ${Object.keys(expected).join(", ")}`, code);
  for (const field in expected)
    checkArgument((value as Record<string, unknown>)[field], `${field} of ${name}`, expected[field], code);
}

function refused(value: unknown, name: string, expected: string, code: LearningErrorCode): LearningError {
  return new LearningError(code, {
    received: `${show(value)} for ${name}`,
    expected,
    remedy: `Pass ${name} as the documentation of the call shows it.`,
  });
}
