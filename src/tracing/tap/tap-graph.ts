import { withoutHandlers } from "../callbacks/callback-list.js";
import { isCallHandler } from "../callbacks/node-calls.js";
import {
  graphNamespace,
  isPregel,
  isRecord,
  type LoopShape,
  type NodeShape,
  type PregelShape,
  type TaskConfig,
  type TaskShape,
} from "../internals.js";
import { outlookOf, shapeOf } from "../record/graph-shape.js";
import { noteSentEdges } from "../record/noted-edges.js";
import type { NodeRun, RunRecorder } from "../record/run-recorder.js";
import { withLeanWrites } from "./lean-writes.js";
import { RUN, recorderOf, runOf } from "./run-context.js";
import { tapNode } from "./tap-node.js";

/** What a wrapped graph tells the tracer about the runs that begin with it. */
export interface RootHooks {
  /** A run begins; undefined: leave it alone. The config returned takes the place of the given one. */
  begin(
    input: unknown,
    config: TaskConfig | undefined,
    graph: PregelShape,
  ): { recorder: RunRecorder; config: TaskConfig } | undefined;
  /** The loop is ready: now it is known what the run continues. Awaited before the first node. */
  resolve(recorder: RunRecorder, loop: LoopShape | undefined, input: unknown): Promise<void>;
  end(recorder: RunRecorder, outcome: { ok: boolean; error?: unknown }): void;
}

/** Marks the classes made here with the class they extend. */
const BASE = Symbol("langgraph-collective-learning.base");
/** The untouched node behind each copy. */
const originals = new WeakMap<NodeShape, NodeShape>();

/** Why a graph cannot be tapped; undefined when it can. */
export function whyNotTap(graph: PregelShape): string | undefined {
  for (const [name, node] of Object.entries(graph.nodes)) {
    if (typeof node?.getNode !== "function") return `node ${name} has no getNode()`;
    if (!isRecord(node.bound)) return `node ${name} has no runnable`;
  }
  return whyNotHook(graph);
}

/** Why a graph's runs cannot be followed from its root; undefined when they can. */
export function whyNotHook(graph: PregelShape): string | undefined {
  if (typeof graph._streamIterator !== "function") return "the graph has no _streamIterator()";
  return typeof graph.constructor === "function" ? undefined : "the graph has no constructor";
}

/** A copy of a graph, of the same type, whose runs (and with `taps` whose nodes) are captured. */
export function hookGraph(graph: PregelShape, hooks: RootHooks, taps: boolean): PregelShape {
  return cloneGraph(graph, hooks, taps, new Map());
}

/**
 * Captures the runs of the graph itself, for owners that hold it where it cannot be replaced. Only for a
 * graph that was made for this purpose.
 */
export function hookInPlace(graph: PregelShape, hooks: RootHooks, taps: boolean): void {
  graph.nodes = hookNodes(graph, taps, new Map());
  Object.setPrototypeOf(graph, hookedClass(graph, hooks, taps).prototype);
}

function cloneGraph(
  graph: PregelShape,
  hooks: RootHooks | undefined,
  taps: boolean,
  made: Map<PregelShape, PregelShape>,
): PregelShape {
  const known = made.get(graph);
  if (known) return known;
  const fields: Record<string, unknown> = { ...graph, nodes: hookNodes(graph, taps, made) };
  // A graph that validates itself fills this in again, and must not do so in the original's.
  if (graph.autoValidate) fields.triggerToNodes = {};
  const clone = new (hookedClass(graph, hooks, taps))(fields);
  made.set(graph, clone);
  return clone;
}

/** Copies of a graph's nodes that write without ado, and with `taps` report what they do. */
function hookNodes(graph: PregelShape, taps: boolean, made: Map<PregelShape, PregelShape>): Record<string, NodeShape> {
  const shape = shapeOf(graph);
  const nodes: Record<string, NodeShape> = {};
  for (const [name, given] of Object.entries(graph.nodes)) {
    // Of a graph that is wrapped already only the latest wrapping counts.
    const node = originals.get(given) ?? given;
    const lean = withLeanWrites(node, graph);
    const hooked = taps ? tapNode(name, lean, outlookOf(shape, name), tappedSubgraph(node, made)) : lean;
    originals.set(hooked, node);
    nodes[name] = hooked;
  }
  return nodes;
}

function tappedSubgraph({ bound }: NodeShape, made: Map<PregelShape, PregelShape>): PregelShape | undefined {
  return isPregel(bound) && whyNotTap(bound) === undefined ? cloneGraph(bound, undefined, true, made) : undefined;
}

