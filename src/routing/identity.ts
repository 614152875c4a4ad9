import type { RunConfigLike, RunIdentity } from "../core/index.js";
import { decisionIdOf, newId, Recent } from "../core/index.js";
import { armOf, streamOf } from "../policies/draw/numbers.js";

/** Which choice this is, and what its random numbers come from. */
export interface ChoiceIdentity {
  decisionId: string;
  /** The same for a retried, resumed or replayed choice, another for every other one. */
  key: string;
}

/** The random numbers of a choice, each uniform in [0,1). */
export interface ChoiceNumbers {
  /** Decides whether to explore (shadow), to follow the policy (canary), or to compare (control). */
  coin: number;
  /** Draws the destination. */
  draw: number;
  /** Decides whose turn it is while a version is on trial. */
  arm: number;
  /** Decides whether a destination is drawn uniformly meanwhile. */
  spread: number;
}

/** Counts the calls of one router within one attempt of one task, from 0. */
export type CallCounter = (config: RunConfigLike) => number;

/** Tasks whose calls a counter remembers at least. */
const REMEMBERED_TASKS = 1000;

/**
 * LangGraph makes a new `executionInfo` object for every attempt, resume and replay of a task and hands
 * the same object to everything inside that attempt, so the count starts anew whenever the object is
 * another one, exactly when the node's code does.
 */
export function createCallCounter(): CallCounter {
  const tasks = new Recent<{ attempt: object; calls: number }>(REMEMBERED_TASKS);
  return (config) => {
    const taskId = taskIdOf(config);
    const attempt = config.executionInfo ?? config.configurable;
    if (taskId === undefined || attempt === undefined) return 0;
    const task = tasks.get(taskId);
    if (task?.attempt === attempt) return task.calls++;
    tasks.set(taskId, { attempt, calls: 1 });
    return 0;
  };
}

/** LangGraph's id of the task; releases before `executionInfo` have it among the configurable values only. */
function taskIdOf({ executionInfo, configurable }: RunConfigLike): string | undefined {
  const own = executionInfo?.taskId ?? configurable?.__pregel_task_id;
  return typeof own === "string" ? own : undefined;
}

/** Says how often a choice came before that nothing but its task tells from this one, from 0. */
export type RepeatCounter = (key: string, taskId: string) => number;

/** Runs that have one workflow id (a conversation, say) come to the same place again and again. */
const REMEMBERED_PLACES = 10_000;

/** An empty counter. A task that comes again is the same choice, tried once more. */
export function createRepeatCounter(): RepeatCounter {
  const places = new Recent<{ taskId: string; count: number }>(REMEMBERED_PLACES);
  return (key, taskId) => {
    const known = places.get(key);
    if (known?.taskId === taskId) return known.count;
    const count = known ? known.count + 1 : 0;
    places.set(key, { taskId, count });
    return count;
  };
}

/**
 * The id of a choice, and what its numbers are drawn from: the task, the router and the call, so that a
 * retried, resumed or replayed choice draws the same. Where the graph has no checkpointer its task ids
 * are random, and no other process can resume the run: the root graph's draws then come from the
 * workflow id, step and path, so that the same seed and workflow ids give the same draws in every process;
 * a workflow id that comes again draws anew.
 */
export function identifyChoice(
  config: RunConfigLike,
  run: RunIdentity,
  decisionPoint: string,
  callIndex: number,
  countRepeat: RepeatCounter,
): ChoiceIdentity {
  const { executionInfo, configurable } = config;
  const taskId = taskIdOf(config) ?? newId();
  const decisionId = decisionIdOf(taskId, decisionPoint, callIndex);
  const namespace = executionInfo?.checkpointNs ?? configurable?.checkpoint_ns;
  const nested = typeof namespace !== "string" || namespace.includes("|");
  const threadId = executionInfo?.threadId ?? configurable?.thread_id;
  if (threadId !== undefined || nested || run.origin !== undefined) return { decisionId, key: decisionId };
  const place = `${run.workflowId}|${decisionPoint}|${placeOf(config)}|${callIndex}`;
  const repeat = countRepeat(place, taskId);
  return { decisionId, key: repeat === 0 ? place : `${place}|${repeat}` };
}

/** The numbers of a choice under a policy version. */
export function numbersOfChoice(key: string, policyVersion: string | undefined, seed: number): ChoiceNumbers {
  const rng = streamOf({ seed, choice: key, version: policyVersion });
  return { coin: rng.next(), draw: rng.next(), arm: rng.next(), spread: rng.next() };
}

/** The arm of a whole run, conversation or person while a version is on trial, uniform in [0,1). */
export function armOfUnit(unit: string, decisionPoint: string, version: string, seed: number): number {
  return armOf({ seed, unit: `${unit}|${decisionPoint}`, version });
}

function placeOf(config: RunConfigLike): string {
  const path = config.metadata?.langgraph_path;
  return `${String(config.metadata?.langgraph_step)}|${Array.isArray(path) ? path.join("/") : ""}`;
}
