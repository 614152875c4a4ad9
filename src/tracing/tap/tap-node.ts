import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import { isObject } from "../../core/is-object.js";
import { addCallHandler } from "../callbacks/node-calls.js";
import {
  CALL_KEY,
  type CallableShape,
  copyOf,
  graphNamespace,
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
import type { LoopOfRun } from "./reporting-nodes.js";
import type { RunContext } from "./run-context.js";

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

const TAP = Symbol("langgraph-collective-learning.tap");
const UNTAPPED = Symbol("langgraph-collective-learning.untapped");

/** A runnable made for one task, with its tap and its own `invoke`. */
interface TappedRunnable extends RunnableShape {
  [TAP]: { tap: Tap } & LoopOfRun;
  [UNTAPPED]: RunnableShape["invoke"];
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

/** The runnable of one task of a node that reports to a loop's run. */
export function tapTask(node: NodeShape, runnable: RunnableShape, around: LoopOfRun): RunnableShape {
  const tap = taps.get(node);
  if (!tap) return runnable;
  // Usually a sequence made for this one task; where it is a part of the graph itself, a copy is tapped.
  const shared = runnable === node.bound || node.writers.includes(runnable);
  const own = (shared ? copyOf(runnable) : runnable) as TappedRunnable;
  own[TAP] = { tap, ...around };
  own[UNTAPPED] = own.invoke;
  own.invoke = tappedInvoke;
  return own;
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
  const { tap, loop, recorder } = this[TAP];
  if (!config?.configurable) return this[UNTAPPED](input, config);
  const { name, outlook, context, isSubgraph } = tap;
  if (!tap.records || recorder.muted) {
    recorder.quietly(() => {
      context.enter(config, recorder);
      recorder.noteSignals(config, { loop, attempt: config.signal });
      hearTasks(config.configurable as Configurable, this[TAP]);
    });
    const leave = () => context.leave(config, recorder);
    return overheard(() => this[UNTAPPED](input, config), leave, leave);
  }
  const sends: (readonly Write[])[] = [];
  let run: NodeRun;
  try {
    run = recorder.nodeStarted(placeOf(name, config, tap.isAgent), input);
    run.signals = { loop, attempt: config.signal };
    context.enter(config, run);
    run.graphsSeen = graphsRun(config.configurable);
    overhearSends(config.configurable, sends);
    hearTasks(config.configurable, this[TAP]);
  } catch (error) {
    recorder.captureFailed(error);
    return this[UNTAPPED](input, config);
  }
  const settled = (note: () => void) => {
    recorder.quietly(note);
    context.leave(config, run);
    if (!isSubgraph && !tap.calls) recorder.quietly(() => noteUnseen(recorder, run, config));
  };
  const failed = (error: unknown) => settled(() => noteFailure(recorder, run, error));
  const ended = (output: unknown) => settled(() => noteSuccess(recorder, run, sends, output, outlook));
  const call = () => this[UNTAPPED](input, config);
  return overheard(run.underWay ? () => callWithin(run.underWay, call) : call, ended, failed);
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

/** What a task's config says about its place. */
function placeOf(name: string, config: TaskConfig, isAgent = false): TaskPlace {
  const { configurable = {}, metadata = {}, executionInfo } = config;
  const taskPath = metadata.langgraph_path as unknown[] | undefined;
  return {
    name,
    namespace: graphNamespace(String(configurable.checkpoint_ns ?? ""), taskPath),
    step: Number(metadata.langgraph_step ?? 0),
    taskId: String(configurable[TASK_ID_KEY] ?? executionInfo?.taskId ?? ""),
    triggers: (metadata.langgraph_triggers as string[] | undefined) ?? [],
    attempt: executionInfo?.nodeAttempt,
    taskPath,
    isAgent,
  };
}

type Configurable = Record<PropertyKey, unknown>;

/** Functions put into a task's config, and those they stand for: kept aside, for a node sees its config. */
const standIns = new WeakMap<object, unknown>();

/** The function that LangGraph gave, whatever stands for it. */
const originalOf = <F extends object>(given: F): F => (standIns.get(given) as F | undefined) ?? given;

/**
 * Overhears what a task's attempt sends. The object is changed as it is: LangGraph makes one for every attempt, from
 * that of the attempt before.
 */
function overhearSends(configurable: Configurable, sends: (readonly Write[])[]): void {
  const given = configurable[SEND_KEY] as ((writes: readonly Write[]) => unknown) | undefined;
  if (typeof given !== "function") return;
  const send = originalOf(given);
  const overhearing: typeof given = (writes) => {
    sends.push(writes);
    return send(writes);
  };
  standIns.set(overhearing, send);
  configurable[SEND_KEY] = overhearing;
}

/** Has the functional tasks that are called with these values report themselves. */
function hearTasks(configurable: Configurable, about: TappedRunnable[typeof TAP]): void {
  const given = configurable[CALL_KEY] as TaskCall | undefined;
  if (typeof given !== "function") return;
  const call = originalOf(given);
  const hearing: typeof given = (func, name, ...rest) => call(hearTask(func, name, about), name, ...rest);
  standIns.set(hearing, call);
  configurable[CALL_KEY] = hearing;
}

type TaskCall = (func: TaskFunction, name: string, ...rest: unknown[]) => unknown;
type TaskFunction = (...args: unknown[]) => unknown;

/**
 * A functional task that reports when it really runs (one replayed from a checkpoint does not). As with a node, what the
 * task gives back is handed out as it is: further promises would let it end later.
 */
function hearTask(func: TaskFunction, name: string, about: TappedRunnable[typeof TAP]): TaskFunction {
  const { tap, loop, recorder } = about;
  return (...args) => {
    const config = AsyncLocalStorageProviderSingleton.getRunnableConfig() as TaskConfig | undefined;
    if (!config?.configurable) return func(...args);
    if (!tap.records || recorder.muted) {
      recorder.quietly(() => {
        tap.context.enter(config, recorder);
        recorder.noteSignals(config, { loop, attempt: config.signal });
        hearTasks(config.configurable as Configurable, about);
      });
      const leave = () => tap.context.leave(config, recorder);
      return overheard(() => func(...args), leave, leave);
    }
    let run: NodeRun;
    try {
      run = recorder.nodeStarted(placeOf(name, config), args);
      run.signals = { loop, attempt: config.signal };
      // The config is ours to change: it was made for this task.
      tap.context.enter(config, run);
      run.graphsSeen = graphsRun(config.configurable);
      hearTasks(config.configurable, about);
      if (tap.calls) config.callbacks = addCallHandler(config.callbacks, run);
    } catch (error) {
      recorder.captureFailed(error);
      return func(...args);
    }
    const settled = (note: () => void) => {
      recorder.quietly(note);
      tap.context.leave(config, run);
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
