import { checkArgument } from "../core/arguments.js";
import type { Clock, FeedbackRecord, Logger, TraceSegment } from "../core/index.js";
import type { LearningStore } from "../store/index.js";
import type { CaptureOptions, PriceTable } from "../tracing/index.js";
import { type LangSmithClient, type LangSmithFeedback, reading } from "./langsmith-client.js";
import { type LangSmithScores, readLangSmithFeedback } from "./langsmith-feedback.js";
import { readableRun } from "./langsmith-run.js";
import { type LangSmithRun, segmentOfRuns, startsAnew, utcTime } from "./langsmith-runs.js";

export type { LangSmithClient, LangSmithFeedback } from "./langsmith-client.js";
export {
  type ExamplesWritten,
  type ExampleText,
  type LangSmithDatasetClient,
  type LangSmithExample,
  readLangSmithExamples,
  type WriteExamplesOptions,
  writeLangSmithExamples,
} from "./langsmith-examples.js";
export {
  type FeedbackReading,
  type LangSmithScores,
  readLangSmithFeedback,
  type ScoreMeaning,
  writeLangSmithFeedback,
} from "./langsmith-feedback.js";
export { type PromptHubClient, type PushOptions, pullPrompt, pushPrompt } from "./langsmith-prompts.js";
export type { LangSmithRun } from "./langsmith-runs.js";

/** Options of {@link importLangSmithTraces}. */
export interface LangSmithImportOptions extends CaptureOptions {
  client: LangSmithClient;
  store: LearningStore;
  /** Id of the LangSmith project. */
  projectId: string;
  /** What kind of work the graph of that project does. */
  workflowType: string;
  /** Earliest and latest start of the traces, ISO 8601 (default: LangSmith's, the last day). */
  from?: string;
  to?: string;
  /** The compiled graph, for exact edges. */
  graph?: object;
  /** Prices of models in US dollars per million tokens (default: those of the tracer). */
  prices?: PriceTable;
  logger?: Logger;
}

const FIELDS = [
  "ID",
  "NAME",
  "RUN_TYPE",
  "START_TIME",
  "END_TIME",
  "ERROR",
  "PARENT_RUN_IDS",
  "TRACE_ID",
  "TAGS",
  "METADATA",
  "FIRST_TOKEN_TIME",
  "PROMPT_TOKENS",
  "COMPLETION_TOKENS",
  "PROMPT_TOKEN_DETAILS",
];
const PAGE = 100;
const EPOCH = "1970-01-01T00:00:00Z";

/**
 * Reads traces of graphs from LangSmith into the store. Run ids stay the same, so feedback finds its way
 * in both directions; a trace that is in the store already is left out. Traces come in whole: those begun within
 * `from` and `to` with all their runs, those still under way when they are over. What resumes an interrupted run of
 * its thread becomes a segment of that run.
 * @returns how many traces came in, were known already, or were skipped: no graph in them, not over, begun before `from`
 * @throws INTEGRATION_FAILED when LangSmith refuses or fails; what came in before stays
 * @example
 * ```ts
 * import { Client } from "langsmith";
 *
 * const { imported } = await importLangSmithTraces({
 *   client: new Client(),
 *   store,
 *   projectId: "the id of a project",
 *   workflowType: "support",
 * });
 * ```
 */
export async function importLangSmithTraces(
  options: LangSmithImportOptions,
): Promise<{ imported: number; known: number; skipped: number }> {
  checkArgument(
    options,
    "options",
    { client: "object", store: { read: "function", append: "function" }, projectId: "text", workflowType: "text" },
    "CONFIG_INVALID",
  );
  return (await readTraces(options)).counts;
}

/** What an import into a loop takes beside the traces. */
export interface LangSmithLoopImport extends Omit<LangSmithImportOptions, "store" | "logger"> {
  /** What LangSmith's scores mean; without it only thumbs and comments are taken. */
  scores?: LangSmithScores;
  /** Who gave a judgement; see {@link readLangSmithFeedback}. */
  userOf?: (entry: LangSmithFeedback) => string | undefined;
}

/** What an import into a loop brought. */
export interface LangSmithImported {
  traces: { imported: number; known: number; skipped: number };
  /** `known`: judgements that were taken in before. */
  feedback: { imported: number; known: number; skipped: number; reasons: Record<string, number> };
}

/**
 * Reads traces and the judgements of them into a store; what is there already is left out.
 * @throws INTEGRATION_FAILED when LangSmith refuses or fails; what came in before stays
 * @example
 * ```ts
 * import { Client } from "langsmith";
 *
 * const { traces, feedback } = await importLangSmith({
 *   client: new Client(),
 *   store,
 *   clock: systemClock,
 *   projectId: "the id of a project",
 *   workflowType: "support",
 *   scores: { stars: { as: "rating", name: "satisfaction", scale: [1, 5] } },
 * });
 * ```
 */
