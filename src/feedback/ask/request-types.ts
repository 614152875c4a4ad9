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

/** Settings of the requests. */
export interface RequestOptions {
  /** Runs whose expected reward is at least this are asked about (default 0.8). */
  feedbackRequestThreshold?: number;
  /** Probability of asking about a run above the threshold (default 1). */
  aboveShare?: number;
  /** Probability of asking about any run (default 0.05); above zero, so that learning can correct for who was asked. */
  randomShare?: number;
  /** Probability of asking about a run whose reward is among the most uncertain tenth of the last 200 (default 0.5). */
  uncertainShare?: number;
  /**
   * Requests one person gets in 24 hours at most (default 5). Part of the draw: the probability falls with each
   * request of the day, so that one person's first runs do not stand for all.
   */
  maxPerUserPerDay?: number;
  /** A request that was not answered lapses after this (default 7 days). */
  expireAfterMs?: number;
  /** A pending request is due for a reminder this long after it was made or last reminded of (default 2 days). */
  remindAfterMs?: number;
  /** Reminders per request at most (default 1). */
  maxReminders?: number;
  /** Of the random draws (default 0). */
  seed?: number;
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
