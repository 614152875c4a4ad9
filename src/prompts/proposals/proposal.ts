import { z } from "zod";
import { parseOptions } from "../../core/index.js";
import { isObject, isRecord } from "../../core/is-object.js";
import { amount, share, whole } from "../../core/option-fields.js";
import type { ExperimentOptions } from "../../evaluation/experiment/index.js";
import type { PromptContent } from "../prompt-content.js";
import type { ChatModelLike } from "./ask.js";
import { budgetOptionsSchema } from "./budget.js";
import type { HeldOutResult } from "./held-out.js";
import type { SearchAttempt } from "./search.js";
import type { PromptExample, RunExample } from "./trial.js";
import type { PromptValidator } from "./vet.js";

const METHODS = ["evolve", "rewrite", "few-shot", "borrow"] as const;
const isExample = (v: unknown) => isRecord(v) && isRecord(v["variables"]);
const example = z.custom<PromptExample>(isExample, "an example, an object with variables");
const demonstration = z.object({
  input: z.string("a text"),
  output: z.string("a text"),
  reward: share,
  segment: z.string("a text").optional(),
});
const perMillion = z.strictObject({ inputPerMillionUsd: amount, outputPerMillionUsd: amount });
const fn = <F>() => z.custom<F>((v) => typeof v === "function", "a function");
const duration = z.custom<number>((v) => typeof v === "number" && v > 0, "milliseconds above 0");

/** How a new version is to be made and proven. */
const proposalRequestSchema = z.strictObject({
  /**
   * `evolve`: reflective evolution from how examples went; `rewrite`: from comments on low-rated runs;
   * `few-shot`: demonstrations from the best rated runs (needs no model); `borrow`: what won experiments of other
   * prompts (needs no model).
   */
  method: z.enum(METHODS, `one of ${METHODS.join(", ")}`),
  /** Inputs to try prompts on; at least 15, of which a third is held out. */
  examples: z.array(example, "an array of examples").readonly(),
  /** Runs a prompt on an example and scores it. */
  run: fn<RunExample>(),
  /** The proposing model; without it `evolve` and `rewrite` are off. */
  model: z.custom<ChatModelLike>((v) => isObject(v) && typeof v["invoke"] === "function", "a chat model").optional(),
  /** Rated runs to choose from, for `few-shot`. */
  demonstrations: z.array(demonstration, "an array of demonstrations").readonly().default([]),
  /** Most demonstrations; default 3. */
  shots: whole.default(3),
  /** What making it may cost. */
  budget: budgetOptionsSchema.prefault({}),
  /** What the proposing model's tokens cost. */
  prices: perMillion.optional(),
  /** Longest wait for one answer of the model; default 60,000. */
  timeoutMs: duration.default(60_000),
  /** Longest wait for one run of an example, which then scores 0; default 600,000. */
  runTimeoutMs: duration.default(600_000),
  /** What a new version must satisfy beside the checks that every one is put to. */
  validators: z.array(fn<PromptValidator>(), "an array of functions").readonly().default([]),
  /**
   * Prompts whose experiments teach this one: `related`, all of the same tenant (the default); names, of any tenant; or
   * `none`. `evolve` and `rewrite` begin with what won there where all of it together is clearly better here, `borrow`
   * tries one change after the other.
   */
  from: z.union([z.enum(["related", "none"]), z.array(z.string("a name")).readonly()]).default("related"),
  /** With it, a winning proposal at once meets the serving version in an experiment. */
  experiment: z.custom<Omit<ExperimentOptions, "promptId" | "variants">>().optional(),
});
/** How a new version is to be made and proven. */
export type ProposalRequest = z.input<typeof proposalRequestSchema>;
/** The request with its defaults filled in. */
export type ProposalSettings = z.output<typeof proposalRequestSchema>;

/**
 * The request, checked and completed before anything is spent.
 * @throws PROMPT_INVALID on what cannot be; CONFIG_UNKNOWN_KEY on a key that does not exist, and would limit nothing
 */
export function proposalSettings(request: ProposalRequest): ProposalSettings {
  return parseOptions(proposalRequestSchema, request, "a proposal's request", "PROMPT_INVALID");
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
