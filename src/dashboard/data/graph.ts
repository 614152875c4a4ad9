import type { FeedbackRecord, Trace, TraceSegment } from "../../core/index.js";
import { indexed, type RunFilter } from "./run-query.js";
import type { Source } from "./source.js";

/** A node of the graph as it was run. */
interface GraphNode {
  name: string;
  executions: number;
  failures: number;
  meanMs: number;
  meanReward?: number;
}

/** An edge as it was taken; one that no run took is as the graph's code declares it. */
interface GraphEdge {
  from: string;
  to: string;
  kind: string;
  taken: number;
  /** Of the runs that took it: how many, how many of them failed, and their mean reward. */
  runs: number;
  failedRuns: number;
  meanReward?: number;
}

/** The graph of one kind of runs, as they went through it. */
export interface GraphView {
  types: string[];
  type?: string;
  runs: number;
  /** True where older runs were left out. */
  sampled: boolean;
  from?: string;
  to?: string;
  nodes: GraphNode[];
  edges: GraphEdge[];
  /** Names of decision points' destinations, to draw what is learned. */
  learned: Record<string, string[]>;
  /** Promotions and roll-backs, to look before and after them. */
  changes: { at: string; name: string; action: string; version?: string }[];
}

/** Runs a drawing is made of at most, and judgements that are looked at for their rewards. */
const RUNS = 1000;
const JUDGEMENTS = 5000;
const START = "__start__";
const END = "__end__";

/** Traffic, times, failures and rewards on the edges of the newest runs that fit. */
export async function graphViewOf(source: Source, filter: RunFilter): Promise<GraphView> {
  const { store } = source.loop.inspect;
  const types = new Set<string>();
  const byRun = new Map<string, TraceSegment[]>();
  let type = filter.type;
  let sampled = false;
  for await (const { facts } of store.read("trace", indexed(filter, undefined))) {
    for (const s of facts) {
      types.add(s.workflowType);
      type ??= s.workflowType;
      if (s.workflowType !== type) continue;
      byRun.set(s.workflowId, [...(byRun.get(s.workflowId) ?? []), s]);
    }
    if (byRun.size < RUNS) continue;
    sampled = true;
    break;
  }
  const traces = [...byRun.values()].flatMap((segments) => source.loop.inspect.join(segments) ?? []);
  const rewards = await rewardsOf(source, traces);
  const starts = traces.map((t) => t.startedAt).sort();
  const { registry } = source.loop;
  const declared = type === undefined ? undefined : await source.loop.inspect.declaredGraph(type);
  return {
    types: [...types].sort(),
    type,
    runs: traces.length,
    sampled,
    from: starts[0],
    to: starts.at(-1),
    ...withDeclared(mapOf(traces, rewards), declared),
    learned: Object.fromEntries(source.loop.inspect.points().map((p) => [p.name, p.destinations])),
    changes: registry
      .history()
      .filter((e) => e.name.startsWith("policy/") && (e.action === "promote" || e.action === "rollback"))
      .slice(-20)
      .toReversed()
      .map(({ at, name, action, version }) => ({ at, name, action, version })),
  };
}

async function rewardsOf({ loop }: Source, traces: readonly Trace[]): Promise<Map<string, number>> {
  const from = traces.map((t) => t.startedAt).sort()[0];
  const wanted = new Set(traces.map((t) => t.workflowId));
  const said = new Map<string, FeedbackRecord[]>();
  if (from === undefined) return new Map();
  for await (const { facts } of loop.inspect.store.read("feedback", { from, latest: true, limit: JUDGEMENTS }))
    for (const f of facts) if (wanted.has(f.workflowId)) said.set(f.workflowId, [f, ...(said.get(f.workflowId) ?? [])]);
  return new Map(
    traces.flatMap((t) => {
      const reward = loop.inspect.reward(t.workflowId, said.get(t.workflowId) ?? [], t);
      return reward === undefined ? [] : [[t.workflowId, reward]];
    }),
  );
}

type DeclaredGraph = NonNullable<Awaited<ReturnType<Source["loop"]["inspect"]["declaredGraph"]>>>;

