import { isObject } from "../../core/is-object.js";
import { withoutHandlers } from "../callbacks/callback-list.js";
import {
  graphNamespace,
  isPregel,
  type LoopShape,
  type NodeShape,
  type PregelShape,
  type TaskConfig,
  type TaskShape,
} from "../internals.js";
import { graphShapeOf, outlookOf } from "../record/graph-shape.js";
import { noteSentEdges } from "../record/noted-edges.js";
import { callWithin } from "../record/run-observer.js";
import type { RunRecorder } from "../record/run-recorder.js";
import { FollowedStream } from "./followed-stream.js";
import { reportFrom } from "./reporting-nodes.js";
import { type RunContext, recorderOf } from "./run-context.js";
import { type TapSettings, tapNode, tapOf } from "./tap-node.js";

/** What a wrapped graph tells the tracer about the runs that begin with it. */
export interface RootHooks {
  /** A run begins; undefined: it belongs to a run around it, or is left alone. The config returned takes the place of the given one. */
  begin(config: TaskConfig | undefined, graph: PregelShape): { recorder: RunRecorder; config: TaskConfig } | undefined;
  /** The loop is ready: now it is known what the run continues. What it may give is awaited before the first node. */
  resolve(recorder: RunRecorder, loop: LoopShape): Promise<void> | undefined;
  end(recorder: RunRecorder, outcome: { ok: boolean; error?: unknown }): void;
  /** Whether a callback handler is one that follows a node of the tracer's. */
  isCallHandler(handler: unknown): boolean;
}

/** How a graph is captured. `hooks` only at the root: its subgraphs begin no runs. */
interface Wrapping extends TapSettings {
  hooks: RootHooks | undefined;
  /** Nodes can be tapped. */
  taps: boolean;
}

/** Marks the classes made here with the class they extend; known to all copies of the package that are loaded. */
const BASE: unique symbol = Symbol.for("langgraph-collective-learning.base") as never;
/** Marks them with the context of the tracer that they report to. */
const REPORTS_TO: unique symbol = Symbol.for("langgraph-collective-learning.reports-to") as never;
/** The untouched node behind each copy, whichever copy of the package made it. */
const ORIGINALS = Symbol.for("langgraph-collective-learning.originals");
const shared = globalThis as { [ORIGINALS]?: WeakMap<NodeShape, NodeShape> };
shared[ORIGINALS] ??= new WeakMap();
const originals = shared[ORIGINALS];

/** Why a graph cannot be tapped; undefined when it can. */
export function whyNotTap(graph: PregelShape): string | undefined {
  for (const [name, node] of Object.entries(graph.nodes)) {
    if (typeof node?.getNode !== "function") return `node ${name} has no getNode()`;
    if (!isObject(node.bound)) return `node ${name} has no runnable`;
  }
  return whyNotHook(graph);
}

/** Why a graph's runs cannot be followed from its root; undefined when they can. */
function whyNotHook(graph: PregelShape): string | undefined {
  if (typeof graph._streamIterator !== "function") return "the graph has no _streamIterator()";
  return typeof graph.constructor === "function" ? undefined : "the graph has no constructor";
}

/** Whether a graph, or one within it, is wrapped by another tracer: of several wrappings only the latest counts. */
export function isWrappedElsewhere(graph: PregelShape, context: RunContext): boolean {
  const reportsTo = (graph.constructor as { [REPORTS_TO]?: RunContext })[REPORTS_TO];
  if (reportsTo !== undefined && reportsTo !== context) return true;
  return Object.values(graph.nodes).some((node) => isPregel(node?.bound) && isWrappedElsewhere(node.bound, context));
}

/** A copy of a graph, of the same type, whose runs (and where `settings` say so, whose nodes) are captured. */
export function hookGraph(graph: PregelShape, hooks: RootHooks, settings: TapSettings): PregelShape {
  return cloneGraph(graph, { ...settings, hooks, taps: whyNotTap(graph) === undefined }, new Map());
}

