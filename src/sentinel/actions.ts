import { Command, type LangGraphRunnableConfig, Send } from "@langchain/langgraph";
import type { Clock, Logger } from "../core/index.js";
import { digest, messageOf } from "../core/index.js";
import type {
  ActionOutcome,
  ActionPlan,
  OrchestrationRules,
  OrchestrationState,
  OrchestratorAction,
  StepFacts,
} from "../orchestration/index.js";
import { admitTasks, admitTerritories, advance, planAction, stepFacts, survey } from "../orchestration/index.js";
import { orderOf } from "./brief.js";
import type { SentinelOptions } from "./options.js";
import type { SentinelStateType, SentinelUpdate } from "./state.js";
import { changesBetween, orchestrationOf } from "./state.js";
import { courseOf } from "./steer.js";

/** What the action nodes need. */
export interface ActionContext {
  options: SentinelOptions;
  rules: OrchestrationRules;
  clock: Clock;
  logger: Logger;
}

type Work = (
  state: OrchestrationState,
  plan: ActionPlan,
  config: LangGraphRunnableConfig,
) => Promise<ActionOutcome> | ActionOutcome;

/** The node of an action that is done when the node ends. */
export function actionNode(action: OrchestratorAction, { rules, clock }: ActionContext, work: Work = () => ({})) {
  return async (s: SentinelStateType, config: LangGraphRunnableConfig): Promise<SentinelUpdate> => {
    const before = orchestrationOf(s);
    const plan = planAction(survey(before, rules), action);
    const started = clock.monotonic();
    const outcome = await work(before, plan, config);
    const took = { durationMs: Math.max(0, clock.monotonic() - started), ...outcome };
    const facts = stepFacts(before, plan, took);
    return { ...stepTaken(s, facts), ...changesBetween(before, advance(before, plan, took, rules)) };
  };
}

/** The node of an action that sends agents to work; the control node takes in what they bring. */
export function dispatchNode(action: "dispatchSingleAgent" | "dispatchMultipleAgents", { rules }: ActionContext) {
  return (s: SentinelStateType): Command => {
    const state = orchestrationOf(s);
    const plan = planAction(survey(state, rules), action);
    const update: SentinelUpdate = { ...stepTaken(s), pending: plan, runs: null };
    return new Command({
      update: update as Record<string, unknown>,
      goto: plan.assignments.map((a) => new Send(a.agent, orderOf(state, plan, a))),
    });
  };
}

/** The record of the step that is being taken, and the count of why the baseline took it. */
function stepTaken(s: SentinelStateType, facts: StepFacts = {}): SentinelUpdate {
  const { fallback, ...course } = courseOf(s);
  return {
    steps: [{ step: s.spent.steps, ...course, ...facts }],
    ...(fallback === undefined ? {} : { fallbacks: { ...s.fallbacks, [fallback]: (s.fallbacks[fallback] ?? 0) + 1 } }),
  };
}

/** Calls the user's scanner; one that fails or answers with what is no work has found nothing. */
export function scanWork({ options, logger }: ActionContext): Work {
  return async (state, plan, config) => {
    const territories = state.territories.filter((t) => plan.territories.includes(t.id));
    try {
      const found = await options.scanner?.(territories, { goal: state.goal, config });
      const { tokens = 0, costUsd = 0, ...rest } = found ?? {};
      admitTasks(state, rest.tasks ?? []);
      admitTerritories(state.territories, rest.territories ?? []);
      return { tokens, costUsd, found: rest };
    } catch (error) {
      rethrowSignal(error, config);
      logger.warn("sentinel: the scanner failed", { error: messageOf(error) });
      return {};
    }
  };
}

/** Merges the results of every workflow that has new ones. */
export function coordinateWork({ options, logger }: ActionContext): Work {
  return async (state, _plan, config) => {
    const merged: Record<string, string> = {};
    for (const id of new Set(state.tasks.filter((t) => t.status === "produced").map((t) => t.workflow))) {
      const results = state.tasks
        .filter((t) => t.workflow === id && (t.status === "accepted" || t.status === "produced"))
        .map((t) => ({ title: t.title, content: t.content ?? "" }));
      merged[id] = results.map((r) => `${r.title}: ${r.content}`).join("\n");
      try {
        if (options.merge) merged[id] = await options.merge({ id, results }, config);
      } catch (error) {
        rethrowSignal(error, config);
        logger.warn(`sentinel: merging ${id} failed; its results stand one under the other`, {
          error: messageOf(error),
        });
      }
    }
    return { merged };
  };
}

/** Calls the user's inspiration source; one that fails gives no insight. */
export function inspireWork({ options, logger }: ActionContext): Work {
  return async (state, _plan, config) => {
    const themes = [...new Set(state.tasks.filter((t) => t.status === "waiting" && t.creative).map((t) => t.title))];
    try {
      const answer = (await options.inspiration?.({ goal: state.goal, themes }, config)) ?? [];
      const full =
        typeof answer === "string" ? { insights: [answer] } : "insights" in answer ? answer : { insights: answer };
      const {
        insights,
        tokens = 0,
        costUsd = 0,
      } = full as { insights: readonly string[]; tokens?: number; costUsd?: number };
      const id = (text: string, i: number) => digest(`${state.inspirationRequests}|${i}|${text}`, 12);
      return { tokens, costUsd, insights: insights.map((text, i) => ({ id: id(text, i), text })) };
    } catch (error) {
      rethrowSignal(error, config);
      logger.warn("sentinel: the inspiration source failed", { error: messageOf(error) });
      return {};
    }
  };
}

function rethrowSignal(error: unknown, config: LangGraphRunnableConfig): void {
  if ((error as { is_bubble_up?: boolean } | null)?.is_bubble_up || config.signal?.aborted) throw error;
}
