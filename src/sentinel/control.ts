import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { checkArgument } from "../core/arguments.js";
import type { Budget, OrchestrationRules, OrchestrationState, OrchestratorAction } from "../orchestration/index.js";
import {
  advance,
  baselineAction,
  initialState,
  legalActions,
  ORCHESTRATOR_ACTIONS,
  observationOf,
  survey,
} from "../orchestration/index.js";
import type { SentinelSettings } from "./options.js";
import type { Outlook, SentinelStateType, SentinelUpdate } from "./state.js";
import { changesBetween, orchestrationOf } from "./state.js";

/** Supersteps of LangGraph that one step of the orchestrator takes at most: control, advisor, action, agents; and approval. */
const SUPERSTEPS = 4;
const WITH_APPROVAL = SUPERSTEPS + 1;

/**
 * The `recursionLimit` with which a run of `steps` orchestrator steps fits; LangGraph's own default is 25.
 * @example
 * ```ts
 * const sentinel = createSentinelOrchestrator({ agents }).compile();
 * await sentinel.invoke({ goal: "an atlas" }, { recursionLimit: sentinelRecursionLimit(60) });
 * ```
 */
export function sentinelRecursionLimit(steps: number): number {
  checkArgument(steps, "steps", "number", "SENTINEL_INVALID");
  return 2 + WITH_APPROVAL * steps;
}

/** The first node: starts a new run from what the caller gave. */
export function beginNode(options: SentinelSettings) {
  return (s: SentinelStateType, config: LangGraphRunnableConfig): SentinelUpdate => {
    const state = initialState({
      goal: s.goal ?? "",
      agents: options.agents.map(({ runnable: _r, input: _i, timeoutMs: _t, ...declared }) => declared),
      territories: options.scanner ? s.territories : [],
      tasks: s.tasks,
      budget: options.budget,
    });
    return {
      ...changesBetween(undefined, state),
      goal: state.goal,
      territories: [],
      tasks: [],
      finalReport: null,
      advice: null,
      override: null,
      pending: null,
      runs: null,
      steps: null,
      fallbacks: {},
      limitFrom: superstep(config),
    };
  };
}

/** The control node: takes in what the agents brought, and lays the situation before the advisor. */
export function controlNode({ approval, budget, rules, logger }: SentinelSettings) {
  const supersteps = approval.length ? WITH_APPROVAL : SUPERSTEPS;
  const wanted = budget.steps;
  return (s: SentinelStateType, config: LangGraphRunnableConfig): SentinelUpdate => {
    const before = orchestrationOf(s);
    const received = s.pending ? advance(before, s.pending, { runs: s.runs }, rules) : before;
    const state = fitToRecursionLimit(received, s.limitFrom, config, supersteps);
    if (state !== received && received.budget.steps === wanted)
      logger.warn(`sentinel: LangGraph's recursionLimit ends the run after at most ${state.budget.steps} steps`, {
        recursionLimit: config.recursionLimit,
        wanted: sentinelRecursionLimit(wanted),
      });
    return {
      ...changesBetween(before, state),
      outlook: outlookOf(state, rules),
      advice: null,
      override: null,
      ...(s.pending ? { pending: null, runs: null } : {}),
    };
  };
}

function outlookOf(state: OrchestrationState, rules: OrchestrationRules): Outlook {
  const view = survey(state, rules);
  const mask = legalActions(view);
  return {
    observation: observationOf(view),
    legal: Object.fromEntries(ORCHESTRATOR_ACTIONS.map((a, i) => [a, mask[i]])),
    baseline: baselineAction(view),
  };
}

/** The legal actions of an outlook. */
export function legalOf(outlook: Outlook): OrchestratorAction[] {
  return ORCHESTRATOR_ACTIONS.filter((a) => outlook.legal[a]);
}

/** Lowers the step budget to what LangGraph's recursion limit leaves room for, so that a run ends with its report. */
function fitToRecursionLimit(
  state: OrchestrationState,
  from: number,
  config: LangGraphRunnableConfig,
  supersteps: number,
): OrchestrationState {
  if (config.recursionLimit === undefined) return state;
  const left = Math.floor((config.recursionLimit - (superstep(config) - from) - 1) / supersteps);
  const steps = state.spent.steps + Math.max(1, left);
  if (steps >= state.budget.steps) return state;
  const budget: Budget = { ...state.budget, steps };
  return { ...state, budget };
}

/** LangGraph's own count of steps. */
export function superstep(config: LangGraphRunnableConfig): number {
  const step = config.metadata?.["langgraph_step"];
  return typeof step === "number" ? step : 0;
}
