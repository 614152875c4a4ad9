import { checkArgument } from "../core/arguments.js";
import type { NodeExecution, Trace } from "../core/index.js";
import { spentBy } from "../dataset/index.js";
import type { LogCase } from "./event-log.js";

/** What sequences are made of: the graph's nodes, the tools called, or the agents handing work on. */
export const UNITS = ["nodes", "tools", "agents"] as const;
/** What a sequence is made of: nodes, tools or agents. */
export type Unit = (typeof UNITS)[number];

/** One execution of a node and what came just before it, for the question what precedes failures. */
export interface NodeAttempt {
  node: string;
  /** Up to two nodes directly before, the nearest last. */
  before: string[];
  failed: boolean;
}

/** A run as the pattern analyses see it: plain, small, made from a trace. */
export interface AnalyzedRun {
  id: string;
  workflowType: string;
  /** What it may be grouped by. */
  userId?: string;
  threadId?: string;
  metadata?: Trace["metadata"];
  /** ISO time of the run's start. */
  at: string;
  /** Undefined while neither succeeded nor failed. */
  succeeded?: boolean;
  cases: Record<Unit, LogCase>;
  metrics: Record<string, number>;
  /** The first execution of each node. */
  attempts: NodeAttempt[];
  /** The agent in whose work the run's error was raised, where one was. */
  failedAt?: { agent: string; step: number };
}

/**
 * A trace as a run: executions in the order of their start (parallel ones by name, so that their chance
 * order is no pattern), retries and resumes of one task as one execution, agents without repeats in a row.
 * Agents are those named in hand-offs, else the top-level nodes that called a model, else all top-level nodes.
 * @example const { workflowType, attempts } = viewRun(trace);
 */
export function viewRun(trace: Trace): AnalyzedRun {
  checkArgument(trace, "trace", { nodes: "list" }, "PATTERN_INVALID");
  const executions = mergeAttempts(trace.nodes);
  const names = executions.map((e) => [...e.path, e.name].join("/"));
  const startMs = executions.map((e) => Date.parse(e.startedAt));
  const tools = [...trace.toolCalls].sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
  const agents = agentSteps(trace, executions);
  const base = { id: trace.workflowId, type: trace.workflowType };
  const failed = trace.status === "error";
  const culprit = failed ? agents.findIndex((a) => a.failed) : -1;
  return {
    id: trace.workflowId,
    workflowType: trace.workflowType,
    ...(trace.userId !== undefined && { userId: trace.userId }),
    ...(trace.threadId !== undefined && { threadId: trace.threadId }),
    ...(Object.keys(trace.metadata).length > 0 && { metadata: trace.metadata }),
    at: trace.startedAt,
    ...((failed || trace.status === "success") && { succeeded: !failed }),
    cases: {
      nodes: { ...base, activities: names, startMs, durationMs: executions.map((e) => e.durationMs) },
      tools: {
        ...base,
        activities: tools.map((t) => t.name),
        startMs: tools.map((t) => Date.parse(t.startedAt)),
        durationMs: tools.map((t) => t.durationMs),
      },
      agents: { ...base, activities: agents.map((a) => a.name) },
    },
    metrics: metricsOf(trace, executions, agents),
    attempts: attemptsOf(executions, names),
    ...(culprit >= 0 && { failedAt: { agent: agents[culprit].name, step: culprit } }),
  };
}

type Execution = NodeExecution & { retries: number; failedOnce: boolean };

function mergeAttempts(nodes: readonly NodeExecution[]): Execution[] {
  const byTask = new Map<string, Execution>();
  for (const [i, n] of nodes.entries()) {
    if (n.name.startsWith("__")) continue;
    const key = n.taskId === "" ? `#${i}` : n.taskId;
    const known = byTask.get(key);
    const failedOnce = n.status === "error" || (known?.failedOnce ?? false);
    if (!known) byTask.set(key, { ...n, retries: n.attempt - 1, failedOnce });
    else
      byTask.set(key, {
        ...n,
        startedAt: known.startedAt,
        durationMs: known.durationMs + n.durationMs,
        retries: Math.max(known.retries, n.attempt - 1),
        failedOnce,
      });
  }
  const started = (e: Execution) => Date.parse(e.startedAt);
  const sorted = [...byTask.values()].sort((a, b) => started(a) - started(b));
  const siblings = (a: Execution, b: Execution) => a.step === b.step && a.path.join("/") === b.path.join("/");
  for (let i = 0; i < sorted.length; ) {
    let j = i + 1;
    while (j < sorted.length && siblings(sorted[i], sorted[j])) j++;
    const block = sorted.slice(i, j).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    sorted.splice(i, j - i, ...block);
    i = j;
  }
  return sorted;
}

interface AgentStep {
  name: string;
  failed: boolean;
}

function agentSteps(trace: Trace, executions: readonly Execution[]): AgentStep[] {
  const top = (path: readonly string[], name?: string) => path[0] ?? name;
  const handing = new Set(trace.interactions.flatMap((i) => [i.from, i.to]));
  const calling = new Set(trace.modelCalls.map((c) => top(c.path, c.node)));
  const isAgent = (name: string) => (handing.size > 0 ? handing.has(name) : calling.size === 0 || calling.has(name));
  const steps: AgentStep[] = [];
  for (const e of executions) {
    const name = top(e.path, e.name);
    if (!isAgent(name)) continue;
    const failed = e.status === "error";
    const last = steps.at(-1);
    if (last?.name === name) last.failed ||= failed;
    else steps.push({ name, failed });
  }
  return steps;
}

function metricsOf(trace: Trace, executions: readonly Execution[], agents: readonly AgentStep[]) {
  const sum = (values: number[]) => values.reduce((s, v) => s + v, 0);
  const { tokensIn, tokensOut, costUsd } = spentBy(trace.modelCalls);
  return {
    durationMs: trace.durationMs,
    nodes: executions.length,
    distinctNodes: new Set(executions.map((e) => [...e.path, e.name].join("/"))).size,
    agents: new Set(agents.map((a) => a.name)).size,
    retries: sum(executions.map((e) => e.retries)),
    modelCalls: trace.modelCalls.length,
    toolCalls: trace.toolCalls.length,
    toolErrors: trace.toolCalls.filter((t) => t.error).length,
    ...(tokensIn !== undefined && { tokensIn }),
    ...(tokensOut !== undefined && { tokensOut }),
    ...(costUsd !== undefined && { costUsd }),
  };
}

function attemptsOf(executions: readonly Execution[], names: readonly string[]): NodeAttempt[] {
  const seen = new Set<string>();
  const found: NodeAttempt[] = [];
  for (const [i, e] of executions.entries()) {
    const node = names[i];
    if (seen.has(node)) continue;
    seen.add(node);
    found.push({ node, before: names.slice(Math.max(0, i - 2), i), failed: e.failedOnce });
  }
  return found;
}
