import { type Clock, digest, type FeedbackRecord, isoTime, systemClock } from "../core/index.js";
import { type LangSmithClient, type LangSmithFeedback, reading } from "./langsmith-client.js";
import { utcTime } from "./langsmith-runs.js";

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

/** What a score of LangSmith's under one key means. */
export interface ScoreMeaning {
  /**
   * `rating`: a named rating in [0,1]; `outcome`: the measured result of the run, in [0,1]; `cat`: a CAT score of 1
   * to 10; `thumb`: up from the middle of the scale on; `comment`: only its text counts.
   */
  as: "rating" | "outcome" | "cat" | "thumb" | "comment";
  /** Name of the rating, or of the CAT dimension (a CAT meaning without it is the overall score). Default: the key. */
  name?: string;
  /** Worst and best score, in this order: `[1, 5]` for stars, `[1, 0]` where 1 is bad. Default `[0, 1]`. */
  scale?: readonly [worst: number, best: number];
  /** For categories: the score of each value, on the scale. */
  values?: Readonly<Record<string, number>>;
  /** Who judged. Default: what LangSmith says (`model` and `auto_eval` are evaluators, the rest people). */
  source?: FeedbackRecord["source"];
  /** The evaluator's name, where it is one. Default: the key. */
  evaluator?: string;
}

/** The meaning of each key. A score under a key that is not named is not taken: its scale cannot be known. */
export type LangSmithScores = Readonly<Record<string, ScoreMeaning>>;

/** What was read of LangSmith's judgements. */
export interface FeedbackReading {
  /** Ids are made from LangSmith's, so that the same judgement never counts twice. */
  records: FeedbackRecord[];
  /** Judgements that gave no record: those we wrote ourselves, and those counted in `reasons`. */
  skipped: number;
  /** How often what was not taken, in words: keys without a meaning, scores off their scale, unreadable times. */
  reasons: Record<string, number>;
}

/** How far in the future a judgement may lie, in milliseconds: clocks differ. */
const SKEW_MS = 5 * 60_000;

/**
 * Reads LangSmith's judgements of runs as feedback; those we wrote ourselves are left out. What a score means is
 * said by `scores`, and nothing is guessed. A comment counts, whatever its score; true and false are thumbs.
 * @example
 * ```ts
 * const { records, reasons } = await readLangSmithFeedback({
 *   client, runs,
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
  const { client, runs, clock = systemClock } = options;
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
          const record = recordOf(entry, workflowId, { ...options, nowMs: clock.now(), note });
          if (record) out.records.push(record);
          else out.skipped += 1;
        }
      }
    });
  return out;
}

const PAGE = 100;

function recordOf(
  entry: LangSmithFeedback,
  workflowId: string,
  { scores = {}, userOf, nowMs, note }: ReadingOptions,
): FeedbackRecord | undefined {
  const time = entry.created_at === undefined ? Number.NaN : utcTime(entry.created_at);
  if (!Number.isFinite(time)) return void note("no readable time");
  if (time > nowMs + SKEW_MS) return void note("a time in the future");
  const meaning = Object.hasOwn(scores, entry.key) ? scores[entry.key] : undefined;
  const said = contentOf(entry, meaning, note);
  if (!said && !entry.comment) return undefined;
  const source = entry.feedback_source;
  const isEvaluator = source?.type === "model" || source?.type === "auto_eval";
  const kind = meaning?.source ?? (isEvaluator ? "evaluator" : "human");
  const nobody =
    kind === "evaluator" ? `evaluator:${meaning?.evaluator ?? (entry.key || "unnamed")}` : `langsmith:${entry.id}`;
  return {
    schemaVersion: 1,
    feedbackId: `langsmith-${entry.id}`,
    idempotencyKey: `langsmith-${entry.id}`,
    workflowId,
    userId: userOf?.(entry) ?? source?.user_id ?? nobody,
    source: kind,
    at: isoTime(time),
    ...said,
    ...(entry.comment && { comment: entry.comment }),
  };
}

interface ReadingOptions {
  scores?: LangSmithScores;
  userOf?: (entry: LangSmithFeedback) => string | undefined;
  nowMs: number;
  note(reason: string): void;
}

type Content = Pick<FeedbackRecord, "cat" | "ratings" | "thumbs" | "outcome">;

function contentOf(
  { key, score, value }: LangSmithFeedback,
  meaning: ScoreMeaning | undefined,
  note: (reason: string) => void,
): Content | undefined {
  if (typeof score === "boolean" && !meaning) return { thumbs: score ? "up" : "down" };
  const given = typeof score === "boolean" ? Number(score) : typeof score === "number" ? score : undefined;
  const mapped =
    given ??
    (typeof value === "string" && meaning?.values && Object.hasOwn(meaning.values, value)
      ? meaning.values[value]
      : undefined);
  if (mapped === undefined) {
    if (score !== undefined && score !== null) note(`no number under ${JSON.stringify(key)}`);
    else if (value !== undefined && value !== null) note(`a value without a score under ${JSON.stringify(key)}`);
    return undefined;
  }
  if (!meaning) return void note(`no meaning was given for ${JSON.stringify(key)}`);
  if (meaning.as === "comment") return undefined;
  const [worst, best] = meaning.scale ?? [0, 1];
  // Adding 0 makes the -0 of a reversed scale 0.
  const share = (mapped - worst) / (best - worst) + 0;
  if (!(share >= 0 && share <= 1)) return void note(`a score off its scale under ${JSON.stringify(key)}`);
  const name = meaning.name ?? key;
  if (meaning.as === "outcome") return { outcome: share };
  if (meaning.as === "thumb") return { thumbs: share >= 0.5 ? "up" : "down" };
  if (meaning.as === "cat") {
    const points = 1 + 9 * share;
    return { cat: { score: points, dimensions: meaning.name === undefined ? {} : { [name]: points } } };
  }
  if (name === "" || name === "__proto__") return void note(`no name for the rating under ${JSON.stringify(key)}`);
  return { ratings: { [name]: share } };
}
