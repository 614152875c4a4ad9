import type { RecordedError } from "../../core/index.js";

/**
 * A span that another tool recorded, told in our words. `work`: a workflow, an agent, a chain or a node; `other`: what is
 * no part of a graph (a request, a query), which what lies below it passes through.
 */
export interface ForeignSpan {
  id: string;
  parentId: string | undefined;
  kind: "work" | "model" | "tool" | "other";
  name: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
  /** Undefined where it did not end, or its end cannot be read. */
  endedAt: number | undefined;
  error?: RecordedError;
  /** LangGraph's metadata, where the tool kept them. */
  langgraph?: { node: string; step: number; taskId?: string };
  /** What is known of the run as a whole; the outermost span that knows it counts. */
  run?: { workflowId?: string; threadId?: string; userId?: string };
  /** Of a model call. */
  model?: {
    name?: string;
    asked?: string;
    provider?: string;
    tokensIn?: number;
    tokensOut?: number;
    tokensCached?: number;
  };
}
