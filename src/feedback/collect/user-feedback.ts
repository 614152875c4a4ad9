import { checkArgument } from "../../core/arguments.js";
import type { CatScore, FeedbackSource } from "../../core/index.js";
import type { FeedbackInput } from "./feedback-input.js";
import { checkFields } from "./validate.js";

export type { FeedbackInput } from "./feedback-input.js";

/**
 * One person's judgement of one run, built up call by call and handed to
 * `FeedbackCollector.submitFeedback`. Each value is checked when it is given, and all of them together at submission;
 * what cannot be fails with FEEDBACK_INVALID.
 * @example
 * ```ts
 * new UserFeedback(workflowId, "alice").addCatScore(9, { creativity: 9 }).setRatings({ satisfaction: 0.95 })
 * ```
 */
export class UserFeedback {
  private readonly input: FeedbackInput;

  /**
   * @param workflowId the run that is judged
   * @param userId the rater
   */
  constructor(workflowId: string, userId: string) {
    checkFields({ workflowId, userId });
    this.input = { workflowId, userId };
  }

  /**
   * A CAT (Creative Assessment Tool) score.
   * @param score overall, 1-10
   * @param dimensions 1-10 each: creativity, usefulness, novelty, quality, or any other name
   */
  addCatScore(score: number, dimensions: Record<string, number> = {}): this {
    return this.set({ cat: { score, dimensions } satisfies CatScore });
  }

  /** Ratings in [0,1] by name (satisfaction, usefulness, ...); further calls add to earlier ones. */
  setRatings(ratings: Record<string, number>): this {
    checkArgument(ratings, "ratings", "object", "FEEDBACK_INVALID");
    return this.set({ ratings: { ...this.input.ratings, ...ratings } });
  }

  thumbsUp(): this {
    return this.set({ thumbs: "up" });
  }

  thumbsDown(): this {
    return this.set({ thumbs: "down" });
  }

  /** This run was better than, equal to or worse than another. */
  prefer(verdict: "better" | "equal" | "worse", otherWorkflowId: string): this {
    return this.set({ preference: { over: otherWorkflowId, verdict } });
  }

  setComment(comment: string): this {
    return this.set({ comment });
  }

  addTags(...tags: string[]): this {
    return this.set({ tags: [...(this.input.tags ?? []), ...tags] });
  }

  /** What the result should have been. */
  setCorrection(correction: string): this {
    return this.set({ correction });
  }

  /** A measured result in [0,1] that is the reward itself; it comes before every other part. */
  setOutcome(reward: number): this {
    return this.set({ outcome: reward });
  }

  /** Who judged; default `human`. */
  setSource(source: FeedbackSource): this {
    return this.set({ source });
  }

  /** Makes the judgement about one decision of the run instead of the run. */
  forDecision(decisionId: string): this {
    return this.set({ decisionId });
  }

  /** Submissions with the same key by the same rater on the same run count once. */
  withKey(idempotencyKey: string): this {
    return this.set({ idempotencyKey });
  }

  /** Replaces an earlier judgement of the same rater. */
  revises(feedbackId: string): this {
    return this.set({ revises: feedbackId });
  }

  /** Takes an earlier judgement of the same rater back. */
  withdraws(feedbackId: string): this {
    return this.set({ withdraws: feedbackId });
  }

  /** When the judgement was made, where that was not now. */
  madeAt(at: Date | string): this {
    if (typeof at === "string") return this.set({ at });
    checkArgument(at, "at", { getTime: "function" }, "FEEDBACK_INVALID");
    return this.set({ at: Number.isNaN(at.getTime()) ? String(at) : at.toISOString() });
  }

  /** What was put together so far, as plain data. */
  toJSON(): FeedbackInput {
    return structuredClone(this.input);
  }

  private set(fields: Partial<FeedbackInput>): this {
    checkFields(fields);
    Object.assign(this.input, fields);
    return this;
  }
}
