import type { Decision, FactKind, FactTypes, FeedbackRecord, TraceSegment } from "../../core/index.js";

/** How a column is stored; `JSON` is text that holds JSON. */
export type ColumnType = "STRING" | "DOUBLE" | "INT64" | "BOOLEAN" | "TIMESTAMP" | "JSON";

/** One value of a row, undefined where it is not known. */
export type Cell = string | number | bigint | boolean | Date | undefined;

/** A table of an export: its columns by name, and the rows that a fact gives. */
export interface Table<Fact> {
  name: string;
  columns: Record<string, ColumnType>;
  rows(fact: Fact): Record<string, Cell>[];
}

const time = (iso: string | undefined) => (iso === undefined ? undefined : new Date(iso));
const json = (value: unknown) => (value === undefined ? undefined : JSON.stringify(value));

const segments: Table<TraceSegment> = {
  name: "segments",
  columns: {
    workflow_id: "STRING",
    segment_id: "STRING",
    workflow_type: "STRING",
    thread_id: "STRING",
    user_id: "STRING",
    started_at: "TIMESTAMP",
    duration_ms: "DOUBLE",
    status: "STRING",
    error_name: "STRING",
    resumed: "BOOLEAN",
    keep_probability: "DOUBLE",
    nodes: "INT64",
    model_calls: "INT64",
    tool_calls: "INT64",
    tags: "JSON",
    metadata: "JSON",
    record: "JSON",
  },
  rows: (s) => [
    {
      workflow_id: s.workflowId,
      segment_id: s.segmentId,
      workflow_type: s.workflowType,
      thread_id: s.threadId,
      user_id: s.userId,
      started_at: time(s.startedAt),
      duration_ms: s.durationMs,
      status: s.status,
      error_name: s.error?.name,
      resumed: s.resumed,
      keep_probability: s.keepProbability,
      nodes: BigInt(s.nodes.length),
      model_calls: BigInt(s.modelCalls.length),
      tool_calls: BigInt(s.toolCalls.length),
      tags: json(s.tags),
      metadata: json(s.metadata),
      record: json(s),
    },
  ],
};

const nodes: Table<TraceSegment> = {
  name: "nodes",
  columns: {
    workflow_id: "STRING",
    segment_id: "STRING",
    node: "STRING",
    path: "STRING",
    step: "INT64",
    attempt: "INT64",
    task_id: "STRING",
    started_at: "TIMESTAMP",
    duration_ms: "DOUBLE",
    status: "STRING",
    error_name: "STRING",
  },
  rows: (s) =>
    s.nodes.map((n) => ({
      workflow_id: s.workflowId,
      segment_id: s.segmentId,
      node: n.name,
      path: n.path.join("/"),
      step: BigInt(n.step),
      attempt: BigInt(n.attempt),
      task_id: n.taskId,
      started_at: time(n.startedAt),
      duration_ms: n.durationMs,
      status: n.status,
      error_name: n.error?.name,
    })),
};

const calls: Table<TraceSegment> = {
  name: "calls",
  columns: {
    workflow_id: "STRING",
    segment_id: "STRING",
    kind: "STRING",
    node: "STRING",
    name: "STRING",
    provider: "STRING",
    started_at: "TIMESTAMP",
    duration_ms: "DOUBLE",
    tokens_in: "INT64",
    tokens_out: "INT64",
    tokens_cached: "INT64",
    cost_usd: "DOUBLE",
    error_name: "STRING",
  },
  rows: (s) => {
    const shared = { workflow_id: s.workflowId, segment_id: s.segmentId };
    const count = (n: number | undefined) => (n === undefined ? undefined : BigInt(n));
    const models = s.modelCalls.map((c) => ({
      ...shared,
      kind: "model",
      node: c.node,
      name: c.model,
      provider: c.provider,
      started_at: time(c.startedAt),
      duration_ms: c.durationMs,
      tokens_in: count(c.tokensIn),
      tokens_out: count(c.tokensOut),
      tokens_cached: count(c.tokensCached),
      cost_usd: c.costUsd,
      error_name: c.error?.name,
    }));
    const tools = s.toolCalls.map((c) => ({
      ...shared,
      kind: "tool",
      node: c.node,
      name: c.name,
      started_at: time(c.startedAt),
      duration_ms: c.durationMs,
      error_name: c.error?.name,
    }));
    return [...models, ...tools];
  },
};

const decisions: Table<Decision> = {
  name: "decisions",
  columns: {
    decision_id: "STRING",
    workflow_id: "STRING",
    workflow_type: "STRING",
    thread_id: "STRING",
    user_id: "STRING",
    decision_point: "STRING",
    decided_at: "TIMESTAMP",
    position: "INT64",
    chosen: "STRING",
    propensity: "DOUBLE",
    mode: "STRING",
    source: "STRING",
    policy_version: "STRING",
    fallback_choice: "STRING",
    fallback_reason: "STRING",
    context: "JSON",
    candidates: "JSON",
    probabilities: "JSON",
    record: "JSON",
  },
  rows: (d) => [
    {
      decision_id: d.decisionId,
      workflow_id: d.workflowId,
      workflow_type: d.workflowType,
      thread_id: d.threadId,
      user_id: d.userId,
      decision_point: d.decisionPoint,
      decided_at: time(d.at),
      position: BigInt(d.index),
      chosen: d.chosen,
      propensity: d.propensity,
      mode: d.mode,
      source: d.source,
      policy_version: d.policyVersion,
      fallback_choice: d.fallbackChoice,
      fallback_reason: d.fallbackReason,
      context: json(d.context),
      candidates: json(d.candidates),
      probabilities: json(d.probabilities),
      record: json(d),
    },
  ],
};

const feedback: Table<FeedbackRecord> = {
  name: "feedback",
  columns: {
    feedback_id: "STRING",
    workflow_id: "STRING",
    decision_id: "STRING",
    user_id: "STRING",
    source: "STRING",
    given_at: "TIMESTAMP",
    cat_score: "DOUBLE",
    thumbs: "STRING",
    outcome: "DOUBLE",
    asked_probability: "DOUBLE",
    comment: "STRING",
    ratings: "JSON",
    record: "JSON",
  },
  rows: (f) => [
    {
      feedback_id: f.feedbackId,
      workflow_id: f.workflowId,
      decision_id: f.decisionId,
      user_id: f.userId,
      source: f.source,
      given_at: time(f.at),
      cat_score: f.cat?.score,
      thumbs: f.thumbs,
      outcome: f.outcome,
      asked_probability: f.askedProbability,
      comment: f.comment,
      ratings: json(f.ratings),
      record: json(f),
    },
  ],
};

/** The tables of each kind of fact; the first holds every fact whole, in its column `record`. */
export const TABLES: { readonly [K in FactKind]: readonly [Table<FactTypes[K]>, ...Table<FactTypes[K]>[]] } = {
  trace: [segments, nodes, calls],
  decision: [decisions],
  feedback: [feedback],
};

/** The UTC day of a fact's own time, as `2026-01-31`. */
export function dayOf(fact: TraceSegment | Decision | FeedbackRecord): string {
  return ("startedAt" in fact ? fact.startedAt : fact.at).slice(0, 10);
}

/** What tells a fact from others of its kind. Decisions are appended again under one id, so their text counts too. */
export function identityOf(fact: TraceSegment | Decision | FeedbackRecord): string {
  if ("segmentId" in fact) return fact.segmentId;
  return "feedbackId" in fact ? fact.feedbackId : JSON.stringify(fact);
}
