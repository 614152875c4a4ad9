import type { Clock } from "../../core/index.js";
import type { RatedPromptRun } from "../../evaluation/experiment/index.js";
import type { Rng } from "../../math/rng.js";
import type { PromptContent } from "../prompt-content.js";
import type { ChatModelLike, TokenPrices } from "./ask.js";
import type { ProposalBudget } from "./budget.js";
import type { Lesson } from "./lessons.js";
import type { PromptExample, Trials } from "./trial.js";
import type { PromptValidator } from "./vet.js";

/** One thing that was tried and what became of it. */
export interface SearchAttempt {
  outcome: "kept" | "not better" | "refused" | "timeout" | "error" | "garbage" | "budget";
  detail: string;
}

/** What a search for a better prompt works with. */
export interface SearchContext {
  base: PromptContent;
  /** Examples to learn from, and others to choose by; the held-out ones are not here. */
  learning: readonly PromptExample[];
  choosing: readonly PromptExample[];
  trials: Trials;
  budget: ProposalBudget;
  validators: readonly PromptValidator[];
  /** Rated runs of the prompt, for their comments. */
  rated: readonly RatedPromptRun[];
  model?: ChatModelLike;
  prices?: TokenPrices;
  timeoutMs: number;
  clock: Clock;
  rng: Rng;
  attempts: SearchAttempt[];
  /** What changes of other prompts teach, the most promising first. */
  lessons: readonly Lesson[];
  /** Models that did not answer by a schema. */
  unstructured: WeakSet<object>;
}

/** What a search found, and why it ended before the budget did. */
export interface SearchResult {
  content?: PromptContent;
  ended?: string;
}

/** Answers in a row from which nothing could be taken, before the search ends: at its start, and later on. */
const FIRST_FAILURES = 2;
const FAILURES = 5;
/** Rounds in a row that brought nothing new, or nothing better. */
const REPEATS = 10;
const FRUITLESS = 40;

/** Why the latest attempts leave nothing to go on for; undefined while there is hope. */
export function endOf(attempts: readonly SearchAttempt[]): string | undefined {
  const trailing = (test: (a: SearchAttempt) => boolean) =>
    attempts.length - 1 - attempts.findLastIndex((a) => !test(a));
  const cause = attempts.at(-1)?.detail ?? "";
  const failed = trailing((a) => a.outcome === "garbage" || a.outcome === "error" || a.outcome === "timeout");
  if (failed >= (failed === attempts.length ? FIRST_FAILURES : FAILURES))
    return `the model gave no usable answer ${failed} times in a row: ${cause}`;
  // It is told why; where that does not help, more answers will not either.
  const refused = trailing((a) => a.outcome === "refused" && a.detail !== REPEATED);
  if (refused >= (refused === attempts.length ? FIRST_FAILURES : FAILURES))
    return `what the model proposed could not be used ${refused} times in a row: ${cause}`;
  if (trailing((a) => a.detail === REPEATED) >= REPEATS)
    return `the model proposed what was tried before ${REPEATS} times in a row`;
  if (trailing((a) => a.outcome !== "kept") >= FRUITLESS)
    return `nothing better came of the last ${FRUITLESS} attempts`;
  return undefined;
}

/** Why nothing was tried with a prompt that is all placeholders and demonstrations. */
export const NOTHING_TO_WRITE = "the prompt has no message to rewrite";

/** Detail of an attempt that was made before. */
export const REPEATED = "the same as an earlier one";

/** What to tell the model of its last answer: why it could not be used; nothing where it could. */
export function lastRefusal(attempts: readonly SearchAttempt[]): string[] {
  const last = attempts.at(-1);
  if (last?.outcome !== "refused" && last?.outcome !== "garbage") return [];
  return [`The answer before this one could not be used: ${last.detail}. Do better this time.`];
}
