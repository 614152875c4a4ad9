import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { z } from "zod";
import { type Clock, systemClock } from "../core/index.js";
import { hostLogger, share } from "../core/option-fields.js";
import type {
  Budget,
  OrchestrationRules,
  OrchestratorAction,
  TaskSpec,
  Territory,
  TerritorySpec,
} from "../orchestration/index.js";
import type { SentinelLoop } from "./advisor.js";
import { type AssessResult, duration, type SentinelAgent } from "./agent.js";
import type { SentinelPolicy } from "./fixed-policy.js";
import { DEFAULT_TIMEOUT_MS } from "./time-limit.js";

/**
 * What a scan found. Work whose id is known is ignored; what is malformed, or depends on what is neither
 * known nor found, is left out and named in the step's record.
 */
export interface ScanResult {
  tasks?: readonly TaskSpec[];
  /** Further territories. */
  territories?: readonly TerritorySpec[];
  /** Ids of scanned territories in which there is nothing more. */
  exhausted?: readonly string[];
  tokens?: number;
  costUsd?: number;
}

/** Looks for work in territories. */
export type Scanner = (
  territories: readonly Territory[],
  run: { goal: string; config: LangGraphRunnableConfig },
) => ScanResult | Promise<ScanResult>;

/** Gives a thought for the goal: a text, several, or texts with what they took. */
export type InspirationSource = (
  run: { goal: string; themes: string[] },
  config: LangGraphRunnableConfig,
) => InspirationAnswer | Promise<InspirationAnswer>;
/** What a source of inspiration gives: a text, several, or texts with what they took. */
export type InspirationAnswer =
  | string
  | readonly string[]
  | { insights: readonly string[]; tokens?: number; costUsd?: number };

/** Merges the accepted results of a workflow into one text. */
export type MergeResults = (
  workflow: { id: string; results: readonly { title: string; content: string }[] },
  config: LangGraphRunnableConfig,
) => string | Promise<string>;

const fn = <F>() => z.custom<F>((v) => typeof v === "function", "a function");

/** How a Sentinel works. */
export const sentinelOptionsSchema = z.strictObject({
  /** At least one. Their names become node names. */
  agents: z.array(z.custom<SentinelAgent>(), "an array of agents").min(1, "at least one agent").readonly(),
  /** Finds work. Without one only the given tasks are done. */
  scanner: fn<Scanner>().optional(),
  /** The source of insights; without one inspiration is never legal. */
  inspiration: fn<InspirationSource>().optional(),
  /** Default: the results one under the other. */
  merge: fn<MergeResults>().optional(),
  /** Judges each result in [0,1]; default: the quality an agent states itself, else the one declared. */
  assess: fn<AssessResult>().optional(),
  /** Limits of a run. */
  budget: z.custom<Partial<Budget>>().default({}),
  /** Rules of the transitions. */
  rules: z.custom<Partial<Omit<OrchestrationRules, "inspiration">>>().default({}),
  /** Learns from the decisions and serves what it promotes. */
  loop: z.custom<SentinelLoop>().optional(),
  /** A policy to follow without a loop: the payload of a routing artifact. Not both: with a loop, publish it there. */
  policy: z.custom<SentinelPolicy>().optional(),
  /** Share of the decisions in [0,1] that may try another way (default 0). */
  exploration: share.default(0),
  /** A call of scanner, inspiration, merge or assess that takes longer in ms is given up. Default 120,000; `Infinity`: never. */
  timeoutMs: duration.default(DEFAULT_TIMEOUT_MS),
  /** Actions that a person must approve: the graph interrupts before them, so compile it with a checkpointer. */
  approval: z.array(z.custom<OrchestratorAction>(), "an array of actions").readonly().default([]),
  /** `subgraph` (default): the advisor is a subgraph of its own; `node`: only its policy node, which is faster by a hop. */
  advisor: z.enum(["subgraph", "node"], "subgraph or node").default("subgraph"),
  clock: z.custom<Clock>().default(() => systemClock),
  logger: hostLogger,
  /** Name of the decision point, default `sentinel`. */
  decisionPoint: z.string("a name").min(1, "a name").default("sentinel"),
});
/** Options of {@link createSentinelOrchestrator}. */
export type SentinelOptions = z.input<typeof sentinelOptionsSchema>;
/** The options, completed; `rules.inspiration` says whether there is a source of it. */
export interface SentinelSettings extends Omit<z.output<typeof sentinelOptionsSchema>, "budget" | "rules"> {
  budget: Budget;
  rules: OrchestrationRules;
}
