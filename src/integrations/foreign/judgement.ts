import { type FeedbackRecord, isoTime } from "../../core/index.js";
import { type ScoreMeanings, scoreContentOf } from "./score-meaning.js";

/** How far in the future a judgement may lie, in milliseconds: clocks differ. */
const SKEW_MS = 5 * 60_000;

/** A judgement of a run that stands elsewhere. */
export interface ForeignJudgement {
  /** Names the tool it stands in, and its id there. */
  tool: string;
  id: unknown;
  workflowId: string;
  /** What was judged. */
  key: string;
  score?: unknown;
  /** A category. */
  value?: unknown;
  comment: string | undefined;
  /** Milliseconds since the epoch; undefined where it cannot be read. */
  time: number | undefined;
  /** Who gave it, where the tool knows. */
  userId(): string | undefined;
  /** Whether the tool says that an evaluator gave it, and under which name. */
  isEvaluator: boolean;
  evaluator: string;
}

/** How judgements are read. */
export interface JudgementReading {
  scores?: ScoreMeanings;
  nowMs: number;
  /** Is told why something of a judgement, or all of it, was not taken. */
  note(reason: string): void;
}

/**
 * The record of a judgement, under the meaning that is given for its key; a comment counts, whatever its score. Where
 * nobody is known, each judgement is a rater of its own.
 * @returns undefined where it says nothing that can be taken
 */
export function judgementOf(
  { tool, id, workflowId, key, score, value, comment, time, userId, isEvaluator, evaluator }: ForeignJudgement,
  { scores = {}, nowMs, note }: JudgementReading,
): FeedbackRecord | undefined {
  if (time === undefined) return void note("no readable time");
  if (time > nowMs + SKEW_MS) return void note("a time in the future");
  const meaning = Object.hasOwn(scores, key) ? scores[key] : undefined;
  const said = scoreContentOf({ key, score, value }, meaning, note);
  if (!said && comment === undefined) return undefined;
  const source = meaning?.source ?? (isEvaluator ? "evaluator" : "human");
  const nobody = source === "evaluator" ? `evaluator:${meaning?.evaluator ?? evaluator}` : `${tool}:${id}`;
  return {
    schemaVersion: 1,
    feedbackId: `${tool}-${id}`,
    idempotencyKey: `${tool}-${id}`,
    workflowId,
    userId: userId() ?? nobody,
    source,
    at: isoTime(time),
    ...said,
    ...(comment !== undefined && { comment }),
  };
}
