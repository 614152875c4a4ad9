import type { RunnableConfig } from "@langchain/core/runnables";
import type { Clock } from "../core/index.js";
import { LearningError, messageOf } from "../core/index.js";
import type { AgentDeclaration, AgentResponse, Assignment, RunCircumstances, Task } from "../orchestration/index.js";
import { readAnswer } from "./answer.js";

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

/** An agent of the Sentinel: what it can do, and the Runnable, compiled graph or `createAgent` agent that does it. */
export interface SentinelAgent extends AgentDeclaration {
  runnable: InvokableAgent;
  /**
   * What the runnable is invoked with. Default: `{ messages: [user message] }` for graphs and
   * `createAgent` agents, the {@link AgentBrief} for every other Runnable.
   */
  input?: (brief: AgentBrief) => unknown;
  /** A run that takes longer is aborted and counts as failed. Default 120,000. */
  timeoutMs?: number;
}

/** What an agent node is sent. */
export interface AgentOrder {
  assignment: Assignment;
  under: RunCircumstances;
  brief: AgentBrief;
}

/** Judges a result in [0,1]; a reward model or an evaluator, say. */
export type AssessResult = (content: string, brief: AgentBrief) => number | Promise<number>;

type GraphLike = { lg_is_pregel?: boolean; graph?: { lg_is_pregel?: boolean } };

/** The graph inside an agent, where it is one. */
export function graphOf(agent: SentinelAgent): object | undefined {
  const runnable = agent.runnable as GraphLike;
  if (runnable.lg_is_pregel) return runnable;
  return runnable.graph?.lg_is_pregel ? runnable.graph : undefined;
}

/** Runs an agent once. Failures and timeouts become a response that is not ok; interrupts and commands pass through. */
export async function runAgent(
  agent: SentinelAgent,
  order: AgentOrder,
  config: RunnableConfig,
  clock: Clock,
  assess: AssessResult | undefined,
): Promise<Omit<AgentResponse, "step">> {
  const { assignment, brief, under } = order;
  const base = { taskId: assignment.taskId, agent: agent.name };
  const started = clock.monotonic();
  const took = () => Math.max(0, clock.monotonic() - started);
  try {
    const graph = graphOf(agent);
    const input =
      agent.input?.(brief) ?? (graph ? { messages: [{ role: "user", content: brief.prompt }] } : (brief as unknown));
    const runnable = (graph ?? agent.runnable) as { invoke(input: unknown, config: RunnableConfig): Promise<unknown> };
    const output = await withTimeout(agent, clock, config.signal, (signal) =>
      runnable.invoke(input, { ...config, signal }),
    );
    const answer = readAnswer(output);
    const durationMs = took();
    const judged = assess ? await assess(answer.content, brief) : answer.quality;
    const quality = judged === undefined || !Number.isFinite(judged) ? (agent.quality ?? 0.7) : judged;
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
    if ((error as { is_bubble_up?: boolean } | null)?.is_bubble_up || config.signal?.aborted) throw error;
    return {
      ...base,
      ok: false,
      durationMs: took(),
      tokens: 0,
      costUsd: 0,
      under,
      error: messageOf(error).slice(0, 500),
    };
  }
}

async function withTimeout<T>(
  agent: SentinelAgent,
  clock: Clock,
  outer: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = agent.timeoutMs ?? 120_000;
  const controller = new AbortController();
  const signal = outer ? AbortSignal.any([outer, controller.signal]) : controller.signal;
  let cancel = () => {};
  const late = new Promise<never>((_, reject) => {
    cancel = clock.schedule(() => {
      const error = new LearningError("SENTINEL_INVALID", {
        received: `no answer from ${agent.name} within ${limit} ms`,
        expected: "an answer in time",
        remedy: "Raise timeoutMs where the agent needs longer.",
      });
      reject(error);
      controller.abort(error);
    }, limit);
  });
  try {
    const answer = run(signal);
    return await Promise.race([late, answer]);
  } finally {
    cancel();
  }
}
