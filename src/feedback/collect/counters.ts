import { isLearningError, type LearningErrorCode } from "../../core/index.js";

/** What became of the judgements that this process was given. */
export interface FeedbackCounters {
  stored: number;
  /** By the error's code. */
  refused: Partial<Record<LearningErrorCode, number>>;
}

/** Counts judgements. */
export class FeedbackCount {
  private stored = 0;
  private readonly refusals: FeedbackCounters["refused"] = {};

  addStored(): void {
    this.stored++;
  }

  addRefused(error: unknown): void {
    if (isLearningError(error)) this.refusals[error.code] = (this.refusals[error.code] ?? 0) + 1;
  }

  read(): FeedbackCounters {
    return { stored: this.stored, refused: { ...this.refusals } };
  }
}
