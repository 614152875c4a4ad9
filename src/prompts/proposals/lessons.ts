import type { PromptContent } from "../prompt-content.js";

/** A change that another prompt was put to, and what its experiment said. */
export interface PromptChange {
  before: PromptContent;
  after: PromptContent;
  /** It won its experiment, and did not fall behind later. */
  won: boolean;
  /** Mean reward of the version after less that of the one before. */
  effect: number;
  /** One of the two was written from what people said: then the change counts, and its words are told to nobody. */
  confidential: boolean;
}

/** One sentence that was added to prompts, or taken out of them, and how that went. */
export interface Lesson {
  kind: "added" | "removed";
  text: string;
  tried: number;
  won: number;
  /** Chance to win: its own rate, shrunken towards that of its kind, and that of a kind towards that of all changes. */
  chance: number;
  /** Difference in mean reward that it made, over its experiments. */
  effect: number;
}

/** Experiments that the rate a lesson is shrunken towards counts for. */
const PRIOR = 2;
/** Longest sentence that is carried over, in characters. */
const MOST_CHARS = 400;

/** Of `tried` so many were won, beside what is expected beforehand. */
const shrunken = (won: number, tried: number, expected: number) => (won + PRIOR * expected) / (tried + PRIOR);
const rateOf = (changes: readonly { won: boolean }[], expected: number) =>
  shrunken(changes.filter((c) => c.won).length, changes.length, expected);

/**
 * What changes of other prompts teach, sentence by sentence, the most promising first: success rates by empirical Bayes
 * (Casella, 1985). The words of confidential changes are left out.
 */
export function lessonsOf(changes: readonly PromptChange[]): Lesson[] {
  const seen = changes.map((change) => ({ ...change, ...differenceOf(change) }));
  const all = rateOf(seen, 0.5);
  return (["added", "removed"] as const)
    .flatMap((kind) => {
      const own = seen.filter((c) => c[kind].length > 0);
      const expected = rateOf(own, all);
      const bySentence = new Map<string, { text: string; changes: PromptChange[] }>();
      for (const change of own)
        for (const text of change.confidential ? [] : change[kind]) {
          const known = bySentence.get(normalised(text)) ?? { text, changes: [] };
          known.changes.push(change);
          bySentence.set(normalised(text), known);
        }
      return [...bySentence.values()].map(
        ({ text, changes: tried }): Lesson => ({
          ...{ kind, text, tried: tried.length, won: tried.filter((c) => c.won).length },
          chance: rateOf(tried, expected),
          effect: tried.reduce((sum, c) => sum + c.effect, 0) / tried.length,
        }),
      );
    })
    .sort((a, b) => b.chance - a.chance || b.effect - a.effect);
}

/** Sentences of instructions that one version has and the other has not. */
function differenceOf({ before, after }: PromptChange): { added: string[]; removed: string[] } {
  const missing = (from: readonly string[], among: readonly string[]) => {
    const known = new Set(among.map(normalised));
    return from.filter((s) => !known.has(normalised(s)));
  };
  const [old, fresh] = [sentencesOf(before), sentencesOf(after)];
  return { added: missing(fresh, old), removed: missing(old, fresh) };
}

/** What tells a model to do something, sentence by sentence: no demonstrations, and nothing with a variable in it. */
export function sentencesOf({ messages }: PromptContent): string[] {
  return messages.flatMap((m) =>
    "template" in m && !m.literal && m.role !== "ai"
      ? m.template
          .split(/(?<=[.!?])\s+|\n+/)
          .map((s) => s.trim())
          .filter((s) => s.length > 0 && s.length <= MOST_CHARS && !/[{}]/.test(s))
      : [],
  );
}

/** Two sentences that differ in case, spaces or their last mark alone are one. */
export function normalised(sentence: string): string {
  return sentence
    .toLowerCase()
    .replaceAll(/\s+/g, " ")
    .replace(/[.!?]+$/, "")
    .trim();
}
