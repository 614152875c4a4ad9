import type { AgentDeclaration, Budget, OrchestrationRules } from "../../orchestration/index.js";
import type { Distribution } from "./distribution.js";

/** How a simulated agent behaves; what the orchestrator is told of it is `declared`. */
export interface AgentModel {
  declared: AgentDeclaration;
  /** Duration of a run in ms. */
  duration: Distribution;
  /** Quality in [0,1] of a result for a task that fits it fully, unhindered. */
  quality: Distribution;
  tokens: Distribution;
  costUsd: Distribution;
  /** Probability that a run fails when the agent is rested and sound. */
  failure: number;
  /** Added to it per unit of load above `comfortLoad` (rate limits, crowded contexts). */
  overloadFailure: number;
  comfortLoad: number;
  /** Probability that the agent is broken in an episode, and its failure rate then. */
  broken: number;
  brokenFailure: number;
}

/** A task that a scan may find; `dependsOn` are positions in the template. */
export interface TaskTemplate {
  /** Which of the template's workflows it belongs to (default 0). */
  workflow?: number;
  capabilities: readonly string[];
  dependsOn: readonly number[];
  priority: Distribution;
  creative: boolean;
}

/** What one scan of a territory may find: mostly one workflow. */
export interface WorkflowTemplate {
  tasks: readonly TaskTemplate[];
}

/** A simulated territory: how many scans it bears, and how likely each template is in one. */
export interface TerritoryModel {
  id: string;
  title: string;
  scans: number;
  /** Probability of each of the world's templates. */
  templates: readonly number[];
}

/** Everything the simulator needs to know: plain JSON. */
export interface OrchestratorWorld {
  agents: readonly AgentModel[];
  templates: readonly WorkflowTemplate[];
  territories: readonly TerritoryModel[];
  /** What a scan of one territory takes. */
  scan: { duration: Distribution; tokens: Distribution };
  inspiration: { duration: Distribution; tokens: Distribution };
  /** Coordination takes `baseMs`, and `pairMs` more for each pair of unmerged results of one workflow. */
  coordination: { baseMs: number; pairMs: number };
  /** What measuring and reallocating take. */
  monitorMs: number;
  optimizeMs: number;
  /** Factor on the quality of a creative task without an insight. */
  withoutInsight: number;
  /** Quality lost per unmerged or concurrent result of the same workflow: agents do not see each other's work. */
  interference: number;
  /** Share of an agent's quality that a task with a capability match of 0 would still get. */
  mismatchFloor: number;
  budget: Budget;
  rules: OrchestrationRules;
}
