import type { NodeStatus, RecordedError, TraceSegment } from "../../core/index.js";
import type { AttemptSignals } from "./stops.js";

/** Where a node execution stands: what LangGraph says about its task. */
export interface TaskPlace {
  name: string;
  /** Checkpoint namespace of the graph that hosts the node; empty at the root. */
  namespace: string;
  step: number;
  taskId: string;
  triggers: readonly string[];
  /** LangGraph's own count of tries, where it gives one. */
  attempt?: number;
  /** LangGraph's path of the task. */
  taskPath?: readonly unknown[];
  /** The node is an agent. */
  isAgent?: boolean;
}

/** A node execution while it runs; times are of the monotonic clock. */
export interface RunningNode {
  readonly name: string;
  readonly namespace: string;
  readonly path: string[];
  readonly step: number;
  readonly taskId: string;
  readonly attempt: number;
  /** The channel that made it start. */
  readonly trigger: string;
  readonly started: number;
  durationMs: number;
  status: NodeStatus | undefined;
  error?: RecordedError;
  inferred?: boolean;
  input?: string;
  update?: string;
  /** Of the graphs that its task ran by hand, those of earlier attempts and those that reported themselves. */
  graphsSeen?: number;
  /** What may stop it, where that is known. */
  signals?: AttemptSignals;
  isAgent?: boolean;
}

/** What a run is made of beside what its nodes do. */
export interface RunStart {
  workflowType: string;
  threadId?: string;
  userId?: string;
  tags: string[];
  metadata: TraceSegment["metadata"];
  runId?: string;
  capture: TraceSegment["capture"];
  /** The workflow id that the caller gave for this run. */
  givenId?: string;
  /** The workflow id in the run's metadata: a graph inside it inherits that, which does not mean that it was given one. */
  seenId?: string;
  /** The run in one of whose nodes this one was started. */
  parent?: TraceSegment["parent"];
}

/** A call of a model or a tool while it is recorded; `started` is of the monotonic clock. */
export type CallRun<T> = Omit<T, "startedAt"> & { started: number };

/** Milliseconds to the microsecond. */
export function round(ms: number): number {
  return Math.max(0, Math.round(ms * 1000) / 1000);
}
