import { isControlSignal } from "../../core/control-signal.js";
import { isCommand, type NodeShape } from "../internals.js";
import { isAbort, recordedError, timeoutError } from "./errors.js";
import { noteCommandEdges } from "./noted-edges.js";
import type { NodeRun, RunRecorder } from "./run-recorder.js";

/**
 * Notes how an attempt ended that threw. Control signals are no errors: an interrupt stops the node,
 * a command to a graph above means that it has done its work, and at the node that hosts, the command is
 * the edge. A time-out and a cancellation look alike from inside; how long the attempt took tells them apart. Of a time-out
 * for idleness it does not: it is a cancellation until what follows tells that it was none.
 */
export function noteFailure(
  recorder: RunRecorder,
  run: NodeRun,
  error: unknown,
  about: { signal?: AbortSignal; timeout?: NodeShape["timeout"] },
): void {
  if (!isControlSignal(error)) {
    const aborted = isAbort(error) || (about.signal?.aborted === true && error === about.signal.reason);
    const { runTimeout = Number.POSITIVE_INFINITY } = about.timeout ?? {};
    const elapsed = recorder.clock.monotonic() - run.started;
    if (!aborted) recorder.nodeEnded(run, "error", recordedError(error, recorder.settings.redactor));
    else if (elapsed >= runTimeout - 1) recorder.nodeEnded(run, "error", timeoutError(run.name));
    else recorder.nodeEnded(run, "cancelled");
  } else if (isCommand(error.command)) {
    recorder.nodeEnded(run, "success");
    if (error.command.graph !== taskNamespace(run)) return;
    recorder.nodeWrote(run, error.command.update);
    noteCommandEdges(recorder, run, error.command);
  } else recorder.nodeEnded(run, "interrupted");
}

/** The checkpoint namespace of a task: its graph's, its name and its id. */
function taskNamespace({ namespace, name, taskId }: NodeRun): string {
  return namespace === "" ? `${name}:${taskId}` : `${namespace}|${name}:${taskId}`;
}
