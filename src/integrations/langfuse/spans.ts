import { clipped } from "../../core/clipped.js";
import type { ForeignSpan } from "../foreign/foreign-span.js";
import { count, langgraphOf, metadataOf, recordOf, text } from "../foreign/values.js";
import { utcTime } from "../langsmith-runs.js";
import type { LangfuseRecord } from "./records.js";

/** What Langfuse's types of observations are to us. */
const KINDS: Readonly<Record<string, ForeignSpan["kind"]>> = {
  SPAN: "work",
  AGENT: "work",
  CHAIN: "work",
  GENERATION: "model",
  TOOL: "tool",
};

/**
 * The spans of a trace. The trace is the run; where one observation holds all others, as LangGraph's does, that is.
 * @returns the spans, and how many observations have no readable beginning
 */
export function spansOf(
  trace: LangfuseRecord,
  observations: readonly LangfuseRecord[],
): { spans: ForeignSpan[]; lost: number } {
  const read = observations.flatMap((o) => spanOf(o) ?? []);
  const ids = new Set(read.map((span) => span.id));
  const tops = read.filter((span) => span.parentId === undefined || !ids.has(span.parentId));
  const run = {
    workflowId: text(metadataOf(trace.metadata), "workflowId"),
    threadId: text(trace, "sessionId") ?? text(metadataOf(trace.metadata), "thread_id"),
    userId: text(trace, "userId"),
  };
  const lost = observations.length - read.length;
  const [only] = tops;
  if (tops.length === 1 && only?.kind === "work") {
    only.run = run;
    return { spans: read, lost };
  }
  const startedAt =
    timeOf(trace.timestamp) ?? read.reduce((least, span) => Math.min(least, span.startedAt), Number.POSITIVE_INFINITY);
  if (!Number.isFinite(startedAt)) return { spans: read, lost };
  const ends = read.flatMap((span) => span.endedAt ?? []);
  const root: ForeignSpan = {
    ...{ id: String(trace.id), parentId: undefined, kind: "work", name: text(trace, "name") ?? "unnamed" },
    ...{ startedAt, endedAt: ends.length > 0 ? ends.reduce((a, b) => Math.max(a, b)) : undefined, run },
  };
  for (const span of tops) span.parentId = root.id;
  return { spans: [root, ...read], lost };
}

function spanOf(observation: LangfuseRecord): ForeignSpan | undefined {
  const startedAt = timeOf(observation.startTime);
  if (startedAt === undefined) return undefined;
  const type = String(observation.type);
  const endedAt = timeOf(observation.endTime);
  const span: ForeignSpan = {
    id: String(observation.id),
    parentId: text(observation, "parentObservationId"),
    kind: Object.hasOwn(KINDS, type) ? (KINDS[type] ?? "other") : "other",
    name: text(observation, "name") ?? "unnamed",
    startedAt,
    endedAt: endedAt !== undefined && endedAt >= startedAt ? endedAt : undefined,
  };
  if (observation.level === "ERROR")
    span.error = { name: "Error", message: clipped(text(observation, "statusMessage") ?? "", 500) };
  const langgraph = langgraphOf(metadataOf(observation.metadata));
  if (langgraph) span.langgraph = langgraph;
  if (span.kind === "model") span.model = modelOf(observation);
  return span;
}

function modelOf(observation: LangfuseRecord): NonNullable<ForeignSpan["model"]> {
  const usage = { ...recordOf(observation.usage), ...recordOf(observation.usageDetails) };
  return {
    name: text(observation, "model", "providedModelName"),
    tokensIn: count(usage, "input", "promptTokens", "input_tokens"),
    tokensOut: count(usage, "output", "completionTokens", "output_tokens"),
    tokensCached: count(usage, "input_cached_tokens", "input_cache_read", "cache_read_input_tokens"),
  };
}

/** Milliseconds since the epoch; Langfuse's times are UTC, also where they do not say so. */
export function timeOf(value: unknown): number | undefined {
  const time =
    value instanceof Date ? value.getTime() : typeof value === "string" ? utcTime(value.replace(" ", "T")) : Number.NaN;
  return Number.isFinite(time) ? time : undefined;
}
