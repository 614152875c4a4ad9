import { z } from "zod";
import { amount, share } from "../../core/option-fields.js";

const DAY_MS = 86_400_000;
const COUNT = "a number from 0, or Infinity";
const upTo = z.custom<number>((v) => typeof v === "number" && v >= 0, COUNT);

/** Whom to ask about which run, and how often. */
export const requestOptionsSchema = z.strictObject({
  /** Runs whose expected reward is at least this are asked about (default 0.8). */
  feedbackRequestThreshold: share.default(0.8),
  /** Probability of asking about a run above the threshold (default 1). */
  aboveShare: share.default(1),
  /** Probability of asking about any run (default 0.05); above zero, so that learning can correct for who was asked. */
  randomShare: share.default(0.05),
  /** Probability of asking about a run whose reward is among the most uncertain tenth of the last 200 (default 0.5). */
  uncertainShare: share.default(0.5),
  /**
   * Requests one person gets in 24 hours at most (default 5). Part of the draw: the probability falls with each
   * request of the day, so that one person's first runs do not stand for all.
   */
  maxPerUserPerDay: upTo.default(5),
  /** A request that was not answered lapses after this (default 7 days). */
  expireAfterMs: amount.default(7 * DAY_MS),
  /** A pending request is due for a reminder this long after it was made or last reminded of (default 2 days). */
  remindAfterMs: amount.default(2 * DAY_MS),
  /** Reminders per request at most (default 1). */
  maxReminders: upTo.default(1),
  /** Of the random draws (default 0). */
  seed: z.number("a number").default(0),
});
/** Settings of the requests. */
export type RequestOptions = z.input<typeof requestOptionsSchema>;
/** The settings with their defaults filled in. */
export type RequestSettings = z.output<typeof requestOptionsSchema>;
