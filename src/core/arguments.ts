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

/** What an argument may have to be, in the words of the message. */
const WORDS = {
  object: "an object",
  list: "a list",
  numbers: "a list of numbers",
  texts: "a list of texts",
  objects: "a list of objects",
  lists: "a list of lists",
  iterable: "a list, or another iterable",
  function: "a function",
  text: "a text",
  number: "a number",
};

type Kind = keyof typeof WORDS;

/** A kind, `?` after it where it may be left out, or an object's fields that are read. */
export type Expected = Kind | `${Kind}?` | { readonly [field: string]: Expected };

/** Only the kinds in the plural look at items. */
function isKind(v: unknown, kind: Kind): boolean {
  switch (kind) {
    case "object":
      return isObject(v) && !Array.isArray(v);
    case "list":
      return isList(v);
    case "numbers":
      return ArrayBuffer.isView(v) || every(v, (n) => typeof n === "number");
    case "texts":
      return every(v, (t) => typeof t === "string");
    case "objects":
      return every(v, isObject);
    case "lists":
      return every(v, isList);
    case "iterable":
      return isObject(v) && (Symbol.iterator in (v as object) || Symbol.asyncIterator in (v as object));
    case "function":
      return typeof v === "function";
    case "text":
      return typeof v === "string";
    case "number":
      return typeof v === "number" && !Number.isNaN(v);
  }
}

const kindIn = (expected: Kind | `${Kind}?`) => expected.replace("?", "") as Kind;

function fits(value: unknown, expected: Expected): boolean {
  if (typeof expected !== "string") {
    if (!isKind(value, "object")) return false;
    for (const field in expected) if (!fits((value as Record<string, unknown>)[field], expected[field])) return false;
    return true;
  }
  if (expected in WORDS) return isKind(value, expected as Kind);
  return value === undefined || isKind(value, kindIn(expected));
}

/**
 * Checks the type of an argument at the border: plain JavaScript passes anything. What is inside is the callee's own
 * to check. Cheap enough for what runs once per decision, with `expected` made once.
 * @throws the code, with what was received
 */
export function checkArgument(value: unknown, name: string, expected: Expected, code: LearningErrorCode): void {
  if (fits(value, expected)) return;
  if (typeof expected === "string") throw refused(value, name, WORDS[kindIn(expected)], code);
  if (!isKind(value, "object")) throw refused(value, name, `an object with ${Object.keys(expected).join(", ")}`, code);
  for (const field in expected)
    checkArgument((value as Record<string, unknown>)[field], `${field} of ${name}`, expected[field], code);
}

/**
 * Checks a list of objects, and of each of them the fields that are read.
 * @param one how an element is named in the error
 * @throws the code, with what was received
 */
export function checkEach(
  values: unknown,
  name: string,
  one: string,
  expected: Expected,
  code: LearningErrorCode,
): void {
  checkArgument(values, name, "objects", code);
  for (const value of values as readonly unknown[]) checkArgument(value, one, expected, code);
}

function refused(value: unknown, name: string, expected: string, code: LearningErrorCode): LearningError {
  return new LearningError(code, {
    received: `${show(value)} for ${name}`,
    expected,
    remedy: `Pass ${name} as the documentation of the call shows it.`,
  });
}
