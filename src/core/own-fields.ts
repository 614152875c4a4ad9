import { types } from "node:util";

/** Prototypes further up than this are not looked at. */
const HIGHEST = 16;
/** Nesting beyond this is not followed. */
export const DEEPEST = 64;

/** Whether an integer has so many digits (about 5,000) that writing them takes long. */
export function isLongBigint(value: bigint): boolean {
  return BigInt.asIntN(16_384, value) !== value;
}

/** Whether reading a value's properties runs code that stands behind them (a Proxy's). */
export function isProxy(value: unknown): boolean {
  return types.isProxy(value);
}

/**
 * An object's own property, where it is data; undefined where it is missing or computed when read. Reading it runs
 * no code of whoever made the object.
 */
export function ownField(value: object, key: PropertyKey): unknown {
  return types.isProxy(value) ? undefined : Object.getOwnPropertyDescriptor(value, key)?.value;
}

/** As {@link ownField}, with what the object's class holds as data, and what the platform's own errors compute. */
export function fieldOf(value: object, key: PropertyKey): unknown {
  let at: object | null = value;
  for (let i = 0; at !== null && i < HIGHEST && !types.isProxy(at); i++) {
    const found = Object.getOwnPropertyDescriptor(at, key);
    if (found) return found.get && isPlatforms(at) ? found.get.call(value) : found.value;
    at = Object.getPrototypeOf(at);
  }
  return undefined;
}

/** The name of an object's class; "Object" where it has none. */
export function classNameOf(value: object): string {
  if (types.isProxy(value)) return "Proxy";
  const made = fieldOf(value, "constructor");
  const name = typeof made === "function" ? ownField(made, "name") : undefined;
  return typeof name === "string" && name !== "" ? name.slice(0, 100) : "Object";
}

function isPlatforms(prototype: object): boolean {
  return typeof DOMException === "function" && prototype === DOMException.prototype;
}

/**
 * Whether the engine's own JSON of a value takes about `budget` characters at most, runs no code of the host's, and loses
 * nothing of what the value holds. Looks at no more of it than that many characters.
 */
export function isPlainJson(value: unknown, budget: number): boolean {
  return !isJsonPatched() && restOf(value, budget, 0) >= 0;
}

/** Whether the host gave all objects, functions, texts or numbers a `toJSON`. Written out: a loop would take ten times as long. */
function isJsonPatched(): boolean {
  return (
    "toJSON" in Object.prototype ||
    "toJSON" in Function.prototype ||
    "toJSON" in Array.prototype ||
    "toJSON" in String.prototype ||
    "toJSON" in Number.prototype ||
    "toJSON" in Boolean.prototype
  );
}

/** The engine's own look at what computes a property: makes no description of it, as `getOwnPropertyDescriptor` does. */
const { __lookupGetter__: getterOf, __lookupSetter__: setterOf } = Object.prototype as unknown as Record<
  "__lookupGetter__" | "__lookupSetter__",
  (this: object, key: PropertyKey) => unknown
>;

/** What remains of a budget after a value; negative where it does not fit or is more than plain data. */
function restOf(value: unknown, budget: number, depth: number): number {
  if (typeof value === "string") return budget - value.length - 2;
  // JSON asks a function, too, for a `toJSON` of its own.
  if (typeof value === "bigint" || typeof value === "function") return Number.NEGATIVE_INFINITY;
  if (typeof value !== "object" || value === null) return budget - 5;
  if (depth > DEEPEST || types.isProxy(value)) return Number.NEGATIVE_INFINITY;
  const proto = Object.getPrototypeOf(value);
  let left = budget - 2;
  if (Array.isArray(value)) {
    if (proto !== Array.prototype || Object.hasOwn(value, "toJSON")) return Number.NEGATIVE_INFINITY;
    for (let i = 0; i < value.length && left >= 0; i++)
      left = getterOf.call(value, i) ? Number.NEGATIVE_INFINITY : restOf(value[i], left - 1, depth + 1);
    return left;
  }
  if (proto !== Object.prototype && proto !== null) return Number.NEGATIVE_INFINITY;
  const fields = value as Record<string, unknown>;
  for (const key in fields) {
    if (left < 0) break;
    if (key === "toJSON" || getterOf.call(fields, key)) return Number.NEGATIVE_INFINITY;
    const field = fields[key];
    if (field === undefined && setterOf.call(fields, key)) return Number.NEGATIVE_INFINITY;
    left = restOf(field, left - key.length - 4, depth + 1);
  }
  return left;
}
