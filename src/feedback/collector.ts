import {
  type Clock,
  currentFeedback,
  defaultLogger,
  digest,
  type FeedbackRecord,
  LearningError,
  type Logger,
  newId,
  show,
  systemClock,
} from "../core/index.js";
import type { LearningStore } from "../store/index.js";
import { GroupAppender } from "./group-appender.js";
import { type KnownRun, KnownRuns } from "./known-runs.js";
import { type FeedbackRequest, FeedbackRequests, type RequestOptions, type RunToAsk } from "./requests.js";
import { type FeedbackStatistics, feedbackStatistics } from "./statistics.js";
import type { FeedbackInput, UserFeedback } from "./user-feedback.js";
import { type ValidFeedback, validateFeedback } from "./validate.js";

/** Options of the {@link FeedbackCollector}. */
export interface FeedbackCollectorOptions extends RequestOptions {
  /** Where feedback facts go and runs are looked up. */
  store: LearningStore;
  /** Default the machine's clock. */
  clock?: Clock;
  /** Default silent (see `defaultLogger`). */
  logger?: Logger;
  /**
   * Whether a run exists that has left nothing in the store yet (it may still run, or wait in the
   * tracer's buffer). Asked before the store.
   */
  knows?: (workflowId: string) => boolean | Promise<boolean>;
  /** How far ahead of this clock a judgement's own time may lie (default five minutes). */
  maxClockSkewMs?: number;
}

/** What a measured outcome may come with. */
export interface OutcomeOptions {
  /** The system that measured it (default `outcome`); a later outcome of the same system replaces an earlier one. */
  measuredBy?: string;
  /** Outcomes with the same key count once. */
  idempotencyKey?: string;
  /** The one decision it is about, rather than the run. */
  decisionId?: string;
  at?: string;
}

/** The feedback of one run. */
export interface RunFeedback {
  workflowId: string;
  /** What raters currently say: see `currentFeedback`. */
  current: FeedbackRecord[];
  /** Every fact, in order of arrival, revised and withdrawn ones included. */
  history: FeedbackRecord[];
}

const KEYS_REMEMBERED = 200_000;

/**
 * Takes judgements of runs in, checks them and appends them to the store. Submissions never change
 * what was stored before: a revision or withdrawal is another fact.
 */
export class FeedbackCollector {
  private readonly store: LearningStore;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly runs: KnownRuns;
  private readonly appender: GroupAppender;
  private readonly requests: FeedbackRequests;
  /** Submissions by their key's feedbackId, under way or done, with a digest of what they said. */
  private readonly keyed = new Map<string, { content: string; record: Promise<FeedbackRecord> }>();
  private keysLoaded: Promise<void> | undefined;

  constructor(private readonly options: FeedbackCollectorOptions) {
    this.store = options.store;
    this.clock = options.clock ?? systemClock;
    this.logger = options.logger ?? defaultLogger();
    this.runs = new KnownRuns(this.store);
    this.appender = new GroupAppender(this.store);
    this.requests = new FeedbackRequests(this.store, this.clock, options);
  }

  /**
   * Validates and stores one judgement.
   * @returns the stored record, once it is durable; for a repeated idempotency key the first one
   * @throws FEEDBACK_INVALID for values out of range, wrong types, unknown fields, times in the future,
   * a key used again for something else, a revision of what is not there;
   * FEEDBACK_UNKNOWN_RUN when neither the store nor `knows` has heard of the run
   */
  submitFeedback(feedback: UserFeedback | FeedbackInput): Promise<FeedbackRecord> {
    return this.submit(feedback, false);
  }

  /**
   * Like {@link submitFeedback}, but a second submission under one idempotency key is refused, even
   * with the same content: for links that are good for one use.
   * @throws FEEDBACK_REFUSED when the key was already used
   */
  submitOnce(feedback: FeedbackInput & { idempotencyKey: string }): Promise<FeedbackRecord> {
    return this.submit(feedback, true);
  }

  /**
   * Stores a measured result of a run: the reward itself (a resolved ticket, a passed test).
   * @param reward in [0,1]
   */
  submitOutcome(workflowId: string, reward: number, options: OutcomeOptions = {}): Promise<FeedbackRecord> {
    const { measuredBy = "outcome", ...rest } = options;
    return this.submitFeedback({ ...rest, workflowId, userId: measuredBy, source: "outcome", outcome: reward });
  }

  /**
   * Asks a person about a run. The request waits for the answer until it expires; how it reaches the
   * person (a link of the HTTP handler, a message, the feedback node) is the host's choice.
   * @returns the request, the earlier one when this person was already asked about this run, or
   * undefined when this person was asked enough within the last day
   */
  async requestFeedback(workflowId: string, userId: string): Promise<FeedbackRequest | undefined> {
    await this.findRun(workflowId);
    return this.requests.ask(workflowId, userId);
  }

  /**
   * Draws whether to ask about a finished run: surely or likely above `feedbackRequestThreshold`,
   * often where the reward is most uncertain, and sometimes by chance. The probability is kept with
   * the request and later with the answer.
   */
  considerRequest(run: RunToAsk): Promise<FeedbackRequest | undefined> {
    return this.requests.consider(run);
  }

  /** Requests still waiting for an answer, of one person or of all. */
  pendingRequests(userId?: string): Promise<FeedbackRequest[]> {
    return this.requests.pending(userId);
  }

  /** Pending requests that are due for a reminder; each is counted as reminded by this call. */
  takeDueReminders(): Promise<FeedbackRequest[]> {
    return this.requests.takeDueReminders();
  }

