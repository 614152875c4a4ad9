import { copyOf, type LoopShape, type NodeShape, type RunnableShape } from "../internals.js";
import type { RunRecorder } from "../record/run-recorder.js";

/** A loop of a graph, and the run it belongs to. */
export interface LoopOfRun {
  loop: LoopShape;
  recorder: RunRecorder;
  /** The graph's checkpoint namespace, once it is known. */
  namespace: string | undefined;
  /** The ids of its tasks that have begun. */
  readonly entered: string[];
}

/** Has the runnable of one task report to a run. */
export type TapTask = (runnable: RunnableShape, around: LoopOfRun) => RunnableShape;

/** How the tasks of a node are tapped; undefined where they are not. */
export type TapOf = (node: NodeShape) => TapTask | undefined;

/** Copies of a graph's nodes, whose tasks report to the loop that has them now. */
interface ReportingNodes {
  nodes: Record<string, NodeShape>;
  around?: LoopOfRun;
}

/** Sets of copies that no loop has, by the nodes they are copies of. */
const idle = new WeakMap<Record<string, NodeShape>, ReportingNodes[]>();
/** As many loops of one graph as run side by side find a set that is made already. */
const MOST_IDLE = 16;

/**
 * Has the tasks of one of a graph's loops report to its run; what it gives back ends that. Copies of nodes share the
 * classes of what they copy, and the tap is one function for all: the engine's fast paths stay fast. They serve one
 * loop after the other: to make them anew for each would cost a tenth of what a node takes.
 */
export function reportFrom(nodes: Record<string, NodeShape>, around: LoopOfRun, tapOf: TapOf): () => void {
  const free = idle.get(nodes) ?? [];
  idle.set(nodes, free);
  const reporting = free.pop() ?? reportingNodes(nodes, tapOf);
  reporting.around = around;
  const { loop } = around;
  loop.nodes = reporting.nodes;
  return () => {
    if (loop.nodes !== reporting.nodes) return;
    loop.nodes = nodes;
    reporting.around = undefined;
    if (free.length < MOST_IDLE) free.push(reporting);
  };
}

function reportingNodes(nodes: Record<string, NodeShape>, tapOf: TapOf): ReportingNodes {
  const reporting: ReportingNodes = { nodes: {} };
  for (const name of Object.keys(nodes)) {
    const node = nodes[name]!;
    const copy = copyOf(node);
    const tap = tapOf(node);
    copy.getNode = () => {
      const runnable = node.getNode();
      return runnable && tap && reporting.around ? tap(runnable, reporting.around) : runnable;
    };
    reporting.nodes[name] = copy;
  }
  return reporting;
}
