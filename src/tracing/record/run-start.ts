import { isUsableId, type RunConfigLike, type TraceSegment } from "../../core/index.js";
import type { PregelShape, TaskConfig } from "../internals.js";
import { type Redactor, redactPlain, redactText } from "./redact.js";
import type { RunStart } from "./run-types.js";

const MAX_TEXT = 1000;
/** Tags beyond these are not kept. */
const MAX_TAGS = 1000;
/** Metadata that LangGraph and LangChain put there themselves, or that has a field of its own. */
const INTERNAL =
  /^(langgraph_|ls_|__|lc_)|^(thread_id|checkpoint_(id|ns|map)|task_id|workflowId|workflow_id|userId|user_id)$/;

/** Reads what a run is about from its metadata, tags and configurable values. */
export function runStartOf(
  workflowType: string,
  capture: TraceSegment["capture"],
  config: TaskConfig | undefined,
  graph?: PregelShape,
): RunStart {
  const metadata = { ...graph?.config?.metadata, ...config?.metadata };
  const configurable = { ...graph?.config?.configurable, ...config?.configurable };
  const kept: TraceSegment["metadata"] = {};
  for (const [key, value] of Object.entries(metadata)) {
    if (INTERNAL.test(key)) continue;
    if (value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value))
      kept[key] = value as number;
  }
  const start: RunStart = {
    workflowType,
    tags: tagsIn(graph?.config?.tags, config?.tags),
    metadata: kept,
    capture,
  };
  const threadId = configurable.thread_id ?? metadata.thread_id;
  if (typeof threadId === "string" || typeof threadId === "number") start.threadId = String(threadId);
  const userId = userIdIn({ metadata, configurable });
  if (userId !== undefined) start.userId = userId;
  if (typeof config?.runId === "string") start.runId = config.runId;
  const seen = workflowIdIn({ metadata, configurable });
  if (seen !== undefined) Object.assign(start, { seenId: seen, givenId: seen });
  return start;
}

/** Each tag once; what is no text, as plain JavaScript may pass, is no tag. */
function tagsIn(...lists: unknown[]): string[] {
  const tags = lists.flatMap((list) => (Array.isArray(list) ? list.slice(0, MAX_TAGS) : []));
  return [...new Set(tags)].filter((t) => typeof t === "string" && !t.startsWith("graph:step:")).slice(0, MAX_TAGS);
}

/** Tags as they are kept: redacted and bounded. */
export function keptTags(tags: readonly string[], redactor: Redactor | undefined): string[] {
  return tags.map((tag, i) => redactText(tag, redactor, "tags", String(i)).slice(0, MAX_TEXT));
}

/** Metadata as it is kept: redacted, texts bounded. */
export function keptMetadata(
  metadata: TraceSegment["metadata"],
  redactor: Redactor | undefined,
): TraceSegment["metadata"] {
  const kept: TraceSegment["metadata"] = {};
  for (const [key, value] of Object.entries(metadata)) {
    const clean = redactPlain(value, redactor, "metadata", key);
    kept[(redactor ? redactor.key(key) : key).slice(0, MAX_TEXT)] =
      typeof clean === "string" ? clean.slice(0, MAX_TEXT) : clean;
  }
  return kept;
}

/** The person a config names, if any. */
export function userIdIn({ metadata, configurable }: RunConfigLike): string | undefined {
  const id = metadata?.userId ?? metadata?.user_id ?? configurable?.userId ?? configurable?.user_id;
  return typeof id === "string" || typeof id === "number" ? String(id) : undefined;
}

/**
 * The workflow id in a config, if there is one that judgements can name: in its metadata, else among its configurable
 * values, which reach a graph on a server (RemoteGraph) where metadata do not.
 */
export function workflowIdIn(config: RunConfigLike | undefined): string | undefined {
  const own: unknown = config?.metadata?.workflowId;
  if (isUsableId(own)) return own;
  const given: unknown = config?.configurable?.workflowId;
  return isUsableId(given) ? given : undefined;
}
