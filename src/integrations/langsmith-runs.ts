import type { TraceSegment } from "../core/index.js";
import { type CaptureOptions, type ReplayedRun, replayRuns } from "../tracing/callbacks/replay.js";
import type { PriceTable } from "../tracing/index.js";
import { START } from "../tracing/internals.js";

/** A run as LangSmith's API gives it, as far as it is read here. */
export interface LangSmithRun {
  id?: string;
  name?: string;
  run_type?: string;
  start_time?: string;
  end_time?: string;
  error?: string | null;
  parent_run_ids?: string[] | null;
  trace_id?: string;
  tags?: string[] | null;
  metadata?: Record<string, unknown> | null;
  inputs?: unknown;
  outputs?: unknown;
  first_token_time?: string | null;
  prompt_tokens?: number | null;
  completion_tokens?: number | null;
  /** Counts by category: under `raw`, or in earlier releases of its client themselves. */
  prompt_token_details?: { raw?: Record<string, number>; cache_read?: number; cache_creation?: number } | null;
}

const STEP_TAG = /^graph:step:/;

/**
 * One trace of LangSmith's as a segment, read as if its events came in again. Without the graph itself,
 * edges are inferred from what started next, and marked so.
 * @returns undefined when the trace holds no run of a graph
 */
export function segmentOfRuns(
  runs: readonly LangSmithRun[],
  workflowType: string,
  options: CaptureOptions & { graph?: object; prices?: PriceTable } = {},
): TraceSegment | undefined {
  const parents = new Set(
    runs.filter((r) => r.tags?.some((t) => STEP_TAG.test(t))).map((r) => r.parent_run_ids?.at(-1)),
  );
  const known = new Set(runs.map((r) => r.id));
  const replayed: ReplayedRun[] = runs
    .filter((run) => run.id !== undefined && Number.isFinite(utcTime(run.start_time ?? "")))
    .map((run) => ({
      runId: run.id as string,
      // Where a parent is missing, the nearest one above it that is there.
      parentRunId: run.parent_run_ids?.findLast((id) => known.has(id)) ?? run.parent_run_ids?.at(-1),
      kind:
        run.run_type === "llm" ? "model" : run.run_type === "tool" ? "tool" : parents.has(run.id) ? "graph" : "chain",
      name: run.name ?? "",
      tags: run.tags ?? [],
      metadata: run.metadata ?? {},
      startedAt: utcTime(run.start_time as string),
      endedAt: readableTime(run.end_time),
      firstTokenAt: readableTime(run.first_token_time),
      inputs: run.inputs,
      outputs: run.run_type === "llm" ? usageOf(run) : run.outputs,
      error: errorOf(run.error ?? undefined),
    }));
  return replayRuns(replayed, workflowType, options);
}

/**
 * Whether the graph of a trace was given input of its own, which started its first task: it was not resumed. (A
 * functional graph has but one task, which is started so again when it is resumed.)
 */
export function startsAnew(runs: readonly LangSmithRun[]): boolean {
  const depthOf = (run: LangSmithRun) => run.parent_run_ids?.length ?? 0;
  const tasks = runs.filter((run) => run.tags?.some((tag) => STEP_TAG.test(tag)));
  const outermost = Math.min(...tasks.map(depthOf));
  const isFromInput = ({ metadata }: LangSmithRun) => String(metadata?.langgraph_triggers) === START;
  return tasks.some((run) => depthOf(run) === outermost && isFromInput(run));
}

/**
 * Milliseconds since the epoch, microseconds kept as their fraction; LangSmith's times are UTC, also where they do
 * not say so. NaN for what is no time.
 */
export function utcTime(text: string): number {
  const beyond = /\.\d{3}(\d{1,3})/.exec(text)?.[1] ?? "";
  return Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`) + Number(`0.${beyond || 0}`);
}

function readableTime(text: string | null | undefined): number | undefined {
  const time = utcTime(text ?? "");
  return Number.isFinite(time) ? time : undefined;
}

/** Tokens that LangSmith does not know are not 0. */
function usageOf(run: LangSmithRun): unknown {
  // Not counted, or not yet: unknown.
  if (!run.prompt_tokens && !run.completion_tokens) return { generations: [[{ message: {} }]] };
  const usage = {
    ...(run.prompt_tokens != null && { input_tokens: run.prompt_tokens }),
    ...(run.completion_tokens != null && { output_tokens: run.completion_tokens }),
    ...(run.prompt_token_details && { input_token_details: run.prompt_token_details.raw ?? run.prompt_token_details }),
  };
  return { generations: [[{ message: { usage_metadata: usage } }]] };
}

/** LangSmith keeps errors as text; LangGraph's control signals are known by their names in it. */
function errorOf(text: string | undefined): unknown {
  if (text === undefined || text === "") return undefined;
  const name = /^(?:Error: )?([A-Z]\w*(?:Error|Interrupt|Command)?)\b/.exec(text)?.[1] ?? "Error";
  if (/GraphInterrupt|NodeInterrupt/.test(text)) return { name: "GraphInterrupt", is_bubble_up: true };
  if (/ParentCommand/.test(text)) return { name: "ParentCommand", is_bubble_up: true, command: { lg_name: "Command" } };
  return { name: /Error$/.test(name) ? name : "Error", message: text.split("\n")[0] };
}
