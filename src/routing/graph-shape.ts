import { END } from "@langchain/langgraph";

/** A node as the builder of a graph holds it. */
export interface NodeSpecLike {
  runnable: unknown;
  ends?: string[];
  subgraphs?: unknown;
  cachePolicy?: unknown;
  errorHandlerNode?: string;
}

/** The parts of a graph's builder that routing looks at. */
export interface BuilderLike {
  nodes: Record<string, NodeSpecLike>;
  channels: Record<string, unknown>;
  edges: Iterable<[string, string]>;
  waitingEdges?: Iterable<[string[], string]>;
  branches: Record<string, Record<string, { path: unknown; ends?: Record<string, string> }>>;
}

/** The builder of a compiled graph; undefined for anything else (functional API, an agent, no graph). */
export function builderOf(graph: unknown): BuilderLike | undefined {
  const builder = (graph as { builder?: Partial<BuilderLike> } | null | undefined)?.builder;
  return builder?.nodes && builder.branches && builder.edges ? (builder as BuilderLike) : undefined;
}

/** Every node that may run after `name`, as far as the graph's declarations tell. */
export function successorsOf(builder: BuilderLike, name: string): string[] {
  const next: string[] = [];
  for (const [from, to] of builder.edges) if (from === name) next.push(to);
  for (const [from, to] of builder.waitingEdges ?? []) if (from.includes(name)) next.push(to);
  for (const branch of Object.values(builder.branches[name] ?? {}))
    next.push(...(branch.ends ? Object.values(branch.ends) : Object.keys(builder.nodes)));
  const node = builder.nodes[name];
  next.push(...(node?.ends ?? []));
  if (node?.errorHandlerNode) next.push(node.errorHandlerNode);
  return next.filter((n) => n !== END);
}

/** All nodes that may run from `starts` on, these included. */
export function reachableFrom(builder: BuilderLike, starts: readonly string[]): Set<string> {
  const reached = new Set<string>();
  const queue = starts.filter((n) => n !== END);
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    queue.push(...successorsOf(builder, name));
  }
  return reached;
}
