import { STATE_CUT } from "../../core/index.js";
import type { Redactor } from "./redact.js";

/** Nesting beyond this is not followed. */
const DEEPEST = 64;

/**
 * A value as JSON text of at most `limit` bytes (UTF-8), ending in {@link STATE_CUT} where it was longer. Reads no
 * more of a large value than fits; never throws (what cannot be read becomes a note). Maps become objects, sets
 * arrays, big integers their digits, errors name and message; of binary data only kind and size are kept.
 */
export function stateText(value: unknown, limit: number, redactor: Redactor | undefined): string | undefined {
  if (limit <= 0) return STATE_CUT;
  try {
    const quick = redactor || fits(value, limit, 0) < 0 ? undefined : jsonOf(value);
    if (quick) return quick.text === undefined ? undefined : bounded(quick.text, limit);
    const spelling = new Spelling(limit, redactor);
    return spelling.root(value) ? bounded(spelling.text(), limit, spelling.isCut) : undefined;
  } catch (error) {
    return JSON.stringify(`[unreadable: ${error instanceof Error ? error.name : typeof error}]`);
  }
}

/** JSON as the engine writes it; undefined where it cannot (a `toJSON` that gives big integers or circles). */
function jsonOf(value: unknown): { text: string | undefined } | undefined {
  try {
    return { text: JSON.stringify(value) };
  } catch {
    return undefined;
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

/** What remains of a budget after a value; negative when it does not fit, or JSON alone would lose what it holds. */
function fits(value: unknown, budget: number, depth: number): number {
  if (typeof value === "string") return budget - value.length - 2;
  if (typeof value === "bigint") return Number.NEGATIVE_INFINITY;
  if (typeof value !== "object" || value === null) return budget - 5;
  if (depth > DEEPEST) return Number.NEGATIVE_INFINITY;
  let left = budget - 2;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length && left >= 0; i++) left = fits(value[i], left - 1, depth + 1);
    return left;
  }
  if (isSpecial(value)) return Number.NEGATIVE_INFINITY;
  const inner = value as Record<string, unknown>;
  for (const key in inner) {
    if (left < 0) break;
    left = fits(inner[key], left - key.length - 4, depth + 1);
  }
  return left;
}

/** What JSON would write as `{}`, or number by number. */
function isSpecial(value: object): boolean {
  const proto = Object.getPrototypeOf(value);
  if (proto === Object.prototype || proto === null) return false;
  return value instanceof Map || value instanceof Set || value instanceof Error || binarySize(value) !== undefined;
}

function binarySize(value: object): number | undefined {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer ? value.byteLength : undefined;
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
    if (Array.isArray(kept)) this.inside(kept, LIST, listOf(kept), () => true);
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
    else if (typeof value === "bigint") this.put(String(value));
    else if (typeof value !== "object" || value === null) this.put(JSON.stringify(value) ?? "null");
    else if (this.above.has(value)) this.put('"[circular]"');
    else if (this.above.size > DEEPEST) this.put('"[deeper]"');
    else this.spellObject(value);
  }

  private putString(value: string): void {
    if (value.length > this.left) this.isCut = true;
    this.put(JSON.stringify(value.length > this.left ? value.slice(0, Math.max(0, this.left)) : value));
  }

  private spellObject(value: object): void {
    const size = binarySize(value);
    if (size !== undefined) this.put(`"[${value.constructor.name}, ${size} bytes]"`);
    else if (Array.isArray(value) || value instanceof Set) this.inside(value, LIST, listOf(value));
    else if (value instanceof Map) this.inside(value, OBJECT, value);
    else if (hasToJson(value)) this.spellJson(value);
    else if (value instanceof Error) this.inside(value, OBJECT, entriesOf({ ...value, ...plainError(value) }));
    else this.inside(value, OBJECT, entriesOf(value as Record<string, unknown>));
  }

  /** What says itself how it is written. LangChain writes the fields of messages under `kwargs`, which is no part of their path. */
  private spellJson(value: { toJSON(): unknown }): void {
    this.above.add(value);
    const json = value.toJSON();
    if (typeof json !== "object" || json === null)
      this.spell(this.redactor ? this.redactor.value(json, this.path) : json);
    else if ((json as { lc?: unknown }).lc === 1)
      this.inside(json, OBJECT, entriesOf(json as Record<string, unknown>), (key) => key === "kwargs");
    else this.spell(json);
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
    for (const [key, raw] of entries) {
      if (this.left <= 0) {
        this.isCut = true;
        break;
      }
      const isNamed = !isUnnamed(key);
      if (isNamed) this.path.push(String(key));
      const kept = this.redactor ? this.redactor.value(raw, this.path) : raw;
      if (isList || isKept(kept)) {
        if (!first) this.put(",");
        first = false;
        if (!isList) this.put(`${JSON.stringify(this.redactor ? this.redactor.key(String(key)) : String(key))}:`);
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

function plainError({ name, message }: Error): Record<string, unknown> {
  return { name, message };
}

/** Whether JSON keeps such a value as an object's property. */
function isKept(value: unknown): boolean {
  return value !== undefined && typeof value !== "function" && typeof value !== "symbol";
}

function* listOf(items: Iterable<unknown>): Iterable<readonly [number, unknown]> {
  let i = 0;
  for (const item of items) yield [i++, item];
}

function* entriesOf(value: Record<string, unknown>): Iterable<readonly [string, unknown]> {
  for (const key of Object.keys(value)) yield [key, value[key]];
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return typeof (value as { toJSON?: unknown }).toJSON === "function";
}
