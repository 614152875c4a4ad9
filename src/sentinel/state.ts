import { Annotation } from "@langchain/langgraph";
import type {
  ActionPlan,
  AgentRecord,
  AgentResponse,
  Budget,
  FinalReport,
  Insight,
  Observation,
  OrchestrationState,
  OrchestratorAction,
  Spent,
  StepFacts,
  Task,
  TaskSpec,
  Territory,
  TerritorySpec,
  Workflow,
} from "../orchestration/index.js";
import type { Advice } from "../routing/index.js";

/** What the control node lays before the advisor. */
export interface Outlook {
  observation: Observation;
  /** The legal actions. */
  legal: Partial<Record<OrchestratorAction, boolean>>;
  /** What the rule-based router would do. */
  baseline: OrchestratorAction;
}

/** One step that was taken, and who chose it. */
export interface StepRecord extends StepFacts {
  step: number;
  action: OrchestratorAction;
  /** `only`: no other action was legal, nobody was asked. */
  source: "policy" | "exploration" | "fallback" | "human" | "only";
  /** Why, in the adviser's words, or why the baseline decided. */
  why: string;
  baseline: OrchestratorAction;
}

/** A person's answer to a proposal. */
export interface Override {
  action: OrchestratorAction;
  why: string;
}

type Run = Omit<AgentResponse, "step">;

/** Appends; null empties. */
const append = <T>(current: T[], update: T[] | null): T[] => (update === null ? [] : [...current, ...update]);

/** The Sentinel's state: what the caller gives, what the orchestration holds, and how it came there. */
export const SentinelState = Annotation.Root({
  /** What the run is for. */
  goal: Annotation<string>,
  /** Input: where to look for work. */
  territories: Annotation<TerritorySpec[]>,
  /** Input: work that is already known. */
  tasks: Annotation<TaskSpec[]>,

  creativeTerritories: Annotation<readonly Territory[]>,
  taskQueue: Annotation<readonly Task[]>,
  activeWorkflows: Annotation<readonly Workflow[]>,
  agents: Annotation<readonly AgentRecord[]>,
  agentResponses: Annotation<readonly AgentResponse[]>,
  insights: Annotation<readonly Insight[]>,
  inspirationRequests: Annotation<number>,
  budget: Annotation<Budget>,
  spent: Annotation<Spent>,
  optimizationDue: Annotation<boolean>,
  finalReport: Annotation<FinalReport | null>,

  outlook: Annotation<Outlook>,
  advice: Annotation<Advice<OrchestratorAction> | null>,
  override: Annotation<Override | null>,
  /** What the agents were last sent to do, until their results are in. */
  pending: Annotation<ActionPlan | null>,
  runs: Annotation<Run[], Run[] | null>({ reducer: append, default: () => [] }),
  /** Every step taken so far. */
  steps: Annotation<StepRecord[], StepRecord[] | null>({ reducer: append, default: () => [] }),
  /** How often the baseline decided although a policy was meant to, by reason. */
  fallbacks: Annotation<Record<string, number>>,
  /** Superstep from which LangGraph counts its recursion limit. */
  limitFrom: Annotation<number>,
});

/** What a Sentinel is invoked with. */
export const SentinelInput = Annotation.Root({
  goal: SentinelState.spec.goal,
  territories: SentinelState.spec.territories,
  tasks: SentinelState.spec.tasks,
});

/** The state of a Sentinel's graph. */
export type SentinelStateType = typeof SentinelState.State;
export type SentinelUpdate = typeof SentinelState.Update;

/** The orchestration's own state out of the channels. */
export function orchestrationOf(s: SentinelStateType): OrchestrationState {
  const state: OrchestrationState = {
    goal: s.goal,
    territories: s.creativeTerritories,
    tasks: s.taskQueue,
    workflows: s.activeWorkflows,
    agents: s.agents,
    responses: s.agentResponses,
    insights: s.insights,
    inspirationRequests: s.inspirationRequests,
    budget: s.budget,
    spent: s.spent,
    optimizationDue: s.optimizationDue,
  };
  return s.finalReport ? { ...state, report: s.finalReport } : state;
}

/** The channels in which two orchestration states differ. */
export function changesBetween(before: OrchestrationState | undefined, after: OrchestrationState): SentinelUpdate {
  const update: SentinelUpdate = {};
  if (before?.territories !== after.territories) update.creativeTerritories = after.territories;
  if (before?.tasks !== after.tasks) update.taskQueue = after.tasks;
  if (before?.workflows !== after.workflows) update.activeWorkflows = after.workflows;
  if (before?.agents !== after.agents) update.agents = after.agents;
  if (before?.responses !== after.responses) update.agentResponses = after.responses;
  if (before?.insights !== after.insights) update.insights = after.insights;
  if (before?.inspirationRequests !== after.inspirationRequests) update.inspirationRequests = after.inspirationRequests;
  if (before?.budget !== after.budget) update.budget = after.budget;
  if (before?.spent !== after.spent) update.spent = after.spent;
  if (before?.optimizationDue !== after.optimizationDue) update.optimizationDue = after.optimizationDue;
  if (before?.report !== after.report) update.finalReport = after.report ?? null;
  return update;
}
