import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import { isObject } from "../../core/is-object.js";
import { addCallHandler } from "../callbacks/node-calls.js";
import {
  CALL_KEY,
  type CallableShape,
  copyOf,
  graphNamespace,
  isOfHandler,
  type NodeShape,
  type PregelShape,
  type RunnableShape,
  SEND_KEY,
  START,
  TASK_ID_KEY,
  type TaskConfig,
  type Write,
} from "../internals.js";
import { isAgentGraph } from "../record/agent-graph.js";
import { noteFailure } from "../record/failure.js";
import type { NodeOutlook } from "../record/graph-shape.js";
import { callWithin } from "../record/run-observer.js";
import type { NodeRun } from "../record/run-recorder.js";
import type { TaskPlace } from "../record/run-types.js";
import { graphsRun, noteSuccess, noteUnseen } from "./node-notes.js";
import type { LoopOfRun, TapTask } from "./reporting-nodes.js";
import type { RunContext } from "./run-context.js";
import { StandIn } from "./stand-in.js";

/** How much the nodes of a graph tell: all they do, or only which run their tasks belong to. */
export interface TapSettings {
  context: RunContext;
  records: boolean;
  /** Model and tool calls inside nodes are recorded. */
  calls: boolean;
}

/** What is known of a tapped node. */
interface Tap extends TapSettings {
  name: string;
  outlook: NodeOutlook;
  isSubgraph: boolean;
  /** The subgraph is an agent's. */
  isAgent: boolean;
}

const TASK = Symbol("langgraph-collective-learning.task");

/** A runnable made for one task. */
interface TappedRunnable extends RunnableShape {
  [TASK]: TappedTask;
}

/** What is known of one task, over all its attempts. */
class TappedTask {
  readonly sends = new StandIn<Send>();
  readonly calls = new StandIn<TaskCall>();

  constructor(
    readonly tap: Tap,
    readonly around: LoopOfRun,
    /** Its runnable's own. */
    readonly invoke: RunnableShape["invoke"],
  ) {}
}

const taps = new WeakMap<NodeShape, Tap>();

/** A node that can report what it does (see {@link tapTask}), and is otherwise the node itself. */
export function tapNode(
  name: string,
  node: NodeShape,
  outlook: NodeOutlook,
  settings: TapSettings,
  subgraph: PregelShape | undefined,
): NodeShape {
  const tapped = copyOf(node);
  if (subgraph) {
    tapped.bound = subgraph;
    tapped.subgraphs = node.subgraphs?.map((g) => (g === node.bound ? subgraph : g));
  } else if (settings.records && settings.calls && name !== START)
    tapped.bound = hearCalls(node.bound, settings.context);
  const isAgent = subgraph !== undefined && isAgentGraph(Object.keys(subgraph.nodes));
  taps.set(tapped, { ...settings, name, outlook, isSubgraph: subgraph !== undefined, isAgent });
  return tapped;
}

/** Has the runnable of one task of a node report to a loop's run; undefined for a node that is not tapped. */
export function tapOf(node: NodeShape): TapTask | undefined {
  const tap = taps.get(node);
  return (
    tap &&
    ((runnable, around) => {
      // Usually a sequence made for this one task; where it is a part of the graph itself, a copy is tapped.
      const shared = runnable === node.bound || node.writers.includes(runnable);
      const own = (shared ? copyOf(runnable) : runnable) as TappedRunnable;
      own[TASK] = new TappedTask(tap, around, own.invoke);
      own.invoke = tappedInvoke;
      return own;
    })
  );
}

/**
 * The node's runnable with a handler for model and tool calls put into the config it receives. For a
 * plain function that is the very object LangGraph keeps for calls without a config, so both ways of
 * calling are seen, while the node itself runs without callback machinery.
 */
