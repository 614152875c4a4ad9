import {
  digest,
  type FeedbackRecord,
  isoTime,
  LearningError,
  type Logger,
  messageOf,
  type TraceSegment,
} from "../core/index.js";
import type { LearningStore } from "../store/index.js";
import type { CaptureOptions, PriceTable } from "../tracing/index.js";
import { type LangSmithRun, segmentOfRuns, startsAnew, utcTime } from "./langsmith-runs.js";

export { type PromptHubClient, type PushOptions, pullPrompt, pushPrompt } from "./langsmith-prompts.js";
export type { LangSmithRun } from "./langsmith-runs.js";

/** A judgement as LangSmith's API gives it, as far as it is read here. */
export interface LangSmithFeedback {
  id: string;
  run_id?: string | null;
  key: string;
  score?: number | boolean | null;
  comment?: string | null;
  created_at?: string;
  feedback_source?: { type?: string; metadata?: Record<string, unknown> | null; user_id?: string | null } | null;
}

/** The part of LangSmith's `Client` that is used; pass your own client. */
export interface LangSmithClient {
  runs: { query(params: object): AsyncIterable<LangSmithRun> | PromiseLike<AsyncIterable<LangSmithRun>> };
  createFeedback(params: {
    runId: string;
    sessionId: string;
    key: string;
    score?: number;
    comment?: string;
    feedbackId: string;
    sourceInfo: object;
    extendTraceRetention: false;
  }): Promise<unknown>;
  listFeedback(params: { runIds: string[] }): AsyncIterable<LangSmithFeedback>;
}

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
 */
export async function importLangSmithTraces(
  options: LangSmithImportOptions,
): Promise<{ imported: number; known: number; skipped: number }> {
  const { store, workflowType, from, to } = options;
  const traces = new Map<string, LangSmithRun[]>();
  for (const run of await queryRuns(options, { min_start_time: from, max_start_time: to })) {
    const id = run.trace_id ?? run.id ?? "";
    traces.set(id, [...(traces.get(id) ?? []), run]);
  }
  const counts = { imported: 0, known: 0, skipped: 0 };
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
    if (await isKnown(store, segment)) counts.known += 1;
    else {
      await store.append("trace", [segment]);
      counts.imported += 1;
    }
  }
  options.logger?.info("traces were read from LangSmith", counts);
  return counts;
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
    for await (const run of await client.runs.query(query)) runs.push(run);
    return runs;
  });
}

async function isKnown(store: LearningStore, segment: TraceSegment): Promise<boolean> {
  for await (const { facts } of store.read("trace", { workflowId: segment.workflowId }))
    if (facts.some((s) => s.segmentId === segment.segmentId || s.runId === segment.runId)) return true;
  return false;
}

const OURS = "langgraph-collective-learning";

/**
 * Writes judgements to LangSmith, one entry per score they hold, under ids made from theirs: writing
 * again changes nothing. LangSmith rounds scores to four decimals.
 * @param options.runIdOf the LangSmith run of a workflow (default: the workflow id itself, which imported
 * traces share); judgements without one are counted as skipped
 * @throws INTEGRATION_FAILED when LangSmith refuses or fails
 */
export async function writeLangSmithFeedback(
  records: readonly FeedbackRecord[],
  options: { client: LangSmithClient; projectId: string; runIdOf?: (workflowId: string) => string | undefined },
): Promise<{ written: number; skipped: number }> {
  const counts = { written: 0, skipped: 0 };
  for (const record of records) {
    const runId = options.runIdOf ? options.runIdOf(record.workflowId) : record.workflowId;
    const scores = scoresOf(record);
    if (runId === undefined || !UUID.test(runId) || scores.length === 0) {
      counts.skipped += 1;
      continue;
    }
    for (const [i, [key, score]] of scores.entries())
      await reading("writing feedback", () =>
        options.client.createFeedback({
          runId,
          sessionId: options.projectId,
          key,
          score,
          comment: i === 0 ? record.comment : undefined,
          feedbackId: uuidOf(`${record.feedbackId}|${key}`),
          sourceInfo: { origin: OURS, userId: record.userId, workflowId: record.workflowId },
          // Sent at once, so that a refusal is known here.
          extendTraceRetention: false,
        }),
      );
    counts.written += 1;
  }
  return counts;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function uuidOf(text: string): string {
  const d = digest(text);
  return `${d.slice(0, 8)}-${d.slice(8, 12)}-8${d.slice(13, 16)}-a${d.slice(17, 20)}-${d.slice(20, 32)}`;
}

function scoresOf(record: FeedbackRecord): [string, number][] {
  const scores: [string, number][] = [];
  if (record.cat) scores.push(["cat", record.cat.score]);
  for (const [name, value] of Object.entries(record.cat?.dimensions ?? {})) scores.push([`cat_${name}`, value]);
  for (const [name, value] of Object.entries(record.ratings ?? {})) scores.push([name, value]);
  if (record.thumbs) scores.push(["thumbs", record.thumbs === "up" ? 1 : 0]);
  if (record.outcome !== undefined) scores.push(["outcome", record.outcome]);
  return scores;
}

/**
 * Reads LangSmith's judgements of runs as feedback, those we wrote ourselves left out. A score in [0,1]
 * becomes a rating under its key (`outcome` the measured result), true and false a thumb; others are skipped.
 * @returns records with ids made from LangSmith's, so that the same judgement never counts twice
 * @throws INTEGRATION_FAILED when LangSmith refuses or fails
 */
export async function readLangSmithFeedback(options: {
  client: LangSmithClient;
  /** Runs by LangSmith's id, with the workflow each belongs to. */
  runs: ReadonlyMap<string, string>;
}): Promise<{ records: FeedbackRecord[]; skipped: number }> {
  const ids = [...options.runs.keys()];
  const records: FeedbackRecord[] = [];
  let skipped = 0;
  for (let at = 0; at < ids.length; at += PAGE)
    await reading("reading feedback", async () => {
      for await (const entry of options.client.listFeedback({ runIds: ids.slice(at, at + PAGE) })) {
        const record = recordOf(entry, options.runs);
        if (record) records.push(record);
        else skipped += 1;
      }
    });
  return { records, skipped };
}

function recordOf(entry: LangSmithFeedback, runs: ReadonlyMap<string, string>): FeedbackRecord | undefined {
  const workflowId = runs.get(entry.run_id ?? "");
  const source = entry.feedback_source;
  if (workflowId === undefined || source?.metadata?.origin === OURS) return undefined;
  const record: FeedbackRecord = {
    schemaVersion: 1,
    feedbackId: `langsmith-${entry.id}`,
    idempotencyKey: `langsmith-${entry.id}`,
    workflowId,
    userId: source?.user_id ?? "langsmith",
    source: source?.type === "model" || source?.type === "auto_eval" ? "evaluator" : "human",
    at: isoTime(entry.created_at === undefined ? 0 : utcTime(entry.created_at)),
  };
  const { score, comment } = entry;
  if (typeof score === "boolean") record.thumbs = score ? "up" : "down";
  else if (typeof score === "number" && score >= 0 && score <= 1) {
    if (entry.key === "outcome") record.outcome = score;
    else record.ratings = { [entry.key]: score };
  } else if (!comment) return undefined;
  if (comment) record.comment = comment;
  return record;
}

async function reading<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new LearningError("INTEGRATION_FAILED", {
      received: `a failure of LangSmith on ${what} (${messageOf(cause).slice(0, 200)})`,
      expected: "an answer",
      remedy: "Check the key, the project id and the limits of the plan, then call again: nothing is taken twice.",
      cause,
    });
  }
}
