import { z } from "zod";
import { expectationOf } from "../../core/expectation.js";
import { feedbackRecordSchema, isoTime, LearningError, MAX_ID, nearestWord, show } from "../../core/index.js";
import type { FeedbackInput } from "./feedback-input.js";

/** Longest texts that are taken in, in characters. */
export const TEXT_LIMITS = { comment: 20_000, correction: 20_000, tag: 100, name: 100, id: MAX_ID } as const;
const MAX_ENTRIES = 50;

/** A judgement that was put together call by call. */
interface FeedbackBuilder {
  toJSON(): FeedbackInput;
}

const id = z.string().min(1).max(TEXT_LIMITS.id);
const named = <T extends z.ZodType>(value: T) =>
  z
    .record(z.string().min(1).max(TEXT_LIMITS.name), value)
    .refine((r) => Object.keys(r).length <= MAX_ENTRIES, `at most ${MAX_ENTRIES} entries`);

const inputSchema = feedbackRecordSchema
  .omit({ schemaVersion: true, feedbackId: true, askedProbability: true })
  .partial({ at: true, source: true })
  .extend({
    workflowId: id,
    userId: id,
    decisionId: id.optional(),
    idempotencyKey: id.optional(),
    workflowType: id.optional(),
    threadId: id.optional(),
    cat: z
      .strictObject({
        score: z.number().min(1).max(10),
        dimensions: named(z.number().min(1).max(10)).default({}),
      })
      .optional(),
    ratings: named(z.number().min(0).max(1)).optional(),
    comment: z.string().max(TEXT_LIMITS.comment).optional(),
    correction: z.string().max(TEXT_LIMITS.correction).optional(),
    tags: z.array(z.string().min(1).max(TEXT_LIMITS.tag)).max(MAX_ENTRIES).optional(),
    preference: z.strictObject({ over: id, verdict: z.enum(["better", "equal", "worse"]) }).optional(),
    revises: id.optional(),
    withdraws: id.optional(),
  })
  .strict();

/** Feedback that passed validation, with its defaults filled in. */
export type ValidFeedback = z.infer<typeof inputSchema> & Required<Pick<FeedbackInput, "at" | "source">>;

const CONTENT = [
  "cat",
  "ratings",
  "thumbs",
  "outcome",
  "preference",
  "comment",
  "tags",
  "correction",
  "withdraws",
] as const;

/**
 * Checks a submission field by field.
 * @param nowMs the collector's time; a judgement may not lie more than `maxClockSkewMs` after it, and
 * one that lies a little after it is taken as made now
 * @throws FEEDBACK_INVALID with the field, what was received and what was expected
 */
export function validateFeedback(
  feedback: FeedbackInput | FeedbackBuilder,
  nowMs: number,
  maxClockSkewMs: number,
): ValidFeedback {
  const plain = isBuilder(feedback) ? feedback.toJSON() : feedback;
  const parsed = inputSchema.safeParse(plain);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw fieldError(issue, plain, "Correct the field and submit again; nothing was stored.");
  }
  const value = parsed.data;
  if (!CONTENT.some((field) => saysSomething(value[field])))
    throw invalid(
      "feedback without any judgement",
      `at least one of ${CONTENT.join(", ")}`,
      "Add a score, a rating, thumbs, a comment or an outcome.",
    );
  if (value.preference?.over === value.workflowId)
    throw invalid(
      `preference.over = ${show(value.workflowId)}, the judged run itself`,
      "the workflowId of another run",
      "Name the run that this one was compared with.",
    );
  const at = value.at === undefined ? nowMs : Date.parse(value.at);
  if (at > nowMs + maxClockSkewMs)
    throw invalid(
      `at = ${show(value.at)}, in the future`,
      `a time no later than ${isoTime(nowMs + maxClockSkewMs)}`,
      "Set the submitting machine's clock, or leave `at` out.",
    );
  return { ...value, at: isoTime(Math.min(at, nowMs)), source: value.source ?? "human" };
}

function fieldError(issue: z.core.$ZodIssue, plain: unknown, remedy: string): LearningError {
  const path = issue.path.map(String);
  const received = path.reduce<unknown>((v, key) => (v as Record<string, unknown> | undefined)?.[key], plain);
  return invalid(`${path.length > 0 ? `${path.join(".")} = ` : ""}${show(received)}`, expectationAt(issue), remedy);
}

/** Whether a field holds anything: an empty comment or list of tags is no judgement. */
function saysSomething(value: unknown): boolean {
  if (typeof value === "string") return value.trim() !== "";
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === "object" && value !== null ? Object.keys(value).length > 0 : value !== undefined;
}

/** What a field should have been; of a mistyped one, what was meant. */
function expectationAt(issue: z.core.$ZodIssue): string {
  const [key] = issue.code === "unrecognized_keys" && issue.path.length === 0 ? issue.keys : [];
  if (key === undefined) return expectationOf(issue);
  return `${expectationOf(issue)} (did you mean ${show(nearestWord(key, Object.keys(inputSchema.shape)))}?)`;
}

/**
 * Checks some fields of a submission by themselves, as they are put together.
 * @throws FEEDBACK_INVALID
 */
export function checkFields(fields: Partial<FeedbackInput>): void {
  for (const [name, value] of Object.entries(fields)) {
    const shape: Record<string, z.ZodType> = inputSchema.shape;
    const parsed = z
      .object({ [name]: shape[name] ?? z.never() })
      .required()
      .safeParse({ [name]: value });
    if (!parsed.success) throw fieldError(parsed.error.issues[0], fields, "Correct the value.");
  }
}

function isBuilder(feedback: FeedbackInput | FeedbackBuilder): feedback is FeedbackBuilder {
  return typeof (feedback as Partial<FeedbackBuilder> | null)?.toJSON === "function";
}

function invalid(received: string, expected: string, remedy: string): LearningError {
  return new LearningError("FEEDBACK_INVALID", { received, expected, remedy });
}
