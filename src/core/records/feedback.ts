import { z } from "zod";
import { timestampSchema } from "./common.js";

/** Creative Assessment Tool: an overall score 1-10 and any named dimensions 1-10. */
const catScoreSchema = z.object({
  score: z.number().min(1).max(10),
  dimensions: z.record(z.string(), z.number().min(1).max(10)).default({}),
});
export type CatScore = z.infer<typeof catScoreSchema>;

/** Who judged: a person, an automatic evaluator, or what happened downstream. */
const feedbackSourceSchema = z.enum(["human", "evaluator", "outcome"]);
export type FeedbackSource = z.infer<typeof feedbackSourceSchema>;

/**
 * One judgement as it came in: a fact. Revisions and withdrawals are further facts that name the
 * one they supersede; the current value is a view.
 */
export const feedbackRecordSchema = z.object({
  schemaVersion: z.literal(1),
  feedbackId: z.string(),
  /** Submissions with the same key count once. */
  idempotencyKey: z.string().optional(),
  workflowId: z.string(),
  /** Set when the judgement is about one decision of the run rather than the run. */
  decisionId: z.string().optional(),
  threadId: z.string().optional(),
  workflowType: z.string().optional(),
  userId: z.string(),
  source: feedbackSourceSchema,
  at: timestampSchema,
  cat: catScoreSchema.optional(),
  /** Named ratings in [0,1]: satisfaction, usefulness, ... */
  ratings: z.record(z.string(), z.number().min(0).max(1)).optional(),
  thumbs: z.enum(["up", "down"]).optional(),
  /** A measured result in [0,1] that is the reward itself (a resolved ticket, a click, a test that passed). */
  outcome: z.number().min(0).max(1).optional(),
  /** This run was judged better, equal or worse than another. */
  preference: z.object({ over: z.string(), verdict: z.enum(["better", "equal", "worse"]) }).optional(),
  comment: z.string().optional(),
  tags: z.array(z.string()).optional(),
  correction: z.string().optional(),
  /** The feedbackId that this one replaces. */
  revises: z.string().optional(),
  /** The feedbackId that this one takes back. */
  withdraws: z.string().optional(),
  /** Probability with which this rater had been asked, where the request was drawn. */
  askedProbability: z.number().gt(0).lte(1).optional(),
  /**
   * Set where an evaluator judges only some runs, among them such that people judged: its word then says nothing of
   * how many runs are like this one, and proves nothing where people are asked by chance.
   */
  sampled: z.boolean().optional(),
});
/** One judgement of a run as it is stored: by whom, on which scales, when; a revision replaces an earlier one. */
export type FeedbackRecord = z.infer<typeof feedbackRecordSchema>;
