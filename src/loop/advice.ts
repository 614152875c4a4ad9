import { digest, LearningError, show } from "../core/index.js";

/** A bounded memory of answers, each good while its version is; a question that failed is asked anew. */
export class AdviceCache<T> {
  private readonly entries = new Map<string, { version: string | undefined; answer: Promise<T> }>();

  constructor(private readonly capacity = 10_000) {}

  /** The remembered answer for the same question under the same version, else a new one. */
  get(question: unknown, version: string | undefined, compute: () => Promise<T>): Promise<T> {
    const key = keyOf(question);
    if (key === undefined) return compute();
    const known = this.entries.get(key);
    if (known && known.version === version) return known.answer;
    const answer = compute();
    this.entries.delete(key);
    const entry = { version, answer };
    this.entries.set(key, entry);
    answer.catch(() => {
      if (this.entries.get(key) === entry) this.entries.delete(key);
    });
    if (this.entries.size > this.capacity) {
      for (const oldest of this.entries.keys()) {
        this.entries.delete(oldest);
        break;
      }
    }
    return answer;
  }
}

/** Undefined for what has no JSON (circular states, bigints): such questions are not remembered. */
function keyOf(question: unknown): string | undefined {
  try {
    return digest(JSON.stringify(question));
  } catch {
    return undefined;
  }
}

/** The one decision point meant: the named one, the Sentinel's, or the only one there is. */
export function pointMeant(asked: string | undefined, known: readonly string[]): string {
  if (asked !== undefined && known.includes(asked)) return asked;
  if (asked === undefined && known.includes("sentinel")) return "sentinel";
  if (asked === undefined && known.length === 1) return known[0];
  throw new LearningError("CONFIG_INVALID", {
    received:
      asked === undefined ? `no decisionPoint, with ${known.length} known` : `the decision point ${show(asked)}`,
    expected: known.length ? `one of ${known.join(", ")}` : "a decision point declared by loop.router",
    remedy: known.length ? "Name the decision point in the options." : "Declare one with loop.router(...) first.",
  });
}
