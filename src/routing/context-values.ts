import type { ContextValue, DecisionContext } from "../core/index.js";
import { LearningError, show } from "../core/index.js";
import { isProxy } from "../core/own-fields.js";
import { isPathField } from "../core/path-fields.js";

/**
 * Copies what a context function returned, so that later changes of the state do not reach the record,
 * and checks it on the way. `undefined` counts as missing (null). What would run code when it is read (a getter, a
 * Proxy) is refused.
 * @throws CONTEXT_INVALID for anything but finite numbers, booleans, strings, null and arrays of finite numbers
 */
export function copyContext(value: unknown, what: string): DecisionContext {
  if (typeof value !== "object" || value === null || Array.isArray(value) || isProxy(value))
    throw invalid(show(value), what, "an object of named plain values");
  const copy: DecisionContext = {};
  for (const name of Object.keys(value)) {
    const field = Object.getOwnPropertyDescriptor(value, name);
    if (field?.get) throw invalid(`a getter as the field ${JSON.stringify(name)}`, what, "a plain value");
    const given: unknown = field?.value;
    copy[name] = isPlainPrimitive(given) ? given : copyValue(given, name, what);
  }
  return copy;
}

function isPlainPrimitive(value: unknown): value is number | string | boolean | null {
  return Number.isFinite(value) || typeof value === "string" || typeof value === "boolean" || value === null;
}

function copyValue(value: unknown, name: string, what: string): ContextValue {
  switch (typeof value) {
    case "number":
      if (Number.isFinite(value)) return value;
      break;
    case "boolean":
    case "string":
      return value;
    case "undefined":
      return null;
    case "object":
      if (value === null) return null;
      if (Array.isArray(value) && !isProxy(value)) {
        const numbers = ownNumbers(value);
        if (numbers) return numbers;
      }
  }
  throw invalid(
    `${show(value)} in the field ${JSON.stringify(name)}`,
    what,
    "a finite number, a boolean, a string, null or an array of finite numbers",
  );
}

/** A copy of a list of finite numbers; undefined where anything else is in it, or is made when it is read. */
function ownNumbers(list: readonly unknown[]): number[] | undefined {
  const numbers: number[] = [];
  for (let i = 0; i < list.length; i++) {
    const item: unknown = Object.getOwnPropertyDescriptor(list, i)?.value;
    if (!Number.isFinite(item)) return undefined;
    numbers.push(item as number);
  }
  return numbers;
}

function invalid(received: string, what: string, expected: string): LearningError {
  return new LearningError("CONTEXT_INVALID", {
    received: `${received} from ${what}`,
    expected,
    remedy: "Return plain named values; use null for what is missing.",
  });
}

/** Finds the first field that is not among `known` and holds something; undefined when there is none. */
export type FieldCheck = (context: DecisionContext) => string | undefined;

/**
 * Contexts mostly come with the same fields in the same order; the order last accepted is not looked up again.
 * What other decision points chose is no news of the context function: a policy that does not know them reads past it.
 */
export function createFieldCheck(known: Iterable<string>): FieldCheck {
  const names = new Set(known);
  let accepted: string[] = [];
  return (context) => {
    const fields = Object.keys(context);
    if (fields.length === accepted.length && fields.every((name, i) => name === accepted[i])) return undefined;
    const unknown = fields.filter((name) => !names.has(name) && !isPathField(name));
    if (unknown.length === 0) accepted = fields;
    return unknown.find((name) => context[name] !== null);
  };
}