function hearCalls(bound: RunnableShape, context: RunContext): RunnableShape {
  if (!isCallable(bound)) {
    const heard = Object.create(bound) as RunnableShape;
    heard.invoke = (input, config) => {
      const callbacks = heardCallbacks(config, context);
      // The node's name is for the node's own run; as with LangChain's callbacks, what runs inside goes without.
      return bound.invoke(input, callbacks ? { ...config, callbacks, runName: undefined } : config);
    };
    return heard;
  }
  const heard = copyOf(bound);
  heard.func = (input, config) => {
    const callbacks = heardCallbacks(config, context);
    if (callbacks) {
      config.callbacks = callbacks;
      delete config.runName;
    }
    return bound.func(input, config);
  };
  return heard;
}

/** LangGraph's RunnableCallable itself: a class made from it may hold private fields, which a copy lacks. */
function isCallable(bound: RunnableShape): bound is CallableShape {
  return typeof (bound as CallableShape).func === "function" && bound.constructor.name === "RunnableCallable";
}

/** The callbacks of a node's config with the handler added; undefined where nothing is recorded. */
function heardCallbacks(config: TaskConfig | undefined, context: RunContext): unknown {
  const run = context.of(config);
  if (!run || !("recorder" in run) || run.recorder.muted) return undefined;
  return addCallHandler(config?.callbacks, run);
}

/**
 * Stands in for `invoke` of a task's runnable. It hands out the runnable's own promise, which it listens to
 * first: each further promise would cost every node some turns of the event loop.
 */
function tappedInvoke(this: TappedRunnable, input: unknown, config?: TaskConfig): Promise<unknown> {
  const task = this[TASK];
  const { tap, around } = task;
  const { loop, recorder } = around;
  const call = () => task.invoke.call(this, input, config);
  if (!config?.configurable) return call();
  const { name, outlook, context, isSubgraph } = tap;
  if (!tap.records || recorder.muted) {
    recorder.quietly(() => enterOnly(config, task.calls, tap, around));
    return call();
  }
  const sends: (readonly Write[])[] = [];
  let run: NodeRun;
  try {
    run = recorder.nodeStarted(placeOf(name, config, around, tap.isAgent), input);
    run.signals = { loop, attempt: config.signal };
    context.enter(config, run, around.entered);
    run.graphsSeen = graphsRun(config.configurable);
    overhearSends(config.configurable, task.sends, sends);
    hearTasks(config.configurable, task.calls, tap, around);
  } catch (error) {
    recorder.captureFailed(error);
    return call();
  }
  const settled = (note: () => void) => {
    recorder.quietly(note);
    if (!isSubgraph && !tap.calls) recorder.quietly(() => noteUnseen(recorder, run, config));
  };
  const failed = (error: unknown) => settled(() => noteFailure(recorder, run, error));
  const ended = (output: unknown) => settled(() => noteSuccess(recorder, run, sends, output, outlook));
  return overheard(run.underWay ? () => callWithin(run.underWay, call) : call, ended, failed);
}

/** A task begins whose node is not recorded: all that is noted is its run, and what may stop it. */
function enterOnly(config: TaskConfig, calls: StandIn<TaskCall>, tap: Tap, around: LoopOfRun): void {
  const { loop, recorder } = around;
  tap.context.enter(config, recorder, around.entered);
  recorder.noteSignals(config, { loop, attempt: config.signal });
  if (config.configurable) hearTasks(config.configurable, calls, tap, around);
}

/** Hands out what a call gives as it is, and listens to it first. */
function overheard<R>(call: () => R, ended: (output: unknown) => void, failed: (error: unknown) => void): R {
  let result: R;
  try {
    result = call();
  } catch (error) {
    failed(error);
    throw error;
  }
  if (isObject(result) && typeof result.then === "function") {
    // Asked once: what only looks like a promise may begin anew each time.
    const promise = Promise.resolve(result);
    promise.then(ended, failed);
    return promise as R;
  }
  ended(result);
  return result;
}

