import { types } from "node:util";
import { STATE_CUT } from "../../core/index.js";
import { classNameOf, DEEPEST, fieldOf, isLongBigint, isPlainJson, isProxy, ownField } from "../../core/own-fields.js";
import type { Redactor } from "./redact.js";

/**
 * A value as JSON text of at most `limit` bytes (UTF-8), ending in {@link STATE_CUT} where it was longer. Reads no
 * more of a large value than fits, runs none of the host's code (no getter, `toJSON` or Proxy) and never throws.
 * Objects are their own data properties, messages what LangChain writes of them, Maps objects, Sets lists, dates ISO
 * 8601, big integers their digits, errors name and message; of binary data only kind and size are kept, and of what
 * holds no data its class.
 */
export function stateText(value: unknown, limit: number, redactor: Redactor | undefined): string | undefined {
  if (limit <= 0) return STATE_CUT;
  try {
    if (!redactor && isPlainJson(value, limit)) {
      const text = JSON.stringify(value);
      return text === undefined ? undefined : bounded(text, limit);
    }
    const spelling = new Spelling(limit, redactor);
    return spelling.root(value) ? bounded(spelling.text(), limit, spelling.isCut) : undefined;
  } catch (error) {
    return JSON.stringify(`[unreadable: ${typeof error === "object" && error ? classNameOf(error) : typeof error}]`);
  }
}

/** Bytes of a text in UTF-8. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text);
}

function bounded(text: string, limit: number, cut = false): string {
  // UTF-8 takes at most three bytes for one unit of a text.
  if (text.length * 3 <= limit || byteLength(text) <= limit) return cut ? text + STATE_CUT : text;
  // Whole characters only.
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(limit));
  return text.slice(0, read) + STATE_CUT;
}

/** Writes JSON until the budget is used up. */
class Spelling {
  isCut = false;
  private readonly parts: string[] = [];
  private readonly above = new Set<object>();
  private readonly path: string[] = [];

  constructor(
    private left: number,
    private readonly redactor: Redactor | undefined,
  ) {}

  text(): string {
    return this.parts.join("");
  }

  /** Writes the whole; false when nothing of it is kept. Items of a list are states of their own, with their own paths. */
  root(value: unknown): boolean {
    const kept = this.redactor ? this.redactor.value(value, this.path) : value;
    if (!isKept(kept)) return false;
    if (Array.isArray(kept) && !isProxy(kept)) this.inside(kept, LIST, itemsOf(kept), () => true);
    else this.spell(kept);
    return true;
  }

  private put(text: string): void {
    this.parts.push(text);
    this.left -= text.length;
  }

  /** Writes what is left of a value after redaction. */
  private spell(value: unknown): void {
    if (typeof value === "string") this.putString(value);
    else if (typeof value === "bigint") this.put(isLongBigint(value) ? '"[bigint]"' : String(value));
    else if (!isKept(value)) this.put("null");
    else if (typeof value !== "object" || value === null) this.put(JSON.stringify(value));
    else if (this.above.has(value)) this.put('"[circular]"');
    else if (this.above.size > DEEPEST) this.put('"[deeper]"');
    else this.spellObject(value);
  }

  private putString(value: string): void {
    if (value.length > this.left) this.isCut = true;
    this.put(JSON.stringify(value.length > this.left ? value.slice(0, Math.max(0, this.left)) : value));
  }

  private spellObject(value: object): void {
    const size = isProxy(value) ? undefined : binarySize(value);
    if (isProxy(value)) this.put('"[Proxy]"');
    else if (size !== undefined) this.put(JSON.stringify(`[${classNameOf(value)}, ${size} bytes]`));
    else if (Array.isArray(value)) this.inside(value, LIST, itemsOf(value));
    else if (types.isSet(value)) this.inside(value, LIST, numbered(Set.prototype.values.call(value)));
    else if (types.isMap(value)) this.inside(value, OBJECT, Map.prototype.entries.call(value));
    else if (types.isDate(value)) this.spell(dateText(value));
    else if (types.isBoxedPrimitive(value)) this.put(JSON.stringify(`[${classNameOf(value)}]`));
    else this.spellFields(value);
  }

