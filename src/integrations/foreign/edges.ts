import type { EdgeTaken, NodeExecution } from "../../core/index.js";
import { END, START } from "../../tracing/internals.js";

/** What a step is told by. */
interface Timed {
  id: string;
  /** Nodes of one place run in one graph. */
  place: string;
  startedAt: number;
  endedAt: number | undefined;
  langgraph?: { step: number };
}

/**
 * The step of each node: LangGraph's own where it is known. Otherwise nodes of one graph that overlap share a step, and
 * one that began when all before it were over begins the next.
 */
export function stepsOf(nodes: readonly Timed[]): Map<string, number> {
  const steps = new Map<string, number>();
  const places = new Map<string, Timed[]>();
  for (const node of nodes) {
    if (node.langgraph) steps.set(node.id, node.langgraph.step);
    else into(places, node.place, node);
  }
  for (const of of places.values()) {
    let step = 0;
    let end = Number.NEGATIVE_INFINITY;
    for (const node of of.sort((a, b) => a.startedAt - b.startedAt)) {
      if (node.startedAt >= end) step += 1;
      end = Math.max(end, node.endedAt ?? node.startedAt);
      steps.set(node.id, step);
    }
  }
  return steps;
}

/** Edges from each node of a step to each of the next, within one graph. */
export function edgesBetween(nodes: readonly NodeExecution[]): EdgeTaken[] {
  const graphs = new Map<string, NodeExecution[]>();
  for (const node of nodes) {
    const key = `${node.path.join("|")}\n${node.hostTaskId ?? ""}`;
    into(graphs, key, node);
  }
  return [...graphs.values()].flatMap((graph) => {
    const path = graph[0]?.path ?? [];
    const names = new Map<number, Set<string>>();
    for (const { step, name } of graph) names.set(step, (names.get(step) ?? new Set()).add(name));
    const steps = [...names.keys()].sort((a, b) => a - b);
    const at = (step: number | undefined) => [...(names.get(step ?? Number.NaN) ?? [])];
    const edge = (from: string, to: string, step: number): EdgeTaken => ({
      ...{ from, to, kind: "static", path, step },
      ...{ started: true, inferred: true },
    });
    const begun = at(steps[0]).map((to) => edge(START, to, (steps[0] ?? 1) - 1));
    const between = steps.flatMap((step, i) => {
      const next = i + 1 < steps.length ? at(steps[i + 1]) : [END];
      return at(step).flatMap((from) => next.map((to) => edge(from, to, step)));
    });
    return [...begun, ...between];
  });
}

function into<T>(groups: Map<string, T[]>, key: string, one: T): void {
  const group = groups.get(key);
  if (group) group.push(one);
  else groups.set(key, [one]);
}
