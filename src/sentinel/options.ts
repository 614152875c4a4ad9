import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import type { Clock, Logger } from "../core/index.js";
import type {
  Budget,
  OrchestrationRules,
  OrchestratorAction,
  TaskSpec,
  Territory,
  TerritorySpec,
} from "../orchestration/index.js";
import type { SentinelLoop } from "./advisor.js";
import type { AssessResult, SentinelAgent } from "./agent.js";
import type { SentinelPolicy } from "./fixed-policy.js";

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

/** Options of {@link createSentinelOrchestrator}. */
export interface SentinelOptions {
  /** At least one. Their names become node names. */
  agents: readonly SentinelAgent[];
  /** Finds work. Without one only the given tasks are done. */
  scanner?: Scanner;
  /** The source of insights; without one inspiration is never legal. */
  inspiration?: InspirationSource;
  /** Default: the results one under the other. */
  merge?: MergeResults;
  /** Judges each result in [0,1]; default: the quality an agent states itself, else the one declared. */
  assess?: AssessResult;
  budget?: Partial<Budget>;
  rules?: Partial<Omit<OrchestrationRules, "inspiration">>;
  /** Learns from the decisions and serves what it promotes. */
  loop?: SentinelLoop;
  /** A policy to follow without a loop: the payload of a routing artifact. Not both: with a loop, publish it there. */
  policy?: SentinelPolicy;
  /** Share of the decisions in [0,1] that may try another way (default 0). */
  exploration?: number;
  /** A call of scanner, inspiration, merge or assess that takes longer in ms is given up. Default 120,000; `Infinity`: never. */
  timeoutMs?: number;
  /** Actions that a person must approve: the graph interrupts before them, so compile it with a checkpointer. */
  approval?: readonly OrchestratorAction[];
  /** `subgraph` (default): the advisor is a subgraph of its own; `node`: only its policy node, which is faster by a hop. */
  advisor?: "subgraph" | "node";
  clock?: Clock;
  logger?: Logger;
  /** Name of the decision point, default `sentinel`. */
  decisionPoint?: string;
}
