import type { ExperimentOptions } from "../../evaluation/experiment/index.js";
import type { PromptContent } from "../prompt-content.js";
import type { ChatModelLike, TokenPrices } from "./ask.js";
import type { BudgetOptions } from "./budget.js";
import type { Demonstration } from "./few-shot.js";
import type { HeldOutResult } from "./held-out.js";
import type { SearchAttempt } from "./search.js";
import type { PromptExample, RunExample } from "./trial.js";
import type { PromptValidator } from "./vet.js";

/** How a new version is to be made and proven. */
export interface ProposalRequest {
  /**
   * `evolve`: reflective evolution from how examples went; `rewrite`: from comments on low-rated runs;
   * `few-shot`: demonstrations from the best rated runs (needs no model).
   */
  method: "evolve" | "rewrite" | "few-shot";
  /** Inputs to try prompts on; at least 15, of which a third is held out. */
  examples: readonly PromptExample[];
  /** Runs a prompt on an example and scores it. */
  run: RunExample;
  /** The proposing model; without it `evolve` and `rewrite` are off. */
  model?: ChatModelLike;
  /** Rated runs to choose from, for `few-shot`. */
  demonstrations?: readonly Demonstration[];
  /** Most demonstrations; default 3. */
  shots?: number;
  budget?: BudgetOptions;
  prices?: TokenPrices;
  /** Longest wait for one answer of the model; default 60,000. */
  timeoutMs?: number;
  /** Longest wait for one run of an example, which then scores 0; default 600,000. */
  runTimeoutMs?: number;
  validators?: readonly PromptValidator[];
  /** With it, a winning proposal at once meets the serving version in an experiment. */
  experiment?: Omit<ExperimentOptions, "promptId" | "variants">;
}

/** What came of a proposal. */
export interface Proposal {
  /** `won`: better on held-out examples; `lost`: not; `none`: nothing better was found; `off`: it could not be tried. */
  status: "won" | "lost" | "none" | "off";
  reason: string;
  /** The new content, when it won. */
  content?: PromptContent;
  heldOut?: HeldOutResult;
  attempts: SearchAttempt[];
  spent: { calls: number; tokens: number; costUsd: number };
  /** The version it was published as, and the experiment it went into. */
  version?: string;
  experiment?: string;
}
