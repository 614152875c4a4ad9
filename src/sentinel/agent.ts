import type { RunnableConfig } from "@langchain/core/runnables";
import { z } from "zod";
import { clipped } from "../core/clipped.js";
import { isControlSignal } from "../core/control-signal.js";
import type { Clock, Logger } from "../core/index.js";
import { messageOf } from "../core/index.js";
import type { AgentResponse, Assignment, RunCircumstances, Task } from "../orchestration/index.js";
import { AGENT_DEFAULTS, agentDeclarationSchema } from "../orchestration/index.js";
import { readAnswer } from "./answer.js";
import { DEFAULT_TIMEOUT_MS, withTimeLimit } from "./time-limit.js";

/** What an agent gets to work on. */
export interface AgentBrief {
  /** The goal of the whole run. */
  goal: string;
  task: Pick<Task, "id" | "title" | "description" | "capabilities" | "creative" | "workflow">;
  /** Accepted results of the tasks that this one builds on. */
  context: { title: string; content: string }[];
  /** The insight that comes with it, where there is one. */
  insight?: string;
  /** The brief as one text, for agents that read messages. */
  prompt: string;
}

/** Anything with LangChain's `invoke`. */
export interface InvokableAgent {
  invoke(input: never, config?: RunnableConfig): Promise<unknown>;
}

/** Milliseconds above 0, or no limit. */
export const duration = z.custom<number>((v) => typeof v === "number" && v > 0, "milliseconds above 0, or Infinity");

/** What an agent says of itself, beside its name and runnable. */
export const agentSchema = agentDeclarationSchema.omit({ name: true }).extend({
  /**
   * What the runnable is invoked with. Default: `{ messages: [user message] }` for graphs and
   * `createAgent` agents, the {@link AgentBrief} for every other Runnable.
   */
  input: z.custom<(brief: AgentBrief) => unknown>((v) => typeof v === "function", "a function").optional(),
  /** A run that takes longer is aborted and counts as failed. Default 120,000; `Infinity`: never. */
  timeoutMs: duration.default(DEFAULT_TIMEOUT_MS),
});

/** An agent of the Sentinel: what it can do, and the Runnable, compiled graph or `createAgent` agent that does it. */
export interface SentinelAgent extends z.input<typeof agentSchema> {
  name: string;
  runnable: InvokableAgent;
}

/** What an agent node is sent. */
export interface AgentOrder {
  assignment: Assignment;
  under: RunCircumstances;
  brief: AgentBrief;
}

/**
 * Judges a result in [0,1]; a reward model or an evaluator, say. Where it throws, is late or gives no
 * number, that is logged and the agent's own (or declared) quality counts.
 */
export type AssessResult = (content: string, brief: AgentBrief) => number | Promise<number>;

type GraphLike = { lg_is_pregel?: boolean; graph?: { lg_is_pregel?: boolean } };

/** The graph inside an agent, where it is one. */
export function agentGraphOf(agent: SentinelAgent): object | undefined {
  const runnable = agent.runnable as GraphLike;
  if (runnable.lg_is_pregel) return runnable;
  return runnable.graph?.lg_is_pregel ? runnable.graph : undefined;
}

/** What running an agent needs. */
export interface AgentRunSettings {
  clock: Clock;
  logger: Logger;
  assess?: AssessResult;
  /** For `assess`. */
  timeoutMs: number;
}

/** Runs an agent once. Failures and timeouts become a response that is not ok; interrupts and commands pass through. */
export async function runAgent(
  agent: SentinelAgent,
  order: AgentOrder,
  config: RunnableConfig,
  settings: AgentRunSettings,
): Promise<Omit<AgentResponse, "step">> {
  const { assignment, brief, under } = order;
  const { clock } = settings;
  const base = { taskId: assignment.taskId, agent: agent.name };
  const started = clock.monotonic();
  const took = () => Math.max(0, clock.monotonic() - started);
  try {
    const graph = agentGraphOf(agent);
    const input =
      agent.input?.(brief) ?? (graph ? { messages: [{ role: "user", content: brief.prompt }] } : (brief as unknown));
    const runnable = (graph ?? agent.runnable) as { invoke(input: unknown, config: RunnableConfig): Promise<unknown> };
    const { name, timeoutMs = DEFAULT_TIMEOUT_MS } = agent;
    const output = await withTimeLimit(name, timeoutMs, clock, config.signal, (signal) =>
      runnable.invoke(input, { ...config, signal }),
    );
    const answer = readAnswer(output, brief.prompt);
    const durationMs = took();
    const quality =
      (await judged(answer.content, brief, config, settings)) ??
      answer.quality ??
      agent.quality ??
      AGENT_DEFAULTS.quality;
    return {
      ...base,
      ok: true,
      quality: Math.min(1, Math.max(0, quality)),
      durationMs,
      tokens: answer.tokens,
      costUsd: answer.costUsd ?? agent.costUsd ?? 0,
      under,
      content: answer.content,
    };
  } catch (error) {
    rethrowSignal(error, config);
    return {
      ...base,
      ok: false,
      durationMs: took(),
      tokens: 0,
      costUsd: 0,
      under,
      error: clipped(messageOf(error), 500),
    };
  }
}

/** What the evaluator says; undefined where there is none, or it fails: that is no fault of the agent's. */
async function judged(
  content: string,
  brief: AgentBrief,
  config: RunnableConfig,
  { assess, clock, logger, timeoutMs }: AgentRunSettings,
): Promise<number | undefined> {
  if (!assess) return undefined;
  let quality: unknown;
  let error = "no finite number";
  try {
    quality = await withTimeLimit("assess", timeoutMs, clock, config.signal, () => assess(content, brief));
  } catch (cause) {
    rethrowSignal(cause, config);
    error = messageOf(cause);
  }
  if (typeof quality === "number" && Number.isFinite(quality)) return quality;
  logger.warn(`sentinel: judging ${brief.task.id} failed; the agent's own quality counts`, { error });
  return undefined;
}

/** Lets through what is LangGraph's own business: interrupts, commands, and the end of the whole run. */
export function rethrowSignal(error: unknown, config: RunnableConfig): void {
  if (isControlSignal(error) || config.signal?.aborted) throw error;
}
