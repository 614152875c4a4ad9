import { isObject } from "../../core/is-object.js";
import { graphNamespace, isCommand, type PregelShape, PUSH_TRIGGER } from "../internals.js";
import { CallLog, type ModelStart } from "../record/call-log.js";
import { noteFailure } from "../record/failure.js";
import { type GraphShape, graphAt, graphShapeOf, outlookOf } from "../record/graph-shape.js";
import type { NodeRun, RunRecorder } from "../record/run-recorder.js";
import { updateOf } from "../record/update.js";
import { dueFromCache, hasCaches } from "./cached-nodes.js";
import { noteInferredEdges, type PathResult } from "./callback-edges.js";

const STEP_TAG = "graph:step:";

/** What is known of a callback run under way. */
type Entry =
  | { kind: "graph" }
  | { kind: "node"; run: NodeRun; children: PathResult[]; isTask: boolean }
  | { kind: "inside"; node: NodeRun | undefined; result?: PathResult };

interface KnownGraph {
  graph: PregelShape | undefined;
  shape: GraphShape | undefined;
  /** Whether a node of it may be served from a cache. */
  caches: boolean;
}

/** Reads the events of one graph invocation, root included, into its recorder. */
export class CallbackRun {
  private readonly entries = new Map<string, Entry>();
  /** By path, each of which the recorder keeps as one list. */
  private readonly graphs = new Map<readonly string[], KnownGraph>();
  private readonly calls: CallLog;

  constructor(
    readonly recorder: RunRecorder,
    private readonly graph: PregelShape | undefined,
    /** The node in which all of it happens, where this reads only what goes on inside one. */
    private readonly host?: NodeRun,
  ) {
    this.calls = new CallLog(recorder);
    recorder.stepTimeout ??= graph?.stepTimeout;
  }

  rootStarted(runId: string): void {
    this.entries.set(runId, { kind: "graph" });
  }

  chainStarted(e: ChainStart): void {
    if (this.entries.has(e.runId)) return;
    const parent = e.parentRunId === undefined ? undefined : this.entries.get(e.parentRunId);
    const metadata = e.metadata ?? {};
    const step = e.tags?.find((tag) => tag.startsWith(STEP_TAG));
    if (step && parent?.kind === "graph" && e.name === metadata.langgraph_node)
      this.nodeStarted(e, Number(step.slice(STEP_TAG.length)), metadata);
    else if (isGraphRun(e.chain)) this.entries.set(e.runId, { kind: "graph" });
    else this.entries.set(e.runId, this.inside(parent, metadata));
  }

  /** The innermost execution that a namespace lies in. */
  nodeAt(namespace: unknown): NodeRun | undefined {
    if (typeof namespace !== "string") return undefined;
    for (const part of namespace.split("|").reverse()) {
      const node = this.recorder.nodeOfTask(part.slice(part.indexOf(":") + 1));
      if (node) return node;
    }
    return undefined;
  }

  private nodeStarted(e: ChainStart, step: number, metadata: Record<string, unknown>): void {
    const taskNamespace = String(metadata.langgraph_checkpoint_ns ?? "");
    const taskPath = metadata.langgraph_path as unknown[] | undefined;
    const namespace = graphNamespace(taskNamespace, taskPath);
    const taskId = taskNamespace.slice(taskNamespace.lastIndexOf(":") + 1);
    // Some versions write a command from below by a run of its own, named like the node that had ended.
    if (this.recorder.hasEndedWell(taskId)) {
      this.entries.set(e.runId, { kind: "inside", node: undefined });
      return;
    }
    const name = String(metadata.langgraph_node);
    this.inferCached(namespace, step, name);
    const triggers = (metadata.langgraph_triggers as string[] | undefined) ?? [];
    const run = this.recorder.nodeStarted({ name, namespace, step, taskId, triggers, taskPath }, e.inputs);
    const isTask = run.trigger === PUSH_TRIGGER && taskPath?.at(-1) === true;
    this.entries.set(e.runId, { kind: "node", run, children: [], isTask });
  }

  /**
   * Nodes that were due before this step and did not start: those with a cache policy were served
   * from the cache, which callbacks do not tell.
   * @param step infinite where the graph has ended
   * @param starting the node that starts at the step
   */
  private inferCached(namespace: string, step: number, starting?: string): void {
    const { recorder } = this;
    const { graph, shape, caches } = this.graphAt(recorder.pathOf(namespace));
    if (!graph || !caches) return;
    const seen = new Set<string>();
    // What such a node leads to may have been served from the cache as well.
    for (;;) {
      const due = dueFromCache(recorder.edges.pending(namespace), { graph, shape }, step, starting);
      const fresh = due.filter((node) => !seen.has(node.name));
      if (fresh.length === 0) return;
      for (const [i, { name, step: at, trigger }] of fresh.entries()) {
        seen.add(name);
        const taskId = `cached:${namespace}:${at}:${name}:${i}`;
        const place = { name, namespace, step: at, taskId, triggers: [trigger] };
        const run = recorder.nodeInferred(place, "cached");
        const outlook = shape && outlookOf(shape, name);
        noteInferredEdges(recorder, run, undefined, [], outlook);
        const { ends } = graph.nodes[name];
        if (ends && outlook?.branches.length === 0) recorder.edges.leaveOpen(run, Object.values(ends), "command");
      }
    }
  }

