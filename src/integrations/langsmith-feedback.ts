import { checkArgument } from "../core/arguments.js";
import { type Clock, digest, type FeedbackRecord, systemClock } from "../core/index.js";
import { type ForeignJudgement, judgementOf } from "./foreign/judgement.js";
import type { ScoreMeanings } from "./foreign/score-meaning.js";
import { type LangSmithClient, type LangSmithFeedback, reading } from "./langsmith-client.js";
import { utcTime } from "./langsmith-runs.js";

export type { ScoreMeaning } from "./foreign/score-meaning.js";

const OURS = "langgraph-collective-learning";

/**
 * Writes judgements to LangSmith, one entry per score they hold, under ids made from theirs: writing
 * again changes nothing. LangSmith rounds scores to four decimals.
 * @param options.runIdOf the LangSmith run of a workflow (default: the workflow id itself, which imported
 * traces share); judgements without one are counted as skipped
 * @throws INTEGRATION_FAILED when LangSmith refuses or fails
 * @example
 * ```ts
 * import { Client } from "langsmith";
 *
 * const { written } = await writeLangSmithFeedback(records, { client: new Client(), projectId: "the id of a project" });
 * ```
 */
export async function writeLangSmithFeedback(
  records: readonly FeedbackRecord[],
  options: { client: LangSmithClient; projectId: string; runIdOf?: (workflowId: string) => string | undefined },
): Promise<{ written: number; skipped: number }> {
  checkArgument(records, "records", "objects", "CONFIG_INVALID");
  checkArgument(options, "options", { client: "object", projectId: "text" }, "CONFIG_INVALID");
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

/** An id made from ours, the same each time. */
export function uuidOf(text: string): string {
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

/** The meaning of each key. A score under a key that is not named is not taken: its scale cannot be known. */
export type LangSmithScores = ScoreMeanings;

/** What was read of LangSmith's judgements. */
export interface FeedbackReading {
  /** Ids are made from LangSmith's, so that the same judgement never counts twice. */
  records: FeedbackRecord[];
  /** Judgements that gave no record: those we wrote ourselves, and those counted in `reasons`. */
  skipped: number;
  /** How often what was not taken, in words: keys without a meaning, scores off their scale, unreadable times. */
  reasons: Record<string, number>;
}

/**
 * Reads LangSmith's judgements of runs as feedback; those we wrote ourselves are left out. What a score means is
 * said by `scores`, and nothing is guessed. A comment counts, whatever its score; true and false are thumbs.
 * @example
 * ```ts
 * import { Client } from "langsmith";
 *
 * const { records, reasons } = await readLangSmithFeedback({
 *   client: new Client(),
 *   runs: imported,
 *   scores: { stars: { as: "rating", name: "satisfaction", scale: [1, 5] }, hallucination: { as: "rating", scale: [1, 0] } },
 * });
 * ```
 * @throws INTEGRATION_FAILED when LangSmith refuses or fails
 */
export async function readLangSmithFeedback(options: {
  client: Pick<LangSmithClient, "listFeedback">;
  /** Runs by LangSmith's id, with the workflow each belongs to. */
  runs: ReadonlyMap<string, string>;
  scores?: LangSmithScores;
  /** Who gave a judgement; default LangSmith's user. Where nobody is known, each judgement is a rater of its own. */
  userOf?: (entry: LangSmithFeedback) => string | undefined;
  clock?: Clock;
}): Promise<FeedbackReading> {
  checkArgument(
    options,
    "options",
    { client: { listFeedback: "function" }, runs: { get: "function" } },
    "CONFIG_INVALID",
  );
  const { client, runs, scores, clock = systemClock } = options;
  const ids = [...runs.keys()];
  const out: FeedbackReading = { records: [], skipped: 0, reasons: {} };
  const note = (reason: string) => {
    out.reasons[reason] = (out.reasons[reason] ?? 0) + 1;
  };
  for (let at = 0; at < ids.length; at += PAGE)
    await reading("reading feedback", async () => {
      for await (const entry of client.listFeedback({ runIds: ids.slice(at, at + PAGE) })) {
        const workflowId = runs.get(entry.run_id ?? "");
        if (workflowId === undefined || entry.feedback_source?.metadata?.origin === OURS) out.skipped += 1;
        else {
          const record = judgementOf(foreign(entry, workflowId, options.userOf), { scores, nowMs: clock.now(), note });
          if (record) out.records.push(record);
          else out.skipped += 1;
        }
      }
    });
  return out;
}

const PAGE = 100;

function foreign(
  entry: LangSmithFeedback,
  workflowId: string,
  userOf?: (entry: LangSmithFeedback) => string | undefined,
): ForeignJudgement {
  const { id, key, score, value, comment, created_at, feedback_source: source } = entry;
  const time = created_at === undefined ? Number.NaN : utcTime(created_at);
  return {
    ...{ tool: "langsmith", id, workflowId, key, score, value },
    comment: comment || undefined,
    time: Number.isFinite(time) ? time : undefined,
    userId: () => userOf?.(entry) ?? source?.user_id ?? undefined,
    isEvaluator: source?.type === "model" || source?.type === "auto_eval",
    evaluator: key || "unnamed",
  };
}
