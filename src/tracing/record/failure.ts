import { isControlSignal } from "../../core/control-signal.js";
import { isCommand, type NodeShape } from "../internals.js";
import { isAbort, nodeTimeoutError, recordedError, stepTimeoutError } from "./errors.js";
import { noteCommandEdges } from "./noted-edges.js";
import type { NodeRun, RunRecorder } from "./run-recorder.js";
import { type Stop, stopOf } from "./stops.js";

/**
 * Notes how an attempt ended that threw. Control signals are no errors: an interrupt stops the node,
 * a command to a graph above means that it has done its work, and at the node that hosts, the command is
 * the edge. Whether an attempt was cancelled is told by its signals; a handler alone sees none: there, an error
 * that looks like an abort is a cancellation until the end of the run tells whose it was.
 * @param timeout the node's own limits, where they are known
 */
export function noteFailure(recorder: RunRecorder, run: NodeRun, error: unknown, timeout?: NodeShape["timeout"]): void {
  if (!isControlSignal(error)) {
    const signals = run.signals ?? recorder.signalsOf(run.taskId);
    if (signals) noteStop(recorder, run, error, stopOf(recorder.signal, signals));
    else noteUntold(recorder, run, error, timeout);
  } else if (isCommand(error.command)) {
    recorder.nodeEnded(run, "success");
    if (error.command.graph !== taskNamespace(run)) return;
    recorder.nodeWrote(run, error.command.update);
    noteCommandEdges(recorder, run, error.command);
  } else recorder.nodeEnded(run, "interrupted");
}

/** How an attempt ended that was stopped, or failed by itself. */
function noteStop(recorder: RunRecorder, run: NodeRun, error: unknown, stop: Stop | undefined): void {
  // What fails by itself beside a failure has failed, too.
  if (stop === "caller" || (stop === "sibling" && isAbort(error))) recorder.nodeEnded(run, "cancelled");
  else if (stop === "step-timeout") recorder.nodeEnded(run, "error", stepTimeoutError(run.name));
  else if (stop === "node-timeout") recorder.nodeEnded(run, "error", nodeTimeoutError(run.name));
  else failedItself(recorder, run, error);
}

function failedItself(recorder: RunRecorder, run: NodeRun, error: unknown): void {
  recorder.nodeEnded(run, "error", recordedError(error, recorder.settings.redactor));
  recorder.thrown.push({ run, error });
}

function noteUntold(recorder: RunRecorder, run: NodeRun, error: unknown, timeout: NodeShape["timeout"]): void {
  const { runTimeout = Number.POSITIVE_INFINITY } = timeout ?? {};
  if (!isAbort(error)) failedItself(recorder, run, error);
  else if (recorder.clock.monotonic() - run.started >= runTimeout - 1)
    recorder.nodeEnded(run, "error", nodeTimeoutError(run.name));
  else {
    recorder.nodeEnded(run, "cancelled");
    recorder.thrown.push({ run, error });
  }
}

/** The checkpoint namespace of a task: its graph's, its name and its id. */
function taskNamespace({ namespace, name, taskId }: NodeRun): string {
  return namespace === "" ? `${name}:${taskId}` : `${namespace}|${name}:${taskId}`;
}
