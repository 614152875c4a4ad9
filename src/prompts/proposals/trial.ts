import type { ChatPromptTemplate } from "@langchain/core/prompts";
import { LATE, within } from "../../core/deadline.js";
import { type Clock, messageOf, show } from "../../core/index.js";
import { contentDigest, type PromptContent, templateOf } from "../prompt-content.js";
import type { ProposalBudget, Usage } from "./budget.js";
import { exampleId } from "./example-text.js";

/** One input that prompts are tried on. */
export interface PromptExample {
  /** Values of the template's variables. */
  variables: Record<string, unknown>;
  /** Kind of input; fronts are kept per segment. */
  segment?: string;
  /** What a good answer would be, for `run` to judge by. */
  expected?: string;
}

/** How a prompt did on an example. */
export interface TrialResult {
  /** In [0,1]. */
  score: number;
  /** What was good or bad, in words; shown to the proposing model. */
  feedback?: string;
  usage?: Usage;
}

/** Runs a prompt on an example and judges the result; the user's own pipeline. */
export type RunExample = (template: ChatPromptTemplate, example: PromptExample) => Promise<TrialResult>;

/** Runs in a row that gave no score, before anything else did: then the fault is not the prompt's. */
const FAILURES = 5;

/** Nothing but failures comes of running examples. */
export class RunsFailed extends Error {
  constructor(cause: string) {
    super(`the first ${FAILURES} runs of examples gave no score: ${cause}`);
  }
}

/** Runs prompts on examples within a budget, each pair once. */
export class Trials {
  /** Runs that gave no score; NaN, which never grows, once one gave a score. */
  private failures = 0;
  private readonly known = new Map<string, TrialResult>();

  constructor(
    private readonly run: RunExample,
    private readonly budget: ProposalBudget,
    private readonly clock: Clock,
    private readonly timeoutMs: number,
  ) {}

  /** How many of the examples have not been run with this content. */
  missing(content: PromptContent, examples: readonly PromptExample[]): number {
    const id = contentDigest(content);
    return examples.filter((e) => !this.known.has(keyOf(id, e))).length;
  }

  /** Whether the budget still covers trying a content on the examples. */
  affordable(content: PromptContent, examples: readonly PromptExample[]): boolean {
    return this.budget.allows(this.missing(content, examples));
  }

  /**
   * One result per example. A run that fails, takes too long or gives no score in [0,1] counts 0, with the reason as
   * feedback.
   */
  async all(content: PromptContent, examples: readonly PromptExample[]): Promise<TrialResult[]> {
    const id = contentDigest(content);
    const template = templateOf(content);
    const results: TrialResult[] = [];
    for (const example of examples) {
      const key = keyOf(id, example);
      let result = this.known.get(key);
      if (!result) {
        this.budget.require();
        try {
          const tried = await within(this.run(template, example), this.timeoutMs, this.clock);
          if (tried === LATE) throw new Error(`no result within ${this.timeoutMs} ms`);
          result = { ...tried, score: scoreOf(tried) };
          this.failures = Number.NaN;
        } catch (error) {
          result = { score: 0, feedback: `the run failed: ${messageOf(error)}` };
          this.failures++;
        }
        this.budget.spend(result.usage);
        this.known.set(key, result);
        if (this.failures >= FAILURES) throw new RunsFailed(result.feedback ?? "");
      }
      results.push(result);
    }
    return results;
  }

  /** Mean score over the examples. */
  async mean(content: PromptContent, examples: readonly PromptExample[]): Promise<number> {
    const results = await this.all(content, examples);
    return results.reduce((s, r) => s + r.score, 0) / results.length;
  }
}

/** How far a mean of scores may leave [0,1] by rounding. */
const ROUNDING = 1e-9;

function scoreOf(tried: TrialResult | undefined): number {
  const score = tried?.score;
  if (typeof score !== "number" || Number.isNaN(score))
    throw new Error(`its result has no score that is a number: ${show(tried)}`);
  if (score < -ROUNDING || score > 1 + ROUNDING) throw new Error(`its score ${score} is not in [0,1]: scale it`);
  return Math.min(1, Math.max(0, score));
}

function keyOf(id: string, example: PromptExample): string {
  return `${id}/${exampleId(example)}`;
}
