import type { NodeExecution, NodeStatus } from "../../core/index.js";
import { taskOfNamespace } from "../internals.js";
import { type RunningNode, round } from "./run-types.js";

/** A node execution that is over, as it is kept. */
export function nodeRecord(run: RunningNode, startedAt: string): NodeExecution {
  const record: NodeExecution = {
    name: run.name,
    path: run.path,
    step: run.step,
    taskId: run.taskId,
    attempt: run.attempt,
    startedAt,
    durationMs: round(run.durationMs),
    status: run.status as NodeStatus,
  };
  if (run.path.length > 0) record.hostTaskId = taskOfNamespace(run.namespace);
  if (run.error) record.error = run.error;
  if (run.inferred) record.inferred = true;
  if (run.input !== undefined) record.input = run.input;
  if (run.update !== undefined) record.update = run.update;
  return record;
}