  /** What LangChain can write as JSON is written by fields as it would; of models and the like only the class. */
  private spellFields(value: object): void {
    const namespace = ownField(value, "lc_namespace");
    if (Array.isArray(namespace) && !isProxy(namespace)) {
      if (ownField(value, "lc_serializable") === true && namespace.includes("messages"))
        this.spellMessage(value, namespace);
      else this.put(JSON.stringify(`[${classNameOf(value)}]`));
      return;
    }
    const keys = Object.keys(value);
    const proto = Object.getPrototypeOf(value);
    const isError = types.isNativeError(value);
    if (keys.length === 0 && !isError && proto !== null && proto !== Object.prototype)
      this.put(JSON.stringify(`[${classNameOf(value)}]`));
    else if (isError)
      this.inside(value, OBJECT, fieldsOf(value, [...keys.filter((k) => k !== "name"), "name", "message"]));
    else this.inside(value, OBJECT, fieldsOf(value, keys));
  }

  /** LangChain writes the fields of messages under `kwargs`, which is no part of their path. */
  private spellMessage(value: object, namespace: unknown[]): void {
    const given = ownField(value, "lc_kwargs");
    const kwargs: Record<string, unknown> = {};
    if (typeof given === "object" && given !== null && !isProxy(given))
      for (const key of Object.keys(given)) kwargs[key] = ownField(value, key) ?? ownField(given, key);
    const id = [...namespace, classNameOf(value)];
    const message = { lc: 1, type: "constructor", id, kwargs };
    this.above.add(value);
    this.inside(message, OBJECT, Object.entries(message), (key) => key === "kwargs");
    this.above.delete(value);
  }

  private inside(
    value: object,
    [opening, closing]: readonly [string, string],
    entries: Iterable<readonly [unknown, unknown]>,
    /** Keys that are no part of the path. */
    isUnnamed: (key: unknown) => boolean = () => false,
  ): void {
    const isList = opening === "[";
    this.above.add(value);
    this.put(opening);
    let first = true;
    for (const [given, raw] of entries) {
      if (this.left <= 0) {
        this.isCut = true;
        break;
      }
      const key = nameOf(given);
      const isNamed = !isUnnamed(given);
      if (isNamed) this.path.push(key);
      const kept = this.redactor ? this.redactor.value(raw, this.path) : raw;
      if (isList || isKept(kept)) {
        if (!first) this.put(",");
        first = false;
        if (!isList) this.put(`${JSON.stringify(this.redactor ? this.redactor.key(key) : key)}:`);
        this.spell(kept);
      }
      if (isNamed) this.path.pop();
    }
    this.put(closing);
    this.above.delete(value);
  }
}

const LIST = ["[", "]"] as const;
const OBJECT = ["{", "}"] as const;

/** The text of a Map's key: an object's own would be made by its code. */
function nameOf(key: unknown): string {
  return typeof key === "object" && key !== null ? `[${classNameOf(key)}]` : String(key);
}

/** Whether JSON keeps such a value as an object's property. */
function isKept(value: unknown): boolean {
  return value !== undefined && typeof value !== "function" && typeof value !== "symbol";
}

const sizeOfView = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), "byteLength")?.get;
const sizeOfBuffer = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength")?.get;
const sizeOfDataView = Object.getOwnPropertyDescriptor(DataView.prototype, "byteLength")?.get;

/** Bytes of binary data, by the engine's own count. */
function binarySize(value: object): number | undefined {
  if (types.isTypedArray(value)) return sizeOfView?.call(value);
  if (types.isArrayBuffer(value)) return sizeOfBuffer?.call(value);
  if (types.isDataView(value)) return sizeOfDataView?.call(value);
  return undefined;
}

function dateText(date: Date): string | null {
  return Number.isNaN(Date.prototype.getTime.call(date)) ? null : Date.prototype.toISOString.call(date);
}

function* numbered(items: Iterable<unknown>): Iterable<readonly [number, unknown]> {
  let i = 0;
  for (const item of items) yield [i++, item];
}

function* itemsOf(list: readonly unknown[]): Iterable<readonly [number, unknown]> {
  for (let i = 0; i < list.length; i++) yield [i, dataOf(list, i)];
}

function* fieldsOf(value: object, keys: readonly string[]): Iterable<readonly [string, unknown]> {
  for (const key of keys) yield [key, key in OWN_OR_CLASS ? fieldOf(value, key) : dataOf(value, key)];
}

/** What an error's class may hold for all of its kind. */
const OWN_OR_CLASS = { name: true, message: true };

/** An own property's value; of one that is computed when read, only that. */
function dataOf(value: object, key: PropertyKey): unknown {
  const field = Object.getOwnPropertyDescriptor(value, key);
  return field?.get || field?.set ? "[getter]" : field?.value;
}
