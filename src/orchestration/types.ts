import type { AgentRecord } from "./agent-types.js";
import type { Budget } from "./settings.js";
import type { Task, Territory } from "./work-types.js";

/** What the run has used so far. Time is the sum of the actions' durations; waiting for people is not counted. */
export interface Spent {
  steps: number;
  timeMs: number;
  tokens: number;
  costUsd: number;
}

/** A thought from the inspiration source; each creative task that is dispatched while it is fresh uses it once. */
export interface Insight {
  id: string;
  text: string;
  usesLeft: number;
  /** Step at which it came; it is stale after `rules.insightLifetimeSteps`. */
  bornAt: number;
}

/** What may have helped or hindered a run. */
export interface RunCircumstances {
  /** The agent's load when it began. */
  load: number;
  /** Share of the wanted capabilities that the agent has. */
  match: number;
  creative: boolean;
  /** Whether an insight came with it. */
  inspired: boolean;
  /** Results of the same workflow that are unmerged or under way. */
  peers: number;
}

/** What an agent gave back for a task. */
export interface AgentResponse {
  taskId: string;
  agent: string;
  step: number;
  ok: boolean;
  /** In [0,1]. */
  quality?: number;
  durationMs: number;
  tokens: number;
  costUsd: number;
  under?: RunCircumstances;
  content?: string;
  error?: string;
}

/** Tasks that belong together. `complete`: all accepted; `abandoned`: none left to do, but not all accepted. */
export interface Workflow {
  id: string;
  taskIds: string[];
  status: "active" | "complete" | "abandoned";
  /** Its accepted results merged into one. */
  result?: string;
}

/** What comes out at the end. */
export interface FinalReport {
  goal: string;
  /** Accepted results, in order of acceptance. */
  results: { taskId: string; title: string; agent: string; quality: number; content: string }[];
  /** Results that came in but were not merged before the run ended; they count for nothing else here. */
  unmerged: FinalReport["results"];
  /** Merged results, by workflow. */
  merged: { workflow: string; content: string }[];
  insights: string[];
  workflows: { complete: number; open: number; abandoned: number };
  tasks: { accepted: number; open: number; abandoned: number };
  /** Priority-weighted mean quality of the accepted tasks; 0 without any. */
  meanQuality: number;
  /** In [0,1]: see `predictedSatisfaction`. */
  satisfaction: number;
  spent: Spent;
  retiredAgents: string[];
  /** Why the run ended: nothing left to find or do, by choice before that, or by a limit. */
  reason: "complete" | "chosen" | "budget";
}

/** The whole state of an orchestration: plain JSON, never mutated. */
export interface OrchestrationState {
  goal: string;
  territories: readonly Territory[];
  tasks: readonly Task[];
  workflows: readonly Workflow[];
  agents: readonly AgentRecord[];
  responses: readonly AgentResponse[];
  insights: readonly Insight[];
  inspirationRequests: number;
  budget: Budget;
  spent: Spent;
  /** Whether agents were measured since resources were last allocated. */
  optimizationDue: boolean;
  report?: FinalReport;
}
