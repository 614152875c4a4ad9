import { isControlSignal } from "../../core/control-signal.js";
import type { RunStatus } from "../../core/index.js";
import { isObject } from "../../core/is-object.js";
import { fieldOf, isProxy } from "../../core/own-fields.js";
import { isCommand } from "../internals.js";
import { isAbort, isLangGraphAbort, recordedError, stepTimeoutError } from "./errors.js";
import type { Redactor } from "./redact.js";
import type { RunningNode } from "./run-types.js";

/** An attempt that failed, and what it threw. */
export interface Thrown {
  run: RunningNode;
  error: unknown;
}

/** What is known of a run at its end. */
export interface Ending {
  /** Aborted when whoever runs the graph stops it; unknown to a handler alone. */
  signal: AbortSignal | undefined;
  /** The graph's own limit for a step, milliseconds, where the graph is known. */
  stepTimeout: number | undefined;
  thrown: readonly Thrown[];
  /** When the last thing before a step was seen: the step cannot have begun earlier. Milliseconds, as nodes' starts. */
  seenBefore(step: number): number;
  /** Namespace of the graph whose run it is. */
  base: string;
  redactor: Redactor | undefined;
}

/**
 * How a run ended. It was cancelled where its signal says so, or its stream was left; an error that a node threw by
 * itself is one whatever it is called. A handler alone sees no signal: what it is told of a run that was stopped is
 * LangGraph's own error, which no node has thrown.
 * @param isStopped whether a run that ended without an error was stopped by an interrupt
 */
export function runStatusOf(
  ending: Ending,
  { ok, error }: { ok: boolean; error?: unknown },
  isStopped: () => boolean,
): RunStatus {
  // An unwrapped graph around this one is told of interrupts and commands by a throw.
  if (isControlSignal(error)) return isCommand(error.command) ? "success" : "interrupted";
  if (ok) return isStopped() ? "interrupted" : "success";
  if (error === undefined) return "cancelled";
  const own = ending.thrown.filter((t) => errorsIn(error).includes(t.error));
  for (const { run, error: thrown } of own)
    if (run.status === "cancelled")
      Object.assign(run, { status: "error", error: recordedError(thrown, ending.redactor) });
  if (own.length > 0) return "error";
  if (ending.signal) return ending.signal.aborted ? "cancelled" : "error";
  return isLangGraphAbort(error) ? settleStopped(ending) : "error";
}

/** What is thrown where several nodes of a step failed. */
function errorsIn(error: unknown): readonly unknown[] {
  const several = isObject(error) ? fieldOf(error, "errors") : undefined;
  return Array.isArray(several) && !isProxy(several) ? [error, ...several] : [error];
}

/** When the last node of a graph's earlier steps ended, or else the run began. */
export function lastSeenBefore(step: number, nodes: readonly RunningNode[], base: string, begun: number): number {
  const ends = nodes.filter((n) => n.namespace === base && n.step < step).map((n) => n.started + n.durationMs);
  return Math.max(begun, ...ends);
}

/** A run that was stopped, seen by a handler alone: what failed in its last step was stopped with it. */
function settleStopped({ thrown, base, seenBefore, stepTimeout = Number.POSITIVE_INFINITY }: Ending): RunStatus {
  const atRoot = thrown.filter(({ run }) => run.namespace === base);
  const last = Math.max(...atRoot.map(({ run }) => run.step));
  const reasons = atRoot.filter(({ run }) => run.step === last).map((t) => t.error);
  // The step's time runs before its nodes are seen to start.
  const begun = seenBefore(last);
  const byStep = atRoot.some(({ run }) => run.step === last && run.started + run.durationMs - begun >= stepTimeout - 1);
  for (const { run, error } of thrown) {
    if (!reasons.includes(error) && !isAbort(error)) continue;
    if (byStep) Object.assign(run, { status: "error", error: stepTimeoutError(run.name) });
    else {
      run.status = "cancelled";
      delete run.error;
    }
  }
  return byStep ? "error" : "cancelled";
}
