import type { Clock, Rng } from "../../core/index.js";
import type { RatedRun } from "../../evaluation/experiment/index.js";
import type { PromptContent } from "../prompt-content.js";
import type { ChatModelLike, TokenPrices } from "./ask.js";
import type { Budget } from "./budget.js";
import type { PromptExample, Trials } from "./trial.js";
import type { PromptValidator } from "./vet.js";

/** One thing that was tried and what became of it. */
export interface Attempt {
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
  budget: Budget;
  validators: readonly PromptValidator[];
  /** Rated runs of the prompt, for their comments. */
  rated: readonly RatedRun[];
  model?: ChatModelLike;
  prices?: TokenPrices;
  timeoutMs: number;
  clock: Clock;
  rng: Rng;
  attempts: Attempt[];
}
