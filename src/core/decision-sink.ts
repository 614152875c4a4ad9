import type { DecisionContext } from "./records/common.js";
import type { Decision } from "./records/decision.js";

/** The part of a LangGraph config that names the run; plain data, so that core needs no LangGraph. */
export interface RunConfigLike {
  metadata?: Record<string, unknown>;
  configurable?: Record<string, unknown>;
  /** LangChain's callback manager or list of handlers. */
  callbacks?: unknown;
  executionInfo?: {
    taskId?: string;
    threadId?: string;
    checkpointId?: string;
    checkpointNs?: string;
    nodeAttempt?: number;
  };
}

/** Which run a piece of work belongs to. */
export interface RunIdentity {
  workflowId: string;
  workflowType?: string;
  threadId?: string;
  /** The person the run is for, where its config names them. */
  userId?: string;
  /** Set when the run replays or forks an earlier one. */
  origin?: Decision["origin"];
}

/** What was decided under a run's id before, in whichever process. */
export interface EarlierDecisions {
  /** In order. */
  decisions: readonly Decision[];
  /** When the last run of this id came to its end: what it chose is not of the one that goes on. Empty where none did. */
  endedAt: string;
}

/**
 * Where routers leave their decisions, and who tells them which run they are in. No method
 * ever throws or waits. `record` takes ownership of the object. A decision recorded twice under one
 * `decisionId` counts once; the last one wins.
 */
export interface DecisionSink {
  record(decision: Decision): void;
  /** From `metadata.workflowId`, the interrupted run of the thread, or made and remembered for the run. */
  identify(config: RunConfigLike): RunIdentity;
  /**
   * A context as `record` keeps it, where that differs (redaction). Policies learn from what is kept, so they
   * are asked with the same: what they never saw cannot sway them. The given object stays as it is.
   */
  asKept?(context: DecisionContext): DecisionContext;
  /** How often runs of this id came to their end in this process: what the next one of them does is not bound by it. */
  endingsOf?(workflowId: string): number;
}