/** A subclass of the graph's own class, so that it keeps its type and survives `withConfig`. */
function hookedClass(
  graph: PregelShape,
  hooks: RootHooks | undefined,
  taps: boolean,
): new (
  fields: object,
) => PregelShape {
  const Base = (graph.constructor as { [BASE]?: PregelShape["constructor"] })[BASE] ?? graph.constructor;
  class Hooked extends Base {
    static readonly [BASE] = Base;

    override _streamIterator(input: unknown, options?: TaskConfig): AsyncGenerator<unknown> {
      // A run within a run belongs to it; so does everything while capture is off.
      if (hooks === undefined || runOf(options))
        return super._streamIterator(input, taps ? unwatched(options) : options);
      const begun = hooks.begin(input, options, this);
      if (!begun) return super._streamIterator(input, options);
      return followed(super._streamIterator(input, begun.config), begun.recorder, hooks);
    }

    override async _runLoop(params: { loop: LoopShape; config: TaskConfig }): Promise<void> {
      const run = runOf(params.loop?.config);
      const parent = super._runLoop;
      if (!parent) return;
      if (!run) return parent.call(this, params);
      const recorder = recorderOf(run);
      // The run's own loop is the first of its loops to begin.
      const isOwn = hooks !== undefined && !recorder.isLooping;
      if (isOwn) {
        recorder.isLooping = true;
        recorder.base = String(params.loop.config.configurable?.checkpoint_ns ?? "");
        recorder.checkpointId = params.loop.checkpoint?.id;
        // Where handlers listen, this is the id by which other tracing services know the run.
        recorder.start.runId ??= params.loop.manager?.runId;
        await hooks.resolve(recorder, params.loop, params.loop.input);
      }
      if (!isOwn && hooks !== undefined && taps && "recorder" in run) run.graphsSeen = (run.graphsSeen ?? 0) + 1;
      watchCache(this, params.loop, run);
      try {
        await parent.call(this, params);
      } finally {
        if (isOwn) {
          recorder.checkpointId = params.loop.checkpoint?.id;
          if (params.loop.status.startsWith("interrupt")) recorder.interrupted = true;
        }
      }
    }
  }
  if (typeof Base.prototype._runLoop !== "function") delete (Hooked.prototype as { _runLoop?: unknown })._runLoop;
  Object.defineProperty(Hooked, "name", { value: Base.name });
  return Hooked;
}

/** The config of a graph that is tapped itself and run inside a node, without the handler that watches the node. */
function unwatched(config: TaskConfig | undefined): TaskConfig | undefined {
  const callbacks = withoutHandlers(config?.callbacks, isCallHandler);
  return callbacks === config?.callbacks ? config : { ...config, callbacks };
}

/**
 * A run's stream that tells its end, whichever way it ends. It hands out the stream's own promises: a
 * generator around the generator would cost each chunk several turns of the event loop.
 */
class FollowedStream {
  private readonly onResult: (result: IteratorResult<unknown>) => void;
  private readonly onError: (error: unknown) => void;

  constructor(
    private readonly stream: AsyncGenerator<unknown>,
    private readonly recorder: RunRecorder,
    private readonly hooks: RootHooks,
  ) {
    this.onResult = ({ done }) => {
      if (done) hooks.end(recorder, { ok: true });
    };
    this.onError = (error) => hooks.end(recorder, { ok: false, error });
  }

  next(value: unknown): Promise<IteratorResult<unknown>> {
    return this.follow(this.stream.next(value), this.onResult);
  }

  return(value: unknown): Promise<IteratorResult<unknown>> {
    return this.follow(this.stream.return(value), () => this.left());
  }

  throw(error: unknown): Promise<IteratorResult<unknown>> {
    return this.follow(this.stream.throw(error), () => this.left());
  }

  private follow<R>(step: Promise<R>, then: (result: R) => void): Promise<R> {
    step.then(then, this.onError);
    return step;
  }

  private left(): void {
    this.hooks.end(this.recorder, { ok: false });
  }
}

// To all who ask, it is an async generator.
Object.setPrototypeOf(FollowedStream.prototype, Object.getPrototypeOf((async function* () {})()) as object);

function followed(stream: AsyncGenerator<unknown>, recorder: RunRecorder, hooks: RootHooks): AsyncGenerator<unknown> {
  return new FollowedStream(stream, recorder, hooks) as unknown as AsyncGenerator<unknown>;
}

/** A node served from the cache does not run, but the loop asks the cache for it: note it with its edges. */
function watchCache(graph: PregelShape, loop: LoopShape, run: RunRecorder | NodeRun): void {
  const match = loop._matchCachedWrites;
  if (typeof match !== "function" || loop.cache === undefined) return;
  const recorder = recorderOf(run);
  loop._matchCachedWrites = async () => {
    const matched = await match.call(loop);
    if (matched.length > 0) recorder.quietly(() => noteCached(graph, loop, recorder, matched));
    return matched;
  };
}

function noteCached(graph: PregelShape, loop: LoopShape, recorder: RunRecorder, matched: { task: TaskShape }[]): void {
  const shape = shapeOf(graph);
  for (const { task } of matched) {
    const { id: taskId, name, triggers = [], path: taskPath } = task;
    // A functional task belongs to the task that called it.
    const namespace = graphNamespace(String(task.config?.configurable?.checkpoint_ns ?? ""), taskPath);
    const place = { name, namespace, step: loop.step, taskId, triggers, taskPath };
    const cached = recorder.nodeInferred(place, "cached");
    noteSentEdges(recorder, cached, [task.writes], undefined, outlookOf(shape, name));
  }
}

/** The config with its run noted. */
export function configWithRun(config: TaskConfig | undefined, recorder: RunRecorder): TaskConfig {
  return { ...config, configurable: { ...config?.configurable, [RUN]: recorder } };
}
