import { z } from "zod";
import { recordedErrorSchema, timestampSchema } from "./common.js";

const nodeStatusSchema = z.enum(["success", "error", "interrupted", "cancelled", "cached"]);
export type NodeStatus = z.infer<typeof nodeStatusSchema>;

/** Ends every piece of state that was cut. No JSON ends like this. */
export const STATE_CUT = "…[cut]";

/** One execution of one node (one attempt of one task). */
const nodeExecutionSchema = z.object({
  name: z.string(),
  /** Names of the hosting nodes from the root graph inwards; empty at the root. */
  path: z.array(z.string()),
  step: z.number().int(),
  taskId: z.string(),
  /** The task of the node that hosts this one; absent at the root and in older records. */
  hostTaskId: z.string().optional(),
  /** 1 for the first try; retries of one task count up. */
  attempt: z.number().int().positive(),
  startedAt: timestampSchema,
  durationMs: z.number().nonnegative(),
  status: nodeStatusSchema,
  error: recordedErrorSchema.optional(),
  /** True when the execution was not seen but deduced (a cached node, say). */
  inferred: z.boolean().optional(),
  /** The node's input and update as JSON, where `captureState` asks for it; what was cut ends in `…[cut]`. */
  input: z.string().optional(),
  update: z.string().optional(),
});
export type NodeExecution = z.infer<typeof nodeExecutionSchema>;

const edgeKindSchema = z.enum(["static", "conditional", "command", "send", "join"]);
export type EdgeKind = z.infer<typeof edgeKindSchema>;

/** One edge: emitted by a source, and started when its destination really began. */
const edgeTakenSchema = z.object({
  from: z.string(),
  to: z.string(),
  kind: edgeKindSchema,
  path: z.array(z.string()),
  /** Step of the source's execution. */
  step: z.number().int(),
  /** Whether the destination was seen to start. */
  started: z.boolean(),
  inferred: z.boolean().optional(),
});
export type EdgeTaken = z.infer<typeof edgeTakenSchema>;

/** One call of a chat model inside a node. */
const modelCallSchema = z.object({
  node: z.string().optional(),
  path: z.array(z.string()),
  /** The task of the node that made the call; absent in older records. */
  taskId: z.string().optional(),
  provider: z.string().optional(),
  model: z.string().optional(),
  startedAt: timestampSchema,
  durationMs: z.number().nonnegative(),
  timeToFirstTokenMs: z.number().nonnegative().optional(),
  /** The model that was asked for, where another one (`model`) answered. */
  modelAsked: z.string().optional(),
  /** Tokens read, those from the provider's cache included; absent where the provider did not say. */
  tokensIn: z.number().int().nonnegative().optional(),
  /** Tokens written, those of the model's reasoning included; absent where the provider did not say. */
  tokensOut: z.number().int().nonnegative().optional(),
  tokensCached: z.number().int().nonnegative().optional(),
  /** Tokens among those read that were written to the provider's cache. */
  tokensCacheWrite: z.number().int().nonnegative().optional(),
  /** US dollars from the price table; absent when the model's price or its tokens are unknown. */
  costUsd: z.number().nonnegative().optional(),
  error: recordedErrorSchema.optional(),
  /** True where the run ended before the call did. */
  unfinished: z.boolean().optional(),
  /** True where LangChain's own cache answered: the model was not called, and nothing was spent. */
  fromCache: z.boolean().optional(),
});
export type ModelCall = z.infer<typeof modelCallSchema>;

/** One call of a tool inside a node. */
const toolCallSchema = z.object({
  node: z.string().optional(),
  path: z.array(z.string()),
  /** The task of the node that made the call; absent in older records. */
  taskId: z.string().optional(),
  name: z.string(),
  startedAt: timestampSchema,
  durationMs: z.number().nonnegative(),
  error: recordedErrorSchema.optional(),
  /** True where the run ended before the call did. */
  unfinished: z.boolean().optional(),
});
export type ToolCall = z.infer<typeof toolCallSchema>;

/** One agent (node, or subgraph) handing work to another. */
const agentInteractionSchema = z.object({
  from: z.string(),
  to: z.string(),
  kind: z.enum(["handoff", "dispatch", "return"]),
  step: z.number().int(),
});
export type AgentInteraction = z.infer<typeof agentInteractionSchema>;

const runStatusSchema = z.enum(["success", "error", "interrupted", "cancelled"]);
export type RunStatus = z.infer<typeof runStatusSchema>;

/**
 * What one invocation of a graph did: a fact. A run that was interrupted and resumed is several
 * segments with one `workflowId`; the Trace is their join (see `joinSegments`).
 */
export const traceSegmentSchema = z.object({
  schemaVersion: z.literal(1),
  workflowId: z.string(),
  /** Unique to this segment. */
  segmentId: z.string(),
  /** The root run id of LangChain's callbacks (LangSmith's run id), where one was seen. */
  runId: z.string().optional(),
  workflowType: z.string(),
  threadId: z.string().optional(),
  userId: z.string().optional(),
  tags: z.array(z.string()),
  metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  startedAt: timestampSchema,
  durationMs: z.number().nonnegative(),
  status: runStatusSchema,
  error: recordedErrorSchema.optional(),
  capture: z.enum(["tap", "callbacks"]),
  /** True when this segment resumes an interrupted run. */
  resumed: z.boolean(),
  /** Set on replays and forks of an earlier run. */
  origin: z
    .object({ workflowId: z.string().optional(), kind: z.enum(["replay", "fork", "counterfactual"]) })
    .optional(),
  /** The run in one of whose nodes this one was started under an id of its own. */
  parent: z.object({ workflowId: z.string(), node: z.string().optional(), taskId: z.string().optional() }).optional(),
  /** Where this run is told in a distributed trace, as W3C's `traceparent`; late judgements are linked there. */
  traceparent: z.string().optional(),
  /** Probability with which a run like this one is kept by sampling. */
  keepProbability: z.number().gt(0).lte(1),
  nodes: z.array(nodeExecutionSchema),
  edges: z.array(edgeTakenSchema),
  modelCalls: z.array(modelCallSchema),
  toolCalls: z.array(toolCallSchema),
  interactions: z.array(agentInteractionSchema),
  /** What is known to be missing from this segment, in words a reader understands. */
  gaps: z.array(z.string()),
});
export type TraceSegment = z.infer<typeof traceSegmentSchema>;

/** One graph run: its segments joined, in order. A view, never stored. */
export interface Trace extends Omit<TraceSegment, "schemaVersion" | "segmentId" | "resumed"> {
  /** The segments' ids, in order of start. */
  segments: string[];
}