/**
 * Captures the runs of the graph itself, for owners that hold it where it cannot be replaced. Only for a
 * graph that was made for this purpose.
 */
export function hookInPlace(graph: PregelShape, hooks: RootHooks, settings: TapSettings): void {
  const wrapping = { ...settings, hooks, taps: whyNotTap(graph) === undefined };
  graph.nodes = hookNodes(graph, wrapping, new Map());
  Object.setPrototypeOf(graph, hookedClass(graph, wrapping).prototype);
}

function cloneGraph(graph: PregelShape, wrapping: Wrapping, made: Map<PregelShape, PregelShape>): PregelShape {
  const known = made.get(graph);
  if (known) return known;
  const fields: Record<string, unknown> = { ...graph, nodes: hookNodes(graph, wrapping, made) };
  // A graph that validates itself fills this in again, and must not do so in the original's.
  if (graph.autoValidate) fields.triggerToNodes = {};
  const clone = new (hookedClass(graph, wrapping))(fields);
  made.set(graph, clone);
  return clone;
}

/** Copies of a graph's nodes that can report what they do. */
function hookNodes(
  graph: PregelShape,
  wrapping: Wrapping,
  made: Map<PregelShape, PregelShape>,
): Record<string, NodeShape> {
  const shape = graphShapeOf(graph);
  const nodes: Record<string, NodeShape> = {};
  for (const [name, given] of Object.entries(graph.nodes)) {
    // Of a graph that is wrapped already only the latest wrapping counts.
    const node = originals.get(given) ?? given;
    const subgraph = tappedSubgraph(node, wrapping, made);
    const hooked = wrapping.taps ? tapNode(name, node, outlookOf(shape, name), wrapping, subgraph) : node;
    originals.set(hooked, node);
    nodes[name] = hooked;
  }
  return nodes;
}

function tappedSubgraph(
  { bound }: NodeShape,
  wrapping: Wrapping,
  made: Map<PregelShape, PregelShape>,
): PregelShape | undefined {
  if (!isPregel(bound) || whyNotTap(bound) !== undefined) return undefined;
  return cloneGraph(bound, { ...wrapping, hooks: undefined, taps: true }, made);
}

/** Holds the run of one call of a graph. */
const OWN = Symbol("langgraph-collective-learning.run");

