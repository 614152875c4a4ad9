import { isRecord } from "../../core/is-object.js";
import type { ForeignSpan } from "../foreign/foreign-span.js";
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
    workflowId: text(metadataOf(trace), "workflowId"),
    threadId: text(trace, "sessionId") ?? text(metadataOf(trace), "thread_id"),
    userId: text(trace, "userId"),
  };
  const lost = observations.length - read.length;
  const [only] = tops;
  if (tops.length === 1 && only?.kind === "work") {
    only.run = run;
    return { spans: read, lost };
  }
  const startedAt = timeOf(trace.timestamp) ?? Math.min(...read.map((span) => span.startedAt));
  if (!Number.isFinite(startedAt)) return { spans: read, lost };
  const ends = read.flatMap((span) => span.endedAt ?? []);
  const root: ForeignSpan = {
    ...{ id: String(trace.id), parentId: undefined, kind: "work", name: text(trace, "name") ?? "unnamed" },
    ...{ startedAt, endedAt: ends.length > 0 ? Math.max(...ends) : undefined, run },
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
    span.error = { name: "Error", message: (text(observation, "statusMessage") ?? "").slice(0, 500) };
  const metadata = metadataOf(observation);
  const step = Number(metadata.langgraph_step);
  const node = text(metadata, "langgraph_node");
  const taskId = /:([^:|]+)$/.exec(text(metadata, "langgraph_checkpoint_ns") ?? "")?.[1];
  if (node !== undefined && Number.isInteger(step))
    span.langgraph = { node, step, ...(taskId !== undefined && { taskId }) };
  if (span.kind === "model") span.model = modelOf(observation);
  return span;
}

function modelOf(observation: LangfuseRecord): NonNullable<ForeignSpan["model"]> {
  const usage = { ...recordOf(observation.usage), ...recordOf(observation.usageDetails) };
  const count = (...keys: string[]) =>
    keys.map((key) => usage[key]).find((value): value is number => Number.isInteger(value) && (value as number) >= 0);
  return {
    name: text(observation, "model", "providedModelName"),
    tokensIn: count("input", "promptTokens", "input_tokens"),
    tokensOut: count("output", "completionTokens", "output_tokens"),
    tokensCached: count("input_cached_tokens", "input_cache_read", "cache_read_input_tokens"),
  };
}

/** Exports to a bucket keep metadata as JSON. */
function metadataOf(record: LangfuseRecord): Record<string, unknown> {
  if (typeof record.metadata !== "string") return recordOf(record.metadata);
  try {
    return recordOf(JSON.parse(record.metadata));
  } catch {
    return {};
  }
}

function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

/** Milliseconds since the epoch; Langfuse's times are UTC, also where they do not say so. */
export function timeOf(value: unknown): number | undefined {
  const time =
    value instanceof Date ? value.getTime() : typeof value === "string" ? utcTime(value.replace(" ", "T")) : Number.NaN;
  return Number.isFinite(time) ? time : undefined;
}

export function text(record: Record<string, unknown>, ...keys: string[]): string | undefined {
  return keys.map((key) => record[key]).find((value): value is string => typeof value === "string" && value !== "");
}
