import { isObject } from "../../core/is-object.js";
import type { LoopShape } from "../internals.js";

/** The signals by which an attempt may be stopped: those of its graph's loop, and its own. */
export interface AttemptSignals {
  loop: LoopShape;
  attempt: AbortSignal | undefined;
}

/** Who stopped an attempt: whoever runs the graph, the limit of its step, of the node, or a failure beside it. */
export type Stop = "caller" | "step-timeout" | "node-timeout" | "sibling";

/** What LangGraph's loop keeps of its signals. */
interface LoopSignals {
  externalAbortSignal?: AbortSignal;
  timeoutAbortSignal?: AbortSignal;
  composedAbortSignal?: AbortSignal;
}

/**
 * Who stopped an attempt, told by its signals; undefined where nobody did.
 * @param run the signal of the whole run
 */
export function stopOf(run: AbortSignal | undefined, { loop, attempt }: AttemptSignals): Stop | undefined {
  const kept = loop.config.configurable?.__pregel_abort_signals;
  const step: LoopSignals = isObject(kept) ? kept : {};
  if (run?.aborted || step.externalAbortSignal?.aborted) return "caller";
  if (step.timeoutAbortSignal?.aborted) return "step-timeout";
  if (step.composedAbortSignal?.aborted) return "sibling";
  return attempt?.aborted ? "node-timeout" : undefined;
}
