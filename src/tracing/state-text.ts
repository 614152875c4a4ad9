import type { Redactor } from "./redact.js";

/** Ends every piece of state that was cut. */
export const CUT = "…[cut]";

/**
 * A value as JSON text of at most `limit` UTF-16 units, ending in {@link CUT} where it was longer. Reads
 * no more of a large value than fits; never throws (what cannot be read becomes a note).
 */
export function stateText(value: unknown, limit: number, redact: Redactor | undefined): string | undefined {
  if (limit <= 0) return CUT;
  try {
    const clean = redact ? redact(value) : value;
    if (clean === undefined) return undefined;
    if (fits(clean, limit, 0) >= 0) {
      const text = JSON.stringify(clean);
      return text === undefined || text.length <= limit ? text : text.slice(0, limit) + CUT;
    }
    const parts: string[] = [];
    spell(clean, { left: limit, parts, seen: new Set() });
    return parts.join("").slice(0, limit) + CUT;
  } catch (error) {
    return JSON.stringify(`[unreadable: ${String(error).slice(0, 100)}]`);
  }
}

/** What remains of a budget after a value; negative once it is known not to fit. */
function fits(value: unknown, budget: number, depth: number): number {
  if (typeof value === "string") return budget - value.length - 2;
  if (typeof value !== "object" || value === null) return budget - 5;
  if (depth > 64) return -1;
  let left = budget - 2;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length && left >= 0; i++) left = fits(value[i], left - 1, depth + 1);
    return left;
  }
  const inner = value as Record<string, unknown>;
  for (const key in inner) {
    if (left < 0) break;
    left = fits(inner[key], left - key.length - 4, depth + 1);
  }
  return left;
}

interface Spelling {
  left: number;
  parts: string[];
  seen: Set<object>;
}

/** Writes JSON until the budget is used up. */
function spell(value: unknown, s: Spelling): void {
  const put = (text: string) => {
    s.parts.push(text);
    s.left -= text.length;
  };
  if (typeof value === "string") put(JSON.stringify(value.length > s.left ? value.slice(0, s.left) : value));
  else if (typeof value !== "object" || value === null) put(JSON.stringify(value) ?? "null");
  else if (s.seen.has(value)) put('"[circular]"');
  else {
    s.seen.add(value);
    spellInside(value, s, put);
    s.seen.delete(value);
  }
}

function spellInside(value: object, s: Spelling, put: (text: string) => void): void {
  const isArray = Array.isArray(value);
  put(isArray ? "[" : "{");
  let first = true;
  for (const [key, inner] of Object.entries(value)) {
    if (s.left <= 0) break;
    put(`${first ? "" : ","}${isArray ? "" : `${JSON.stringify(key)}:`}`);
    first = false;
    spell(inner, s);
  }
  put(isArray ? "]" : "}");
}
