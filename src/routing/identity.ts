import type { RunConfigLike, RunIdentity } from "../core/index.js";
import { createRng, decisionIdOf, newId, Recent } from "../core/index.js";

/** Which choice this is, and the random numbers that belong to it. */
export interface ChoiceIdentity {
  decisionId: string;
  /** Decides whether to explore (shadow) or to follow the policy (canary); uniform in [0,1). */
  coin: number;
  /** Draws the destination; uniform in [0,1). */
  draw: number;
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

/**
 * The id of a choice and its random numbers, a pure function of the task, the router, the call and the
 * policy version, so that a retried, resumed or replayed choice draws the same. Where the graph has no
 * checkpointer its task ids are random, and no other process can resume the run: the root graph's draws
 * then come from the workflow id, step and path, so that the same seed and workflow ids give the same
 * draws in every process.
 */
export function identifyChoice(
  config: RunConfigLike,
  run: RunIdentity,
  decisionPoint: string,
  callIndex: number,
  policyVersion: string | undefined,
  seed: number,
): ChoiceIdentity {
  const { executionInfo, configurable } = config;
  const decisionId = decisionIdOf(taskIdOf(config) ?? newId(), decisionPoint, callIndex);
  const namespace = executionInfo?.checkpointNs ?? configurable?.checkpoint_ns;
  const nested = typeof namespace !== "string" || namespace.includes("|");
  const threadId = executionInfo?.threadId ?? configurable?.thread_id;
  const key =
    threadId === undefined && !nested && run.origin === undefined
      ? `${run.workflowId}|${decisionPoint}|${placeOf(config)}|${callIndex}`
      : decisionId;
  const rng = createRng(`${seed}|${key}|${policyVersion ?? "none"}`);
  return { decisionId, coin: rng.next(), draw: rng.next() };
}

function placeOf(config: RunConfigLike): string {
  const path = config.metadata?.langgraph_path;
  return `${String(config.metadata?.langgraph_step)}|${Array.isArray(path) ? path.join("/") : ""}`;
}
