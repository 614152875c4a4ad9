import type { RunnableConfig } from "@langchain/core/runnables";
import type { BaseCheckpointSaver, CheckpointTuple, StateSnapshot } from "@langchain/langgraph";
import { MemorySaver } from "@langchain/langgraph";
import type { Decision } from "../../core/index.js";
import { decisionIdOf, LearningError, show } from "../../core/index.js";

/** Calls of one router within one task that are looked for. */
const MOST_CALLS = 64;

/** A compiled graph, as far as a replay needs it. */
export interface ReplayableGraph {
  checkpointer?: BaseCheckpointSaver | boolean;
  store?: unknown;
  config?: RunnableConfig;
  getStateHistory(config: RunnableConfig): AsyncIterable<StateSnapshot>;
}

/** Where in a thread's history a decision was made, and how its run ended. */
export interface DecisionPlace {
  /** The state before the deciding node ran. */
  before: StateSnapshot;
  /** The task of the deciding node. */
  taskId: string;
  node: string;
  /** The state at the end of the run. */
  finished: StateSnapshot;
}

export function replayRefused(received: string, expected: string, remedy: string): LearningError {
  return new LearningError("REPLAY_REFUSED", { received, expected, remedy });
}

/**
 * Finds a decision in the history of its thread.
 * @throws REPLAY_REFUSED when it is not there, or its run is not finished
 */
export async function findDecision(graph: ReplayableGraph, decision: Decision): Promise<DecisionPlace> {
  let finished: StateSnapshot | undefined;
  for await (const snapshot of graph.getStateHistory({ configurable: { thread_id: decision.threadId } })) {
    const task = snapshot.tasks.find((t) => isTaskOf(t.id, decision));
    if (!task) {
      if (snapshot.next.length === 0) finished = snapshot;
      continue;
    }
    if (finished) return { before: snapshot, taskId: task.id, node: task.name, finished };
    throw replayRefused("a run that is not finished", "a finished run", "Resume it to its end first.");
  }
  throw replayRefused(
    `the decision ${show(decision.decisionId)}, which thread ${show(decision.threadId)} does not hold`,
    "a decision of the root graph whose step was checkpointed",
    'Replay decisions of graphs that run with a checkpointer and a durability other than "exit".',
  );
}

function isTaskOf(taskId: string, decision: Decision): boolean {
  for (let call = 0; call < MOST_CALLS; call++)
    if (decisionIdOf(taskId, decision.decisionPoint, call) === decision.decisionId) return true;
  return false;
}

/** The checkpoint of a snapshot with what its tasks wrote. */
export async function checkpointOf(saver: BaseCheckpointSaver, snapshot: StateSnapshot): Promise<CheckpointTuple> {
  const tuple = await saver.getTuple(snapshot.config);
  if (tuple) return tuple;
  throw replayRefused("a checkpoint that is gone", "a checkpointer that keeps its history", "Replay younger runs.");
}

/**
 * A checkpointer in memory that holds nothing but the state before the deciding node, so that a replay
 * leaves the thread as it is. The other tasks of the step keep what they wrote and do not run again; of
 * the deciding task only answers to interrupts are kept.
 */
export async function scratchSaver(tuple: CheckpointTuple, threadId: string, taskId: string): Promise<MemorySaver> {
  const saver = new MemorySaver();
  const root = { configurable: { thread_id: threadId, checkpoint_ns: "" } };
  const config = await saver.put(root, tuple.checkpoint, tuple.metadata ?? { source: "fork", step: -1, parents: {} });
  const byTask = new Map<string, [string, unknown][]>();
  for (const [task, channel, value] of tuple.pendingWrites ?? [])
    if (task !== taskId || channel === "__resume__") byTask.set(task, [...(byTask.get(task) ?? []), [channel, value]]);
  for (const [task, writes] of byTask) await saver.putWrites(config, writes, task);
  return saver;
}

/** What the deciding task wrote into the state; undefined when it was not kept. */
export function recordedUpdate(
  tuple: CheckpointTuple,
  taskId: string,
  channels: Record<string, unknown>,
): Record<string, unknown> | undefined {
  const writes = (tuple.pendingWrites ?? []).filter(([task]) => task === taskId);
  if (writes.length === 0) return undefined;
  const isState = (channel: string) =>
    channel in channels && !channel.startsWith("branch:") && !channel.startsWith("__");
  return Object.fromEntries(writes.filter(([, c]) => isState(c)).map(([, channel, value]) => [channel, value]));
}