  /** The run has ended well: infers what nothing followed. What a graph that was interrupted had before it did not run. */
  inferAtEnd(): void {
    const { recorder } = this;
    for (const namespace of new Set(recorder.edges.pending().map((edge) => edge.namespace))) {
      const host = namespace.slice(namespace.lastIndexOf(":") + 1);
      if (namespace !== recorder.base && !recorder.hasEndedWell(host)) continue;
      this.inferCached(namespace, recorder.interrupted ? recorder.lastStep(namespace) + 1 : Number.POSITIVE_INFINITY);
    }
  }

  /** A run inside a node; a direct child may be the function of a conditional edge. */
  private inside(parent: Entry | undefined, metadata: Record<string, unknown>): Entry {
    if (parent?.kind === "inside") return { kind: "inside", node: parent.node };
    if (parent?.kind !== "node")
      return { kind: "inside", node: this.nodeAt(metadata.langgraph_checkpoint_ns) ?? this.host };
    const result: PathResult = { output: undefined, ended: false };
    parent.children.push(result);
    return { kind: "inside", node: parent.run, result };
  }

  chainEnded(runId: string, outputs: unknown): void {
    const entry = this.entries.get(runId);
    this.entries.delete(runId);
    if (entry?.kind === "inside" && entry.result) {
      entry.result.ended = true;
      entry.result.output = isObject(outputs) && "output" in outputs ? outputs.output : outputs;
    }
    if (entry?.kind !== "node" || entry.run.status !== undefined) return;
    const { run, children, isTask } = entry;
    const output = unwrapped(outputs, isTask);
    this.recorder.nodeEnded(run, "success");
    this.recorder.nodeWrote(run, updateOf(output));
    const { shape } = this.graphAt(run.path);
    if (!isTask) noteInferredEdges(this.recorder, run, output, children, shape && outlookOf(shape, run.name));
  }

  chainFailed(runId: string, error: unknown): void {
    const entry = this.entries.get(runId);
    this.entries.delete(runId);
    if (entry?.kind !== "node") return;
    const timeout = this.graphAt(entry.run.path).graph?.nodes[entry.run.name]?.timeout;
    noteFailure(this.recorder, entry.run, error, timeout);
  }

  /** The graph at a path of hosting nodes, where it is known. */
  private graphAt(path: readonly string[]): KnownGraph {
    let known = this.graphs.get(path);
    if (!known) {
      const graph = this.host ? undefined : graphAt(this.graph, path);
      known = { graph, shape: graph?.builder && graphShapeOf(graph), caches: graph !== undefined && hasCaches(graph) };
      this.graphs.set(path, known);
    }
    return known;
  }

  /** The execution that a run with this parent goes on in. */
  nodeOf(parentRunId: string | undefined, metadata?: unknown): NodeRun | undefined {
    const parent = parentRunId === undefined ? undefined : this.entries.get(parentRunId);
    if (parent?.kind === "node") return parent.run;
    if (parent?.kind === "inside") return parent.node;
    return (isObject(metadata) ? this.nodeAt(metadata.langgraph_checkpoint_ns) : undefined) ?? this.host;
  }

  modelStarted(runId: string, parentRunId: string | undefined, start: ModelStart): void {
    if (this.entries.has(runId)) return;
    const node = this.nodeOf(parentRunId, start.metadata);
    this.entries.set(runId, { kind: "inside", node });
    if (this.recorder.settings.calls) this.calls.modelStarted(runId, node, start);
  }

  token(runId: string): void {
    this.calls.token(runId);
  }

  modelEnded(runId: string, output: unknown, fromCache = false): void {
    this.entries.delete(runId);
    this.calls.modelEnded(runId, output, fromCache);
  }

  modelFailed(runId: string, error: unknown): void {
    this.entries.delete(runId);
    this.calls.modelFailed(runId, error);
  }

  toolStarted(
    runId: string,
    parentRunId: string | undefined,
    { tool, name, input, metadata }: { tool?: unknown; name: unknown; input?: unknown; metadata?: unknown },
  ): void {
    const node = this.nodeOf(parentRunId, metadata);
    this.entries.set(runId, { kind: "inside", node });
    if (this.recorder.settings.calls) this.calls.toolStarted(runId, node, tool, name, input);
  }

  toolEnded(runId: string, error?: unknown, answer?: unknown): void {
    this.entries.delete(runId);
    this.calls.toolEnded(runId, error, answer);
  }
}

/** The start of a chain run, in the order in which the runtime really passes it. */
export interface ChainStart {
  chain: unknown;
  inputs: unknown;
  runId: string;
  parentRunId: string | undefined;
  tags: string[] | undefined;
  metadata: Record<string, unknown> | undefined;
  name: string | undefined;
}

/** Whether a chain run is that of a graph. */
export function isGraphRun(chain: unknown): boolean {
  return isObject(chain) && Array.isArray(chain.id) && chain.id[0] === "langgraph" && chain.id[1] === "pregel";
}

/**
 * What a node returned. LangChain wraps all but plain objects as `{ output }`; a state that has just that
 * one key is told apart by what stands there.
 */
function unwrapped(outputs: unknown, isTask: boolean): unknown {
  if (!isObject(outputs) || isCommand(outputs) || !("output" in outputs) || Object.keys(outputs).length !== 1)
    return outputs;
  const { output } = outputs;
  return isTask || Array.isArray(output) || output === undefined || output === null ? output : outputs;
}
