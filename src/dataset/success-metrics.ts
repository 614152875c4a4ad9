import type { NodeExecution, Trace } from "../core/index.js";
import { spentBy } from "../core/records/spent.js";

/** How a run did, in figures. Shares and scores are in [0,1]. */
export interface SuccessMetrics {
  /** Node executions, retries counted each; subgraph hosts count as nodes of their own graph. */
  nodes: number;
  edges: number;
  errors: number;
  retries: number;
  interrupts: number;
  modelCalls: number;
  toolCalls: number;
  toolErrors: number;
  /** Of all model calls together; undefined where one of them did not say. */
  tokensIn: number | undefined;
  tokensOut: number | undefined;
  costUsd: number | undefined;
  /** Time spent running. */
  durationMs: number;
  /** Mean duration of the executions that hold no subgraph; 0 without any. */
  averageNodeMs: number;
  /** Share of the time spent in nodes that did lasting work. See {@link successMetrics}. */
  efficiency: number;
  /** How cleanly agents handed work to each other. See {@link successMetrics}. */
  coordination: number;
  /** 1 for a run that ended well, 0 for one that failed or was cancelled; undefined while it is interrupted. */
  success: number | undefined;
}

/**
 * Figures of one run.
 *
 * - `efficiency` = useful time / time in nodes, over the executions that hold no subgraph (their time
 *   would count twice). Useful is what ended in success; visits of a node
 *   in later steps than its first count for half, because a loop may be the point of the graph or going in
 *   circles (parallel executions of one step count in full). Failed, cancelled and interrupted executions count nothing;
 *   cached ones cost nothing and do not enter. A run without timed nodes has efficiency 1. More nodes per
 *   second does not raise it: doing the same work in more, shorter nodes leaves it as it is.
 * - `coordination` = (started hand-overs / emitted hand-overs) x (1 - ping-pong share), where a hand-over is an
 *   edge between two different nodes (START and END aside), and ping-pong the share of handoffs
 *   that go straight back to where the one before came from. A run without hand-overs has coordination 1.
 */
export function successMetrics(trace: Trace): SuccessMetrics {
  const hosts = new Set(trace.nodes.filter((n) => n.path.length > 0).map((n) => n.path.join("|")));
  const leaves = trace.nodes.filter((n) => !hosts.has([...n.path, n.name].join("|")) && n.status !== "cached");
  const spent = leaves.reduce((sum, n) => sum + n.durationMs, 0);
  const { tokensIn, tokensOut, costUsd } = spentBy(trace.modelCalls);
  return {
    nodes: trace.nodes.length,
    edges: trace.edges.length,
    errors: trace.nodes.filter((n) => n.status === "error").length,
    retries: trace.nodes.filter((n) => n.attempt > 1).length,
    interrupts: trace.nodes.filter((n) => n.status === "interrupted").length,
    modelCalls: trace.modelCalls.length,
    toolCalls: trace.toolCalls.length,
    toolErrors: trace.toolCalls.filter((c) => c.error !== undefined).length,
    tokensIn,
    tokensOut,
    costUsd,
    durationMs: trace.durationMs,
    averageNodeMs: leaves.length === 0 ? 0 : spent / leaves.length,
    efficiency: spent === 0 ? 1 : usefulTime(leaves) / spent,
    coordination: coordinationOf(trace),
    success: trace.status === "interrupted" ? undefined : trace.status === "success" ? 1 : 0,
  };
}

function usefulTime(nodes: readonly NodeExecution[]): number {
  const firstStep = new Map<string, number>();
  let useful = 0;
  for (const node of nodes) {
    if (node.status !== "success") continue;
    const place = [...node.path, node.name].join("|");
    const first = firstStep.get(place) ?? node.step;
    firstStep.set(place, first);
    useful += node.durationMs * (node.step > first ? 0.5 : 1);
  }
  return useful;
}

function coordinationOf(trace: Trace): number {
  const between = trace.edges.filter((e) => e.from !== "__start__" && e.to !== "__end__" && e.from !== e.to);
  if (between.length === 0) return 1;
  const started = between.filter((e) => e.started).length / between.length;
  const handoffs = trace.interactions.filter((i) => i.kind === "handoff");
  let pingPong = 0;
  for (let i = 1; i < handoffs.length; i++)
    if (handoffs[i]?.to === handoffs[i - 1]?.from && handoffs[i]?.from === handoffs[i - 1]?.to) pingPong += 1;
  return started * (1 - (handoffs.length < 2 ? 0 : pingPong / (handoffs.length - 1)));
}