/** What a task's config says about its place. @param loop the loop of a node's task, whose namespace is read once */
function placeOf(name: string, config: TaskConfig, loop?: LoopOfRun, isAgent = false): TaskPlace {
  const { configurable = {}, metadata = {}, executionInfo } = config;
  const taskPath = metadata.langgraph_path as unknown[] | undefined;
  let namespace = isOfHandler(taskPath) ? undefined : loop?.namespace;
  if (namespace === undefined) {
    namespace = graphNamespace(String(configurable.checkpoint_ns ?? ""), taskPath);
    if (loop && !isOfHandler(taskPath)) loop.namespace = namespace;
  }
  return {
    name,
    namespace,
    step: Number(metadata.langgraph_step ?? 0),
    taskId: String(configurable[TASK_ID_KEY] ?? executionInfo?.taskId ?? ""),
    triggers: (metadata.langgraph_triggers as string[] | undefined) ?? [],
    attempt: executionInfo?.nodeAttempt,
    taskPath,
    isAgent,
  };
}

type Configurable = Record<PropertyKey, unknown>;

type Send = (writes: readonly Write[]) => unknown;
type TaskCall = (func: TaskFunction, name: string, ...rest: unknown[]) => unknown;
type TaskFunction = (...args: unknown[]) => unknown;

/**
 * Overhears what a task's attempt sends. The object is changed as it is: LangGraph makes one for every attempt, from
 * that of the attempt before.
 */
function overhearSends(configurable: Configurable, standIn: StandIn<Send>, sends: (readonly Write[])[]): void {
  const given = configurable[SEND_KEY] as Send | undefined;
  if (typeof given !== "function") return;
  const send = standIn.originalOf(given);
  const overhearing: Send = (writes) => {
    sends.push(writes);
    return send(writes);
  };
  configurable[SEND_KEY] = standIn.set(overhearing, send);
}

/** Has the functional tasks that are called with these values report themselves. */
function hearTasks(configurable: Configurable, standIn: StandIn<TaskCall>, tap: Tap, around: LoopOfRun): void {
  const given = configurable[CALL_KEY] as TaskCall | undefined;
  if (typeof given !== "function") return;
  const call = standIn.originalOf(given);
  const hearing: TaskCall = (func, name, ...rest) => call(hearTask(func, name, tap, around), name, ...rest);
  configurable[CALL_KEY] = standIn.set(hearing, call);
}

/**
 * A functional task that reports when it really runs (one replayed from a checkpoint does not). As with a node, what the
 * task gives back is handed out as it is: further promises would let it end later.
 */
function hearTask(func: TaskFunction, name: string, tap: Tap, around: LoopOfRun): TaskFunction {
  const { loop, recorder } = around;
  const calls = new StandIn<TaskCall>();
  return (...args) => {
    const config = AsyncLocalStorageProviderSingleton.getRunnableConfig() as TaskConfig | undefined;
    if (!config?.configurable) return func(...args);
    if (!tap.records || recorder.muted) {
      recorder.quietly(() => enterOnly(config, calls, tap, around));
      return func(...args);
    }
    let run: NodeRun;
    try {
      run = recorder.nodeStarted(placeOf(name, config), args);
      run.signals = { loop, attempt: config.signal };
      // The config is ours to change: it was made for this task.
      tap.context.enter(config, run, around.entered);
      run.graphsSeen = graphsRun(config.configurable);
      hearTasks(config.configurable, calls, tap, around);
      if (tap.calls) config.callbacks = addCallHandler(config.callbacks, run);
    } catch (error) {
      recorder.captureFailed(error);
      return func(...args);
    }
    const settled = (note: () => void) => {
      recorder.quietly(note);
      if (!tap.calls) recorder.quietly(() => noteUnseen(recorder, run, config));
    };
    const ended = (output: unknown) =>
      settled(() => {
        recorder.nodeWrote(run, output);
        recorder.nodeEnded(run, "success");
      });
    const failed = (error: unknown) => settled(() => noteFailure(recorder, run, error));
    return overheard(() => callWithin(run.underWay, () => func(...args)), ended, failed);
  };
}