  /** Everything said about one run; empty lists when nothing was. */
  async getFeedback(workflowId: string): Promise<RunFeedback> {
    const history: FeedbackRecord[] = [];
    for await (const batch of this.store.read("feedback", { workflowId })) history.push(...batch.facts);
    return { workflowId, current: currentFeedback(history), history };
  }

  /** Everything one rater said, in order of arrival. */
  async getHistory(userId: string): Promise<FeedbackRecord[]> {
    const history: FeedbackRecord[] = [];
    for await (const batch of this.store.read("feedback", { userId })) history.push(...batch.facts);
    return history;
  }

  /** Counts, means, distributions, agreement and response bias over all feedback stored. */
  async getFeedbackStatistics(): Promise<FeedbackStatistics> {
    const records: FeedbackRecord[] = [];
    for await (const batch of this.store.read("feedback")) records.push(...batch.facts);
    return feedbackStatistics(records, await this.requests.list());
  }

  private async submit(feedback: UserFeedback | FeedbackInput, once: boolean): Promise<FeedbackRecord> {
    const valid = validateFeedback(feedback, this.clock.now(), this.options.maxClockSkewMs ?? 300_000);
    const run = await this.findRun(valid.workflowId);
    await this.checkTargets(valid);
    if (valid.idempotencyKey === undefined) return this.write(valid, run, newId());

    await this.loadKeys();
    const feedbackId = digest(JSON.stringify(["feedback", valid.workflowId, valid.userId, valid.idempotencyKey]));
    const content = contentOf(valid);
    const earlier = this.keyed.get(feedbackId);
    if (earlier && once)
      throw new LearningError("FEEDBACK_REFUSED", {
        received: "a link that was already used",
        expected: "one submission per link",
        remedy: "Ask for a new link to change the judgement.",
      });
    if (earlier) {
      if (earlier.content === content) return earlier.record;
      throw new LearningError("FEEDBACK_INVALID", {
        received: `the idempotency key ${show(valid.idempotencyKey)} a second time with other content`,
        expected: "the same content, or another key",
        remedy: "To change a judgement, submit it under a new key with `revises`.",
      });
    }
    const record = this.write(valid, run, feedbackId);
    this.remember(feedbackId, content, record);
    // A failed write must not answer for later attempts under the same key.
    record.catch(() => this.keyed.delete(feedbackId));
    return record;
  }

  private async findRun(workflowId: string): Promise<KnownRun | undefined> {
    const known = await this.options.knows?.(workflowId);
    if (known) return undefined;
    const run = await this.runs.find(workflowId);
    if (run) return run;
    throw new LearningError("FEEDBACK_UNKNOWN_RUN", {
      received: `feedback for the run ${show(workflowId)}`,
      expected: "the workflowId of a run that was traced or has a logged decision",
      remedy: "Pass the id the graph was invoked with (metadata.workflowId), and flush the tracer of another process.",
    });
  }

  private async checkTargets(valid: ValidFeedback): Promise<void> {
    const target = valid.revises ?? valid.withdraws;
    if (target === undefined) return;
    const { history } = await this.getFeedback(valid.workflowId);
    if (history.some((r) => r.feedbackId === target && r.userId === valid.userId)) return;
    throw new LearningError("FEEDBACK_INVALID", {
      received: `${valid.revises === undefined ? "withdraws" : "revises"} = ${show(target)}`,
      expected: "the feedbackId of an earlier judgement of the same run by the same rater",
      remedy: "Use the feedbackId that submitFeedback returned.",
    });
  }

  private async write(valid: ValidFeedback, run: KnownRun | undefined, feedbackId: string): Promise<FeedbackRecord> {
    const request = await this.requests.answered(valid.workflowId, valid.userId);
    const record: FeedbackRecord = {
      ...(request && { askedProbability: request.probability }),
      ...(run?.workflowType !== undefined && { workflowType: run.workflowType }),
      ...(run?.threadId !== undefined && { threadId: run.threadId }),
      ...valid,
      schemaVersion: 1,
      feedbackId,
    };
    await this.appender.append(record);
    this.logger.debug("feedback stored", { feedbackId, workflowId: valid.workflowId });
    return record;
  }

  private loadKeys(): Promise<void> {
    this.keysLoaded ??= (async () => {
      for await (const batch of this.store.read("feedback"))
        for (const record of batch.facts)
          if (record.idempotencyKey !== undefined)
            this.remember(record.feedbackId, contentOf(record), Promise.resolve(record));
    })().catch((error: unknown) => {
      this.keysLoaded = undefined;
      throw error;
    });
    return this.keysLoaded;
  }

  private remember(feedbackId: string, content: string, record: Promise<FeedbackRecord>): void {
    this.keyed.set(feedbackId, { content, record });
    if (this.keyed.size <= KEYS_REMEMBERED) return;
    for (const oldest of this.keyed.keys()) {
      this.keyed.delete(oldest);
      break;
    }
  }
}

/** A digest of what a submission says, leaving out what the collector adds. */
function contentOf(f: ValidFeedback | FeedbackRecord): string {
  const { decisionId, source, cat, ratings, thumbs, outcome, preference, comment, tags, correction } = f;
  const { revises, withdraws } = f;
  return digest(
    JSON.stringify([
      decisionId,
      source,
      cat && [cat.score, sorted(cat.dimensions)],
      ratings && sorted(ratings),
      thumbs,
      outcome,
      preference && [preference.over, preference.verdict],
      comment,
      tags,
      correction,
      revises,
      withdraws,
    ]),
    16,
  );
}

function sorted(values: Record<string, number>): [string, number][] {
  return Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
}
