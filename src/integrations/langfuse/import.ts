import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { checkArgument } from "../../core/arguments.js";
import { type Clock, LearningError, messageOf, refuseUnknownKeys, systemClock } from "../../core/index.js";
import type { LearningStore } from "../../store/index.js";
import type { PriceTable } from "../../tracing/index.js";
import { appendFeedback, appendSegment } from "../foreign/append-new.js";
import { type ForeignJudgement, judgementOf } from "../foreign/judgement.js";
import type { ScoreMeanings } from "../foreign/score-meaning.js";
import { segmentOfSpans } from "../foreign/segment-of-spans.js";
import { jsonIn, text } from "../foreign/values.js";
import { type LangfuseRecord, sorted } from "./records.js";
import { spansOf, timeOf } from "./spans.js";

/** Options of {@link importLangfuse}. */
export interface LangfuseOptions {
  store: LearningStore;
  /** What kind of work the traces are (default: each trace's name). */
  workflowType?: string;
  /** What Langfuse's scores mean, as for LangSmith's: a score under a name that is not given here is not taken. */
  scores?: ScoreMeanings;
  /** Prices of models in US dollars per million tokens (default: those of the tracer). */
  prices?: PriceTable;
  clock?: Clock;
}

/** What its options may hold. */
const OPTIONS: readonly (keyof LangfuseOptions)[] = ["store", "workflowType", "scores", "prices", "clock"];

/** What an import brought. */
export interface LangfuseImported {
  traces: { imported: number; known: number; skipped: number };
  feedback: { imported: number; known: number; skipped: number; reasons: Record<string, number> };
  /** Records of no kind that is known. */
  unknown: number;
}

/**
 * Reads what Langfuse exported, as JSON or JSONL: traces (with their observations and scores, or each in files of their
 * own), by the names of its API or of its exports to a bucket. What a score means is said by `scores`, and nothing is
 * guessed; a comment counts, whatever its score. Imported again, nothing is doubled.
 * @param from a file, a folder of files, or the records themselves
 * @throws INTEGRATION_FAILED when a file cannot be read or is no JSON
 * @example await importLangfuse("./langfuse", { store, scores: { stars: { as: "rating", scale: [1, 5] } } });
 */
export async function importLangfuse(
  from: string | readonly LangfuseRecord[],
  options: LangfuseOptions,
): Promise<LangfuseImported> {
  checkArgument(options, "options", { store: { read: "function", append: "function" } }, "CONFIG_INVALID");
  refuseUnknownKeys(options, OPTIONS, "options of importLangfuse");
  const { store, clock = systemClock } = options;
  const found = sorted(typeof from === "string" ? await recordsIn(from) : from);
  const traces = { imported: 0, known: 0, skipped: 0 };
  const workflows = new Map<string, string>();
  const below = new Map<unknown, LangfuseRecord[]>();
  for (const one of found.observations) {
    const beside = below.get(one.traceId);
    if (beside) beside.push(one);
    else below.set(one.traceId, [one]);
  }
  for (const trace of found.traces) {
    const traceId = String(trace.id);
    const { spans, lost } = spansOf(trace, below.get(traceId) ?? []);
    const segment = segmentOfSpans({
      ...{ traceId, id: traceId, spans, prefix: "langfuse", prices: options.prices },
      workflowType: options.workflowType ?? text(trace, "name") ?? "unnamed",
      gaps: lost > 0 ? [`${lost} observations have no readable beginning`] : [],
    });
    if (!segment) traces.skipped += 1;
    else {
      workflows.set(traceId, segment.workflowId);
      if (await appendSegment(store, segment)) traces.imported += 1;
      else traces.known += 1;
    }
  }
  const feedback: LangfuseImported["feedback"] = { imported: 0, known: 0, skipped: 0, reasons: {} };
  const note = (reason: string) => {
    feedback.reasons[reason] = (feedback.reasons[reason] ?? 0) + 1;
  };
  for (const score of found.scores) {
    const workflowId = workflows.get(String(score.traceId));
    if (workflowId === undefined) note("no trace of it in the export");
    const how = { scores: options.scores, nowMs: clock.now(), note };
    const record = workflowId === undefined ? undefined : judgementOf(foreign(score, workflowId), how);
    if (!record) feedback.skipped += 1;
    else if (await appendFeedback(store, record)) feedback.imported += 1;
    else feedback.known += 1;
  }
  return { traces, feedback, unknown: found.unknown };
}

function foreign(score: LangfuseRecord, workflowId: string): ForeignJudgement {
  const key = String(score.name);
  return {
    ...{ tool: "langfuse", id: score.id, workflowId, key, ...scoreValue(score) },
    comment: text(score, "comment"),
    time: timeOf(score.timestamp ?? score.createdAt),
    userId: () => text(score, "authorUserId"),
    isEvaluator: score.source === "EVAL",
    evaluator: key,
  };
}

/** A number, a truth or a category. */
function scoreValue({ dataType, value, stringValue }: LangfuseRecord): { score?: unknown; value?: unknown } {
  if (dataType === "BOOLEAN") return { score: value === 1 || value === true || stringValue === "True" };
  if (dataType === "CATEGORICAL") return { value: stringValue ?? value };
  return typeof value === "number" ? { score: value } : { value: stringValue ?? value };
}

async function recordsIn(path: string): Promise<unknown[]> {
  try {
    const isFolder = (await stat(path)).isDirectory();
    const names = isFolder ? (await readdir(path)).filter((name) => /\.jsonl?$/.test(name)).sort() : [];
    const files = isFolder ? names.map((name) => join(path, name)) : [path];
    return (await Promise.all(files.map(async (file) => jsonIn(await readFile(file, "utf8"))))).flat();
  } catch (cause) {
    throw new LearningError("INTEGRATION_FAILED", {
      received: `${path}: ${messageOf(cause)}`,
      expected: "JSON or JSONL that Langfuse exported, or a folder of such files",
      remedy: "Export traces, observations and scores from Langfuse, and import that file or folder.",
      cause,
    });
  }
}
