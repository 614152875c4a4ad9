import { Command, type LangGraphRunnableConfig, Send } from "@langchain/langgraph";
import { digest, messageOf, show } from "../core/index.js";
import type {
  ActionOutcome,
  ActionPlan,
  OrchestrationState,
  OrchestratorAction,
  StepFacts,
} from "../orchestration/index.js";
import { advance, planAction, siftWork, stepFacts, survey } from "../orchestration/index.js";
import { rethrowSignal } from "./agent.js";
import { amountOf } from "./answer.js";
import { orderOf } from "./brief.js";
import type { SentinelSettings } from "./options.js";
import type { SentinelStateType, SentinelUpdate } from "./state.js";
import { changesBetween, orchestrationOf } from "./state.js";
import { courseOf } from "./steer.js";
import { withTimeLimit } from "./time-limit.js";

/** What an action brought, and what went wrong in it although it went on. */
type Done = ActionOutcome & { error?: string };
type Work = (state: OrchestrationState, plan: ActionPlan, config: LangGraphRunnableConfig) => Promise<Done> | Done;

/** The node of an action that is done when the node ends. */
export function actionNode(action: OrchestratorAction, { rules, clock }: SentinelSettings, work: Work = () => ({})) {
  return async (s: SentinelStateType, config: LangGraphRunnableConfig): Promise<SentinelUpdate> => {
    const before = orchestrationOf(s);
    const plan = planAction(survey(before, rules), action);
    const started = clock.monotonic();
    const { error, ...outcome } = await work(before, plan, config);
    const took = { ...outcome, durationMs: Math.max(0, clock.monotonic() - started) };
    const facts = { ...stepFacts(before, plan, took), ...(error === undefined ? {} : { error }) };
    return { ...stepTaken(s, facts), ...changesBetween(before, advance(before, plan, took, rules)) };
  };
}

/** The node of an action that sends agents to work; the control node takes in what they bring. */
export function dispatchNode(action: "dispatchSingleAgent" | "dispatchMultipleAgents", { rules }: SentinelSettings) {
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

/**
 * Calls the user's scanner and takes of its answer what is sound. One that fails has found nothing; what
 * went wrong is logged and in the step's record.
 */
export function scanWork(settings: SentinelSettings): Work {
  return async (state, plan, config) => {
    const territories = state.territories.filter((t) => plan.territories.includes(t.id));
    const call = await attempt(settings, "the scanner", config, (own) =>
      settings.scanner?.(territories, { goal: state.goal, config: own }),
    );
    const { answer, unread } = readScan(call.answer ?? {});
    const { refused: unsound, ...found } = siftWork(state, answer);
    const refused = [...unread, ...unsound];
    if (refused.length > 0) settings.logger.warn("sentinel: the scanner found what is no work", { refused });
    const exhausted = answer.exhausted.map(String);
    const error = [call.error, ...refused].filter((e) => e !== undefined).join("; ");
    return { ...amountsOf(answer), found: { ...found, exhausted }, ...(error && { error: error.slice(0, 500) }) };
  };
}

/** Merges the results of every workflow that has new ones. */
export function coordinateWork(settings: SentinelSettings): Work {
  const { merge } = settings;
  return async (state, _plan, config) => {
    const merged: Record<string, string> = {};
    const errors: string[] = [];
    for (const id of new Set(state.tasks.filter((t) => t.status === "produced").map((t) => t.workflow))) {
      const results = state.tasks
        .filter((t) => t.workflow === id && (t.status === "accepted" || t.status === "produced"))
        .map((t) => ({ title: t.title, content: t.content ?? "" }));
      merged[id] = results.map((r) => `${r.title}: ${r.content}`).join("\n");
      if (!merge) continue;
      const { answer, error } = await attempt(settings, `merging ${id}`, config, async (own) => {
        const text: unknown = await merge({ id, results }, own);
        if (typeof text !== "string") throw new TypeError(`merge gave ${show(text)}, which is no text`);
        return text;
      });
      if (error !== undefined) errors.push(error);
      else merged[id] = answer as string;
    }
    return { merged, ...(errors.length > 0 && { error: errors.join("; ").slice(0, 500) }) };
  };
}

/** Calls the user's inspiration source; one that fails gives no insight. */
export function inspireWork(settings: SentinelSettings): Work {
  return async (state, _plan, config) => {
    const themes = [...new Set(state.tasks.filter((t) => t.status === "waiting" && t.creative).map((t) => t.title))];
    const call = await attempt(settings, "the inspiration source", config, async (own) => {
      const answer: unknown = (await settings.inspiration?.({ goal: state.goal, themes }, own)) ?? [];
      const texts = typeof answer === "string" ? [answer] : ((answer as { insights?: unknown }).insights ?? answer);
      if (!Array.isArray(texts) || !texts.every((t) => typeof t === "string"))
        throw new TypeError(`it gave ${show(answer)} instead of texts`);
      return { texts: texts, ...amountsOf(answer as object) };
    });
    const { texts = [], ...amounts } = call.answer ?? {};
    const id = (text: string, i: number) => digest(`${state.inspirationRequests}|${i}|${text}`, 12);
    const insights = texts.map((text, i) => ({ id: id(text, i), text }));
    return { ...amounts, insights, ...(call.error !== undefined && { error: call.error }) };
  };
}

/** Calls what is the user's, within its time; what goes wrong is logged and handed back. */
async function attempt<T>(
  { timeoutMs, clock, logger }: SentinelSettings,
  what: string,
  config: LangGraphRunnableConfig,
  call: (config: LangGraphRunnableConfig) => T | Promise<T>,
): Promise<{ answer?: T; error?: string }> {
  try {
    const limited = withTimeLimit(what, timeoutMs, clock, config.signal, (signal) => call({ ...config, signal }));
    return { answer: await limited };
  } catch (cause) {
    rethrowSignal(cause, config);
    const error = messageOf(cause);
    logger.warn(`sentinel: ${what} failed`, { error });
    return { error: error.slice(0, 500) };
  }
}

function amountsOf(answer: { tokens?: unknown; costUsd?: unknown }): { tokens: number; costUsd: number } {
  return { tokens: amountOf(answer.tokens), costUsd: amountOf(answer.costUsd) };
}

/** A scanner's answer with lists where lists belong, and what in it is none. */
function readScan(given: unknown) {
  const fields = typeof given === "object" && !Array.isArray(given) ? (given as Record<string, unknown>) : undefined;
  const unread = fields ? [] : [`${show(given)} is no object with tasks, territories or exhausted`];
  const list = (key: "tasks" | "territories" | "exhausted"): unknown[] => {
    const value = fields?.[key] ?? [];
    if (Array.isArray(value)) return value;
    unread.push(`${key} = ${show(value)} is no list`);
    return [];
  };
  const lists = { tasks: list("tasks"), territories: list("territories"), exhausted: list("exhausted") };
  return { answer: { ...lists, tokens: fields?.["tokens"], costUsd: fields?.["costUsd"] }, unread };
}
