import type { Decision, ModelCall, RecordedError, RunStatus, ToolCall } from "../../core/index.js";
import type { CallRun, RunningNode, RunStart } from "./run-types.js";

/**
 * Is told of runs while they go on, at the moment and in the async context in which things happen. What it throws is
 * noted as a gap of the run and goes no further.
 */
export interface RunObserver {
  /** A run begins, in the context of who called the graph. */
  started(run: RunBegin): RunUnderWay;
  /** A choice was made; called in the context of the node that made it. */
  decided(decision: Decision): void;
}

/** What is known of a run when it begins. */
export interface RunBegin {
  start: RunStart;
  /** The name of the agent that the graph is, where it is one. */
  agent: string | undefined;
  /** A value as JSON that may be kept: redacted, and bounded; undefined where nothing may. */
  keep(value: unknown): string | undefined;
}

/** Something in which work goes on. */
export interface UnderWay {
  /** Calls a function in the context of this work, and gives what it gives. */
  run<R>(call: () => R): R;
  /** A model is called; `asked` are its prompts or messages as LangChain passes them. */
  modelStarted(call: CallRun<ModelCall>, asked: unknown): CallUnderWay<ModelCall>;
  toolStarted(call: CallRun<ToolCall>, input: unknown): CallUnderWay<ToolCall>;
}

/** One run under way. */
export interface RunUnderWay extends UnderWay {
  /** Where the run is told in a distributed trace, as W3C's `traceparent`. */
  readonly traceparent: string | undefined;
  /** It is settled which run this is. */
  identified(workflowId: string): void;
  /** @param host the execution of the node that hosts it; undefined in the root graph */
  nodeStarted(node: RunningNode, host: NodeUnderWay | undefined): NodeUnderWay;
  ended(outcome: { status: RunStatus; error?: RecordedError }): void;
}

/** One execution of a node under way. */
export interface NodeUnderWay extends UnderWay {
  ended(node: RunningNode): void;
}

/** A model or tool call under way. */
export interface CallUnderWay<C> {
  /** @param answer what came of it, as LangChain passes it */
  ended(call: CallRun<C>, answer?: unknown): void;
}

/** Calls a function once, in the context of what is under way where there is one that works. */
export function callWithin<R>(underWay: UnderWay | undefined, call: () => R): R {
  if (!underWay) return call();
  let isCalled = false;
  const once = () => {
    isCalled = true;
    return call();
  };
  try {
    return underWay.run(once);
  } catch (error) {
    if (isCalled) throw error;
    return call();
  }
}