interface Sum {
  n: number;
  total: number;
}
const meanOf = ({ n, total }: Sum) => (n > 0 ? total / n : undefined);

/** Nodes and edges of some traces; a subgraph's nodes are named `HOST/NODE`. */
function mapOf(
  traces: readonly Trace[],
  rewards: ReadonlyMap<string, number>,
): { nodes: GraphNode[]; edges: GraphEdge[] } {
  const nodes = new Map<string, GraphNode & { time: Sum; reward: Sum }>();
  const edges = new Map<string, GraphEdge & { reward: Sum }>();
  const nodeOf = (name: string) => {
    const found = nodes.get(name);
    if (found) return found;
    const made = { name, executions: 0, failures: 0, meanMs: 0, time: { n: 0, total: 0 }, reward: { n: 0, total: 0 } };
    nodes.set(name, made);
    return made;
  };
  const edgeOf = (from: string, to: string, kind: string) => {
    const key = JSON.stringify([from, to]);
    const found = edges.get(key);
    if (found) return found;
    const made = { from, to, kind, taken: 0, runs: 0, failedRuns: 0, reward: { n: 0, total: 0 } };
    edges.set(key, made);
    return made;
  };
  for (const trace of traces) {
    const reward = rewards.get(trace.workflowId);
    const passed = new Set<string>();
    for (const n of trace.nodes) {
      const name = [...n.path, n.name].join("/");
      const node = nodeOf(name);
      node.executions++;
      if (n.status === "error") node.failures++;
      node.time.n++;
      node.time.total += n.durationMs;
      if (!passed.has(name) && reward !== undefined) {
        node.reward.n++;
        node.reward.total += reward;
      }
      passed.add(name);
    }
    const taken = new Set<GraphEdge & { reward: Sum }>();
    const at = (path: readonly string[], name: string) => [...path, name].join("/");
    for (const e of trace.edges) {
      if (!e.started && e.to !== END) continue;
      const edge = edgeOf(at(e.path, e.from), at(e.path, e.to), e.kind);
      edge.taken++;
      taken.add(edge);
    }
    for (const edge of taken) {
      edge.runs++;
      if (trace.status === "error") edge.failedRuns++;
      if (reward === undefined) continue;
      edge.reward.n++;
      edge.reward.total += reward;
    }
  }
  for (const e of edges.values()) for (const name of [e.from, e.to]) nodeOf(name);
  return {
    nodes: [...nodes.values()]
      .map(({ time, reward, ...n }) => ({ ...n, meanMs: meanOf(time) ?? 0, meanReward: meanOf(reward) }))
      .sort(inOrder),
    edges: [...edges.values()].map(({ reward, ...e }) => ({ ...e, meanReward: meanOf(reward) })),
  };
}

type Drawn = Pick<GraphView, "nodes" | "edges">;

/** The same with what the graph's code declares and no run took. */
function withDeclared({ nodes, edges }: Drawn, declared: DeclaredGraph | undefined): Drawn {
  if (!declared || nodes.length === 0) return { nodes, edges };
  const known = new Set(nodes.map((n) => n.name));
  const taken = new Set(edges.map((e) => JSON.stringify([e.from, e.to])));
  const untaken = new Map(
    declared.edges.map((e) => [JSON.stringify([e.from, e.to]), e] as const).filter(([key]) => !taken.has(key)),
  );
  const names = new Set([...declared.nodes, ...[...untaken.values()].flatMap((e) => [e.from, e.to])]);
  const unknown = [...names].filter((name) => !known.has(name));
  return {
    nodes: [...nodes, ...unknown.map((name) => ({ name, executions: 0, failures: 0, meanMs: 0 }))].sort(inOrder),
    edges: [...edges, ...[...untaken.values()].map((e) => ({ ...e, taken: 0, runs: 0, failedRuns: 0 }))],
  };
}

const rank = (name: string) => (name === START ? 0 : name === END ? 2 : 1);
const inOrder = (a: GraphNode, b: GraphNode) => rank(a.name) - rank(b.name);
