import type { Attributes, Context, SpanContext } from "@opentelemetry/api";
import type { FeedbackRecord } from "../../core/index.js";
import { otelApi } from "./api.js";
import { EVALUATION_EVENT, GEN_AI, OURS } from "./conventions.js";

/** INFO of OpenTelemetry's log data model. */
const INFO = 9;

/** A logger of `@opentelemetry/api-logs`. */
export interface EventLogger {
  emit(record: {
    eventName: string;
    timestamp: number;
    severityNumber: number;
    attributes: Attributes;
    context: Context;
  }): void;
}

/**
 * Emits one `gen_ai.evaluation.result` for each score of a judgement, linked to the span of the run. A withdrawal is no
 * evaluation; a comment alone is told only with content.
 */
export function emitJudgement(
  logger: EventLogger,
  record: FeedbackRecord,
  span: SpanContext | undefined,
  content: boolean,
): void {
  if (record.withdraws !== undefined) return;
  const { trace: otel, ROOT_CONTEXT } = otelApi();
  const context = span ? otel.setSpanContext(ROOT_CONTEXT, span) : ROOT_CONTEXT;
  const about: Attributes = {
    [OURS.workflowId]: record.workflowId,
    [OURS.feedbackId]: record.feedbackId,
    [OURS.judgedBy]: record.source,
  };
  if (record.decisionId !== undefined) about[OURS.decisionId] = record.decisionId;
  if (content && record.comment !== undefined) about[GEN_AI.explanation] = record.comment;
  for (const score of scoresOf(record, content))
    logger.emit({
      eventName: EVALUATION_EVENT,
      timestamp: Date.parse(record.at),
      severityNumber: INFO,
      attributes: { ...score, ...about },
      context,
    });
}

/** The scores of a judgement, each on its own scale. */
function scoresOf(record: FeedbackRecord, content: boolean): Attributes[] {
  const scores: Attributes[] = [];
  const add = (name: string, value: number | undefined, label?: string) => {
    const score: Attributes = { [GEN_AI.evaluation]: name };
    if (value !== undefined) score[GEN_AI.scoreValue] = value;
    if (label !== undefined) score[GEN_AI.scoreLabel] = label;
    scores.push(score);
  };
  if (record.cat) add("cat", record.cat.score);
  for (const [name, value] of Object.entries(record.cat?.dimensions ?? {})) add(`cat.${name}`, value);
  for (const [name, value] of Object.entries(record.ratings ?? {})) add(name, value);
  if (record.thumbs) add("thumbs", record.thumbs === "up" ? 1 : 0, record.thumbs);
  if (record.outcome !== undefined) add("outcome", record.outcome);
  if (record.preference) add("preference", undefined, record.preference.verdict);
  if (scores.length === 0 && content && record.comment !== undefined) add("comment", undefined);
  return scores;
}
