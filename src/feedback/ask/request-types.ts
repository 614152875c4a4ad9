/** Why somebody was asked. */
export type RequestReason = "explicit" | "above-threshold" | "uncertain" | "random";

/** One request for feedback. */
export interface FeedbackRequest {
  requestId: string;
  workflowId: string;
  /** Where it was known when it was asked. */
  workflowType?: string;
  userId: string;
  askedAt: string;
  expiresAt: string;
  reason: RequestReason;
  /**
   * Probability with which this run was asked about; kept with the answer for inverse weighting.
   * Absent for explicit requests: nobody knows how the host chose them.
   */
  probability?: number;
  /** What the reward was expected to be when it was asked, where known. */
  expectedReward?: number;
  reminders: number;
  remindedAt?: string;
  status: "pending" | "answered" | "expired";
}

/** A run that a draw was made for, whether or not it was asked about. */
export interface ConsideredRun {
  requestId: string;
  workflowId: string;
  userId: string;
  at: string;
  /** Of being asked, the day's limit included; 0 where that was reached. */
  probability: number;
  expectedReward?: number;
  uncertainty?: number;
  asked: boolean;
}

/** A finished run that might be asked about. */
export interface RunToAsk {
  workflowId: string;
  workflowType?: string;
  userId: string;
  /** Predicted reward, or the success composite until there is a reward model. */
  expectedReward?: number;
  /** Standard error of that prediction; the most uncertain runs are asked about more often. */
  uncertainty?: number;
  /** Probability of asking about it at least, whatever is expected of it: while its decisions are on trial, say. */
  leastProbability?: number;
}
