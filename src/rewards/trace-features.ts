import { checkArgument } from "../core/arguments.js";
import type { Decision, DecisionContext, Trace } from "../core/index.js";
import { spentBy } from "../dataset/index.js";

/** Most frequent context fields taken over from a run's decisions. */
const CONTEXT_FIELDS = 40;
/** Per-name counts (nodes, tools) kept in the features at most. */
const NAMES = 40;

/** What a run may bring besides its trace. */
export interface TraceFeatureOptions {
  /** The run's decisions: their contexts and choices become features. */
  decisions?: readonly Decision[];
  /** A vector of the run's text (through any embedding model), taken as it is. */
  embedding?: readonly number[];
}

/**
 * What a run looks like, as named plain values: its path, counts, durations, retries, errors, tokens,
 * cost, loops, the agents and tools involved, and the contexts of its decisions. Nothing in it depends
 * on how the run was rated. Version 1; the encoder that is fitted on it carries a version of its own.
 * @example const features = traceFeatures(trace, { decisions: [decision] });
 */
export function traceFeatures(trace: Trace, options: TraceFeatureOptions = {}): DecisionContext {
  checkArgument(
    trace,
    "trace",
    { nodes: "list", edges: "list", modelCalls: "list", toolCalls: "list" },
    "REWARD_INVALID",
  );
  checkArgument(options, "options", "object", "REWARD_INVALID");
  const { nodes, edges, modelCalls, toolCalls, interactions } = trace;
  const visits = countBy(nodes.map((n) => n.name));
  const durations = nodes.map((n) => n.durationMs);
  const spent = spentBy(modelCalls);
  const features: DecisionContext = {
    workflowType: trace.workflowType,
    status: trace.status,
    error: trace.error?.name ?? "none",
    durationMs: trace.durationMs,
    segments: trace.segments.length,
    steps: nodes.length,
    distinctNodes: visits.size,
    loops: nodes.length - visits.size,
    longestNodeMs: largest(durations),
    meanNodeMs: durations.length > 0 ? sum(durations) / durations.length : 0,
    depth: largest(nodes.map((n) => n.path.length)),
    retries: nodes.filter((n) => n.attempt > 1).length,
    nodeErrors: nodes.filter((n) => n.status === "error").length,
    parallelEdges: edges.filter((e) => e.kind === "send").length,
    learnedEdges: edges.filter((e) => e.kind === "conditional" || e.kind === "command").length,
    modelCalls: modelCalls.length,
    modelErrors: modelCalls.filter((c) => c.error).length,
    modelMs: sum(modelCalls.map((c) => c.durationMs)),
    tokensIn: spent.tokensIn ?? null,
    tokensOut: spent.tokensOut ?? null,
    tokensCached: spent.tokensCached ?? null,
    costUsd: modelCalls.length > 0 ? (spent.costUsd ?? null) : null,
    models: [...new Set(modelCalls.map((c) => c.model ?? "unknown"))].sort().join(" ") || "none",
    toolCalls: toolCalls.length,
    toolErrors: toolCalls.filter((c) => c.error).length,
    toolErrorShare: toolCalls.length > 0 ? toolCalls.filter((c) => c.error).length / toolCalls.length : 0,
    distinctTools: new Set(toolCalls.map((c) => c.name)).size,
    handoffs: interactions.filter((i) => i.kind === "handoff").length,
    agents: new Set(interactions.flatMap((i) => [i.from, i.to])).size,
    firstNode: nodes[0]?.name ?? "none",
    lastNode: nodes.at(-1)?.name ?? "none",
    lastTool: toolCalls.at(-1)?.name ?? "none",
  };
  addCounts(features, "visits", visits);
  addCounts(features, "tool", countBy(toolCalls.map((c) => c.name)));
  for (const d of options.decisions ?? []) {
    features[`chose ${d.decisionPoint}`] = d.chosen;
    for (const [field, value] of Object.entries(d.context).slice(0, CONTEXT_FIELDS))
      features[`${d.decisionPoint}: ${field}`] = value;
  }
  if (options.embedding) features["embedding"] = [...options.embedding];
  return features;
}

function addCounts(features: DecisionContext, prefix: string, counts: ReadonlyMap<string, number>): void {
  for (const [name, count] of [...counts].sort((a, b) => b[1] - a[1]).slice(0, NAMES))
    features[`${prefix} ${name}`] = count;
}

function countBy(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function largest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}