/** A subclass of the graph's own class, so that it keeps its type and survives `withConfig`. */
function hookedClass(graph: PregelShape, wrapping: Wrapping): new (fields: object) => PregelShape {
  const { hooks, context } = wrapping;
  const Base = (graph.constructor as { [BASE]?: PregelShape["constructor"] })[BASE] ?? graph.constructor;
  class Hooked extends Base {
    static readonly [BASE] = Base;
    static readonly [REPORTS_TO] = context;
    declare readonly [OWN]?: FollowedStream;

    override _streamIterator(input: unknown, options?: TaskConfig): AsyncGenerator<unknown> {
      if (hooks === undefined) return super._streamIterator(input, options);
      const begun = hooks.begin(options, this);
      if (!begun) return super._streamIterator(input, withoutOwn(options, hooks));
      // The graph itself, which knows its run: nothing of it stands in a config, where the host's code could see it.
      const followed = new FollowedStream(begun.recorder, hooks.end);
      const own = Object.defineProperty(Object.create(this), OWN, { value: followed });
      followed.stream = super._streamIterator.call(own, input, begun.config);
      return followed as unknown as AsyncGenerator<unknown>;
    }

    override _runLoop(params: { loop: LoopShape; config: TaskConfig }): Promise<void> {
      const run = () => super._runLoop!(params);
      const own = this[OWN];
      if (own && hooks) return this.runOwn(own, hooks, params, run);
      const host = context.hostOf(params.loop.config);
      const around = host && recorderOf(host);
      if (!host || !around || around.isFinished) return run();
      if (hooks && "recorder" in host) host.graphsSeen = (host.graphsSeen ?? 0) + 1;
      const done = this.report(params.loop, around);
      return heard(run(), done, done);
    }

    private runOwn(
      stream: FollowedStream,
      hooks: RootHooks,
      { loop, config }: { loop: LoopShape; config: TaskConfig },
      run: () => Promise<void>,
    ): Promise<void> {
      const { recorder } = stream;
      stream.loopBegins();
      recorder.base = String(loop.config.configurable?.checkpoint_ns ?? "");
      recorder.checkpointId = loop.checkpoint?.id;
      recorder.signal = config.signal;
      // Where handlers listen, this is the id by which other tracing services know the run.
      recorder.start.runId ??= loop.manager?.runId;
      let done = () => {};
      const ended = (failure?: { error: unknown }) => {
        done();
        recorder.checkpointId = loop.checkpoint?.id;
        if (loop.status.startsWith("interrupt")) recorder.interrupted = true;
        stream.loopEnds(failure);
      };
      const begin = () => {
        done = this.report(loop, recorder);
        return heard(
          callWithin(recorder.underWay, run),
          () => ended(),
          (error) => ended({ error }),
        );
      };
      // A run that resumes nothing is not made to wait, not even for a turn of the event loop.
      const waiting = hooks.resolve(recorder, loop);
      return waiting ? waiting.then(begin) : begin();
    }

    /** Has the tasks of a loop report to a run, until what it gives back is called. */
    private report(loop: LoopShape, recorder: RunRecorder): () => void {
      const entered: string[] = [];
      let done = () => {};
      recorder.quietly(() => {
        if (wrapping.taps) done = reportFrom(this.nodes, { loop, recorder, namespace: undefined, entered }, tapOf);
        hearCache(this, loop, recorder);
      });
      return () => {
        done();
        context.leave(entered, recorder);
      };
    }
  }
  if (typeof Base.prototype._runLoop !== "function") delete (Hooked.prototype as { _runLoop?: unknown })._runLoop;
  Object.defineProperty(Hooked, "name", { value: Base.name });
  return Hooked;
}

/** A promise as it is, listened to before anybody else: one more around it would cost turns of the event loop. */
function heard<T>(
  promise: Promise<T>,
  then: (value: T) => void,
  failed: (error: unknown) => void = () => {},
): Promise<T> {
  promise.then(then, failed);
  return promise;
}

/** The config of a graph that is tapped itself and run inside a node, without the handler that follows the node. */
function withoutOwn(config: TaskConfig | undefined, hooks: RootHooks): TaskConfig | undefined {
  const callbacks = withoutHandlers(config?.callbacks, hooks.isCallHandler);
  return callbacks === config?.callbacks ? config : { ...config, callbacks };
}

/** A node served from the cache does not run, but the loop asks the cache for it: note it with its edges. */
function hearCache(graph: PregelShape, loop: LoopShape, recorder: RunRecorder): void {
  const match = loop._matchCachedWrites;
  if (typeof match !== "function" || loop.cache === undefined) return;
  loop._matchCachedWrites = () =>
    heard(match.call(loop), (matched) => {
      if (matched.length > 0) recorder.quietly(() => noteCached(graph, loop, recorder, matched));
    });
}

function noteCached(graph: PregelShape, loop: LoopShape, recorder: RunRecorder, matched: { task: TaskShape }[]): void {
  const shape = graphShapeOf(graph);
  for (const { task } of matched) {
    const { id: taskId, name, triggers = [], path: taskPath } = task;
    // A functional task belongs to the task that called it.
    const namespace = graphNamespace(String(task.config?.configurable?.checkpoint_ns ?? ""), taskPath);
    const place = { name, namespace, step: loop.step, taskId, triggers, taskPath };
    const cached = recorder.nodeInferred(place, "cached");
    noteSentEdges(recorder, cached, [task.writes], undefined, outlookOf(shape, name));
  }
}
