import { BRANCH_PREFIX, type PregelShape, PUSH_TRIGGER } from "../internals.js";
import type { PendingEdge } from "../record/edge-log.js";
import type { GraphShape } from "../record/graph-shape.js";
import { outlookOf } from "../record/graph-shape.js";

/** An execution that was due and did not start: it was served from the cache. */
export interface DueNode {
  name: string;
  step: number;
  trigger: string;
}

const caching = new WeakMap<PregelShape, boolean>();

/** Whether a node of a compiled graph has a cache policy. */
export function hasCaches(graph: PregelShape): boolean {
  let has = caching.get(graph);
  if (has === undefined) {
    has = Object.values(graph.nodes).some((node) => node.cachePolicy !== undefined);
    caching.set(graph, has);
  }
  return has;
}

/**
 * The nodes with a cache policy that should have started before a step. Edges of one step, and all that a deferred
 * node waited for, start a node once; each Send starts it anew; a join is due when all its sources have come.
 * @param step infinite where the graph has ended
 * @param starting the node that starts at the step
 */
export function dueFromCache(
  edges: readonly PendingEdge[],
  { graph, shape }: { graph: PregelShape; shape: GraphShape | undefined },
  step: number,
  starting: string | undefined,
): DueNode[] {
  const due: DueNode[] = [];
  const groups = new Map<string, PendingEdge[]>();
  const isDeferred = (name: string) => graph.builder?.nodes?.[name]?.defer === true;
  for (const edge of edges) {
    if (graph.nodes[edge.to]?.cachePolicy === undefined) continue;
    if (edge.kind === "send") due.push({ name: edge.to, step: edge.step + 1, trigger: PUSH_TRIGGER });
    else {
      const key = edge.channel ?? `${edge.to}\n${isDeferred(edge.to) ? "" : edge.step}`;
      groups.set(key, [...(groups.get(key) ?? []), edge]);
    }
  }
  for (const group of groups.values()) {
    const { to: name, channel } = group[0];
    if (channel !== undefined && new Set(group.map((e) => e.from)).size < sourcesOf(shape, channel)) continue;
    // A deferred node waits for all others: it has run only where what it leads to starts, or nothing any more.
    const isWaiting = starting === undefined || !leadsTo(graph, shape, name, starting);
    if (isDeferred(name) && step < Number.POSITIVE_INFINITY && isWaiting) continue;
    const earliest = Math.max(...group.map((e) => e.step)) + 1;
    const hasFollower = isDeferred(name) && starting !== undefined;
    due.push({ name, step: hasFollower ? step - 1 : earliest, trigger: channel ?? BRANCH_PREFIX + name });
  }
  return due.filter((node) => node.step < step);
}

function sourcesOf(shape: GraphShape | undefined, channel: string): number {
  return [...(shape?.values() ?? [])].filter(({ joins }) => joins.some((join) => join.channel === channel)).length;
}

function leadsTo(graph: PregelShape, shape: GraphShape | undefined, from: string, to: string): boolean {
  const { statics, joins, branches } = outlookOf(shape, from);
  const commands = Object.values(graph.nodes[from]?.ends ?? {});
  const chosen = branches.some(({ ends }) => ends === undefined || Object.values(ends).includes(to));
  return chosen || [...statics, ...commands, ...joins.map((join) => join.to)].includes(to);
}
