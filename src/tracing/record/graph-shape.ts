import { END, isPregel, type PregelShape } from "../internals.js";

/** What capture must know of a node before it runs. */
export interface NodeOutlook {
  /** Has a static edge to the end, which leaves no mark when it is taken. */
  staticEnd: boolean;
  /** Destinations of its static edges, the end excepted. */
  statics: string[];
  /** Joins it takes part in: the others, and the node behind. */
  joins: { channel: string; to: string }[];
  /** Its conditional edges, in the order in which they are evaluated. */
  branches: BranchOutlook[];
}

/** A conditional edge. */
interface BranchOutlook {
  /** The path map; undefined where there is none. */
  ends: Record<string, string> | undefined;
  /** Whether its function leaves a run of its own in the callbacks (a plain function does). */
  traced: boolean;
}

/** The edges of a graph, by source. */
export type GraphShape = ReadonlyMap<string, NodeOutlook>;

const NOTHING: NodeOutlook = { staticEnd: false, statics: [], joins: [], branches: [] };

/** What was read of the graphs seen so far: compiled ones do not change. */
const shapes = new WeakMap<PregelShape, GraphShape>();

/** A compiled graph's edges; a graph without a builder (functional, hand-made) has none to read. */
export function graphShapeOf(graph: PregelShape): GraphShape {
  let shape = shapes.get(graph);
  if (!shape) {
    shape = readShape(graph);
    shapes.set(graph, shape);
  }
  return shape;
}

function readShape({ builder }: PregelShape): GraphShape {
  const shape = new Map<string, NodeOutlook>();
  if (!builder) return shape;
  const of = (name: string): NodeOutlook => {
    let outlook = shape.get(name);
    if (!outlook) {
      outlook = { staticEnd: false, statics: [], joins: [], branches: [] };
      shape.set(name, outlook);
    }
    return outlook;
  };
  for (const [from, to] of builder.edges) {
    if (to === END) of(from).staticEnd = true;
    else of(from).statics.push(to);
  }
  for (const [starts, to] of builder.waitingEdges ?? []) {
    const channel = `join:${starts.join("+")}:${to}`;
    for (const from of starts) of(from).joins.push({ channel, to });
  }
  for (const [from, branches] of Object.entries(builder.branches ?? {}))
    for (const { ends, path } of Object.values(branches)) of(from).branches.push({ ends, traced: isTraced(path) });
  return shape;
}

/** Whether a path function leaves a run: plain functions, which LangChain makes a RunnableLambda of, do. */
function isTraced(path: object | undefined): boolean {
  const lcName = (path?.constructor as { lc_name?(): string } | undefined)?.lc_name;
  return lcName?.call(path?.constructor) === "RunnableLambda";
}

export function outlookOf(shape: GraphShape | undefined, name: string): NodeOutlook {
  return shape?.get(name) ?? NOTHING;
}

/** The graph that a node is, if it is one. */
function subgraphOf(graph: PregelShape | undefined, node: string): PregelShape | undefined {
  const bound = graph?.nodes[node]?.bound;
  return isPregel(bound) ? bound : undefined;
}

/** The graph at a path of hosting nodes below the root. */
export function graphAt(root: PregelShape | undefined, path: readonly string[]): PregelShape | undefined {
  let graph = root;
  for (const node of path) graph = subgraphOf(graph, node);
  return graph;
}