export async function importLangSmith(
  options: LangSmithLoopImport & Pick<LangSmithImportOptions, "store" | "logger"> & { clock: Clock },
): Promise<LangSmithImported> {
  checkArgument(
    options,
    "options",
    { client: "object", store: { read: "function", append: "function" }, projectId: "text", workflowType: "text" },
    "CONFIG_INVALID",
  );
  const { counts, runs } = await readTraces(options);
  const { records, skipped, reasons } = await readLangSmithFeedback({ ...options, runs });
  const fresh: FeedbackRecord[] = [];
  for (const record of records) if (!(await isStored(options.store, record))) fresh.push(record);
  if (fresh.length > 0) await options.store.append("feedback", fresh);
  const known = records.length - fresh.length;
  return { traces: counts, feedback: { imported: fresh.length, known, skipped, reasons } };
}

async function isStored(store: LearningStore, { workflowId, feedbackId }: FeedbackRecord): Promise<boolean> {
  for await (const { facts } of store.read("feedback", { workflowId }))
    if (facts.some((f) => f.feedbackId === feedbackId)) return true;
  return false;
}

/** The counts, and the workflow of each root run that is in the store now. */
async function readTraces(options: LangSmithImportOptions) {
  const { store, workflowType, from, to } = options;
  const traces = new Map<string, LangSmithRun[]>();
  for (const run of await queryRuns(options, { min_start_time: from, max_start_time: to })) {
    const id = run.trace_id ?? run.id ?? "";
    const trace = traces.get(id);
    if (trace) trace.push(run);
    else traces.set(id, [run]);
  }
  const counts = { imported: 0, known: 0, skipped: 0 };
  const workflows = new Map<string, string>();
  // In the order in which they began, so that a resumption finds what it resumes.
  const begun = ([, runs]: [string, LangSmithRun[]]) => utcTime(rootOf(runs)?.start_time ?? EPOCH);
  for (const [traceId, found] of [...traces].sort((a, b) => begun(a) - begun(b))) {
    const root = rootOf(found);
    const runs = root?.end_time ? await wholeTrace(options, traceId, root, found) : [];
    const segment = segmentOfRuns(runs, workflowType, options);
    if (!segment) {
      counts.skipped += 1;
      continue;
    }
    await linkToResumed(store, segment, startsAnew(runs));
    workflows.set(root?.id ?? segment.segmentId, segment.workflowId);
    if (await isKnown(store, segment)) counts.known += 1;
    else {
      await store.append("trace", [segment]);
      counts.imported += 1;
    }
  }
  options.logger?.info("traces were read from LangSmith", counts);
  return { counts, runs: workflows };
}

function rootOf(runs: readonly LangSmithRun[]): LangSmithRun | undefined {
  return runs.find((run) => (run.parent_run_ids ?? []).length === 0);
}

/**
 * Makes a segment one of the run that its thread had left unfinished, unless it started anew: with no task of that run.
 * One that was given a workflow id keeps it.
 */
async function linkToResumed(store: LearningStore, segment: TraceSegment, isAnew: boolean): Promise<void> {
  const { threadId, workflowType, startedAt, nodes } = segment;
  if (threadId === undefined) return;
  const query = { threadId, workflowType, to: startedAt, latest: true, limit: 1 };
  for await (const { facts } of store.read("trace", query))
    for (const before of facts) {
      if (before.status === "success") continue;
      if (isAnew && !before.nodes.some(({ taskId }) => nodes.some((node) => node.taskId === taskId))) continue;
      segment.resumed = true;
      if (segment.workflowId === segment.runId) segment.workflowId = before.workflowId;
    }
}

/** All runs of a trace that is over, those included that began after the time asked for. */
async function wholeTrace(
  options: LangSmithImportOptions,
  traceId: string,
  { start_time, end_time = "" }: LangSmithRun,
  found: LangSmithRun[],
): Promise<LangSmithRun[]> {
  if (options.to === undefined || utcTime(end_time) < utcTime(options.to)) return found;
  return queryRuns(options, { trace_id: traceId, min_start_time: start_time });
}

async function queryRuns(options: LangSmithImportOptions, which: object): Promise<LangSmithRun[]> {
  const { client, projectId, captureState } = options;
  const state = captureState === "none" ? [] : ["OUTPUTS", ...(captureState === "full" ? ["INPUTS"] : [])];
  const query = { project_ids: [projectId], selects: [...FIELDS, ...state], page_size: PAGE, ...which };
  return reading("reading runs", async () => {
    const runs: LangSmithRun[] = [];
    for await (const given of await client.runs.query(query)) {
      const run = readableRun(given);
      if (run) runs.push(run);
    }
    return runs;
  });
}

async function isKnown(store: LearningStore, segment: TraceSegment): Promise<boolean> {
  for await (const { facts } of store.read("trace", { workflowId: segment.workflowId }))
    if (facts.some((s) => s.segmentId === segment.segmentId || s.runId === segment.runId)) return true;
  return false;
}

export type { ScoreMeanings } from "./foreign/score-meaning.js";
