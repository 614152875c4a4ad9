/**
 * Marks everything of this room that sits in a graph and chooses; a registered symbol, so that it is
 * recognised across copies of the package.
 */
export const LEARNED = Symbol.for("langgraph-collective-learning.learned");

/** What a learned edge or node says about itself. */
export interface LearnedMark {
  readonly [LEARNED]: { kind: "edge" | "command" | "advice"; decisionPoint: string; destinations: readonly string[] };
}

/** The mark of a learned edge or node; undefined for anything else. */
export function learnedMark(value: unknown): LearnedMark[typeof LEARNED] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as Partial<LearnedMark>)[LEARNED];
}
