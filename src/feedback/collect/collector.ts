import type { z } from "zod";
import { checkArgument } from "../../core/arguments.js";
import {
  type Clock,
  currentFeedback,
  type FeedbackRecord,
  LearningError,
  type Logger,
  messageOf,
  newId,
  objectArgument,
  parseOptions,
  type RunConfigLike,
  show,
  textArgument,
} from "../../core/index.js";
import type { ErasureSelector, LearningStore } from "../../store/index.js";
import type { FeedbackRequest, RunToAsk } from "../ask/request-types.js";
import { FeedbackRequests } from "../ask/requests.js";
import { LinkClaims } from "../web/link-claims.js";
import { FeedbackCount, type FeedbackCounters } from "./counters.js";
import { GroupAppender } from "./group-appender.js";
import { KeyedSubmissions, keyedId, submissionDigest } from "./keyed-submissions.js";
import { type KnownRun, KnownRuns } from "./known-runs.js";
import { collectorOptionsSchema, type FeedbackCollectorOptions, type OutcomeOptions } from "./options.js";
import { type FeedbackStatistics, feedbackStatistics } from "./statistics.js";
import { alreadyUsed, checkDecision, checkLinked, checkTargets } from "./targets.js";
import type { FeedbackInput, UserFeedback } from "./user-feedback.js";
import { type ValidFeedback, validateFeedback } from "./validate.js";

/** The feedback of one run. */
export interface RunFeedback {
  workflowId: string;
  /** What raters currently say: see `currentFeedback`. */
  current: FeedbackRecord[];
  /** Every fact, in order of arrival, revised and withdrawn ones included. */
  history: FeedbackRecord[];
}

/**
 * Takes judgements of runs in, checks them and appends them to the store. Submissions never change
 * what was stored before: a revision or withdrawal is another fact.
 * @example
 * const collector = new FeedbackCollector({ store });
 * await collector.submitFeedback({ workflowId, userId: "alice", cat: { score: 9 } });
 */
export class FeedbackCollector {
  private readonly store: LearningStore;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly runs: KnownRuns;
  private readonly appender: GroupAppender;
  private readonly requests: FeedbackRequests;
  private readonly keyed: KeyedSubmissions;
  private readonly links: LinkClaims;
  private readonly count = new FeedbackCount();
  private readonly options: z.output<typeof collectorOptionsSchema>;

  /**
   * @throws CONFIG_INVALID on options out of range, CONFIG_UNKNOWN_KEY on ones that do not exist
   */
  constructor(options: FeedbackCollectorOptions) {
    this.options = parseOptions(collectorOptionsSchema, options, "options of a FeedbackCollector");
    ({ store: this.store, clock: this.clock, logger: this.logger } = this.options);
    this.runs = new KnownRuns(this.store);
    this.appender = new GroupAppender(this.store);
    this.keyed = new KeyedSubmissions(this.store);
    this.links = new LinkClaims(this.store.documents, this.clock);
    this.requests = new FeedbackRequests(this.store, this.clock, this.options);
  }

  /**
   * Validates and stores one judgement.
   * @returns the stored record, once it is durable; for a repeated idempotency key the first one
   * @throws FEEDBACK_INVALID for values out of range, wrong types, unknown fields, times in the future,
   * a key used again for something else, a revision of what is not there, a decision of another run;
   * FEEDBACK_UNKNOWN_RUN when neither the store nor `knows` has heard of the run, or of the run it is preferred over
   */
  submitFeedback(feedback: UserFeedback | FeedbackInput): Promise<FeedbackRecord> {
    return this.submit(feedback);
  }

  /** Why a judgement would be refused for what it says; undefined where it would not. Nothing is stored or counted. */
  problemOf(feedback: UserFeedback | FeedbackInput): LearningError | undefined {
    try {
      validateFeedback(feedback, this.clock.now(), this.options.maxClockSkewMs);
      return undefined;
    } catch (error) {
      return error as LearningError;
    }
  }

  /** Judgements that this process stored, and refused by the error's code. */
  counters(): FeedbackCounters {
    return this.count.read();
  }

  /** Counts a judgement that was refused before it was submitted. */
  countRefusal(error: LearningError): void {
    this.count.addRefused(error);
  }

  /**
   * Like {@link submitFeedback}, but a second submission under one idempotency key is refused, even
   * with the same content, in another process, or at the same instant: for links that are good for one
   * use.
   * @param linkedAt when the link was made, milliseconds since 1970: while nothing is stored of its run, no judgement is older
   * @throws FEEDBACK_REFUSED when the key was already used
   */
  submitOnce(feedback: FeedbackInput & { idempotencyKey: string }, linkedAt?: number): Promise<FeedbackRecord> {
    return this.submit(feedback, { linkedAt });
  }

  /** Whether this rater already submitted a judgement of this run under this idempotency key. */
  async wasSubmitted(workflowId: string, userId: string, idempotencyKey: string): Promise<boolean> {
    return (await this.keyed.find(keyedId(workflowId, userId, idempotencyKey), workflowId)) !== undefined;
  }

  /**
   * Stores a measured result of a run: the reward itself (a resolved ticket, a passed test).
   * @param reward in [0,1]
   */
  submitOutcome(workflowId: string, reward: number, options: OutcomeOptions = {}): Promise<FeedbackRecord> {
    const { measuredBy = "outcome", ...rest } = objectArgument(options, "the outcome's options", "FEEDBACK_INVALID");
    return this.submitFeedback({ ...rest, workflowId, userId: measuredBy, source: "outcome", outcome: reward });
  }

  /**
   * Asks a person about a run. The request waits for the answer until it expires; how it reaches the
   * person (a link of the HTTP handler, a message, the feedback node) is the host's choice.
   * @returns the request, the earlier one when this person was already asked about this run, or
   * undefined when this person was asked enough within the last day
   */
  async requestFeedback(workflowId: string, userId: string): Promise<FeedbackRequest | undefined> {
    checkWhom({ workflowId, userId });
    const workflowType = (await this.findRun(workflowId))?.workflowType;
    return this.requests.ask({ workflowId, userId, ...(workflowType !== undefined && { workflowType }) });
  }

  /**
   * Draws whether to ask about a finished run: surely or likely above `feedbackRequestThreshold`,
   * often where the reward is most uncertain, and sometimes by chance. The probability is kept,
   * whether or not it was asked, with the request, and later with the answer. One run and person is
   * drawn once, however often and in whichever process this is called.
   * @param run what is expected of the run is looked up (option `expect`) where it is left out
   * @returns the request, or undefined when the draw or the day's limit said no
   * @throws FEEDBACK_UNKNOWN_RUN
   */
  async considerRequest(run: RunToAsk): Promise<FeedbackRequest | undefined> {
    checkWhom(objectArgument(run, "the run to ask about", "FEEDBACK_INVALID"));
    const workflowType = (await this.findRun(run.workflowId))?.workflowType;
    const expected = run.expectedReward === undefined ? await this.options.expect?.(run.workflowId) : undefined;
    const least = run.leastProbability ?? (await this.options.leastProbability?.(run.workflowId));
    return this.requests.consider({
      ...(workflowType !== undefined && { workflowType }),
      ...expected,
      ...run,
      ...(least !== undefined && { leastProbability: least }),
    });
  }

  /**
   * Drops what requests and memory hold of a person, thread or run. Call it before the store's `erase`,
   * which takes the facts (`CollectiveLearningLoop.erase` does both).
   */
  async forget(selector: ErasureSelector): Promise<void> {
    checkArgument(selector, "selector", "object", "FEEDBACK_INVALID");
    if ("userId" in selector) await this.requests.forget(selector);
    else await this.requests.forget({ workflowIds: await this.runsOf(selector) });
    await this.runs.forget();
    await this.keyed.forget();
  }

  /** Requests still waiting for an answer, of one person or of all. */
  async pendingRequests(userId?: string): Promise<FeedbackRequest[]> {
    if (userId !== undefined) textArgument(userId, "userId", "FEEDBACK_INVALID");
    return this.requests.pending(userId);
  }

  /** Pending requests that are due for a reminder; each is counted as reminded by this call. */
  takeDueReminders(): Promise<FeedbackRequest[]> {
    return this.requests.takeDueReminders();
  }

  /** The workflowId of the run that a node's config belongs to; empty when nothing names it. */
  identify(config: RunConfigLike): string {
    checkArgument(config, "config", "object", "FEEDBACK_INVALID");
    const { metadata, configurable } = config;
    return (
      this.options.identify?.(config).workflowId ??
      String(metadata?.["workflowId"] ?? configurable?.["thread_id"] ?? "")
    );
  }

  /** Everything said about one run; empty lists when nothing was. */
  async getFeedback(workflowId: string): Promise<RunFeedback> {
    textArgument(workflowId, "workflowId", "FEEDBACK_INVALID");
    const history: FeedbackRecord[] = [];
    for await (const batch of this.store.read("feedback", { workflowId })) history.push(...batch.facts);
    return { workflowId, current: currentFeedback(history), history };
  }

  /** Everything one rater said, in order of arrival. */
  async getHistory(userId: string): Promise<FeedbackRecord[]> {
    textArgument(userId, "userId", "FEEDBACK_INVALID");
    const history: FeedbackRecord[] = [];
    for await (const batch of this.store.read("feedback", { userId })) history.push(...batch.facts);
    return history;
  }

  /** Counts, means, distributions, agreement and response bias over all feedback stored. */
  async getFeedbackStatistics(): Promise<FeedbackStatistics> {
    const records: FeedbackRecord[] = [];
    for await (const batch of this.store.read("feedback"))
      for (const record of batch.facts) records.push(await this.withType(record));
    return feedbackStatistics(records, await this.requests.list(), await this.requests.considered());
  }

  private submit(feedback: UserFeedback | FeedbackInput, once?: { linkedAt?: number }): Promise<FeedbackRecord> {
    return this.take(feedback, once).catch((error) => {
      this.count.addRefused(error);
      throw error;
    });
  }

  private async take(feedback: UserFeedback | FeedbackInput, once?: { linkedAt?: number }): Promise<FeedbackRecord> {
    const given = validateFeedback(feedback, this.clock.now(), this.options.maxClockSkewMs);
    const valid = this.asKept(given);
    const run = await this.findRun(valid.workflowId);
    if (valid.preference) await this.findRun(valid.preference.over);
    if (valid.revises !== undefined || valid.withdraws !== undefined)
      checkTargets(valid, (await this.getFeedback(valid.workflowId)).history);
    await checkDecision(valid, this.store, this.options);
    if (once) checkLinked(valid, run, once.linkedAt, this.clock.now());
    if (valid.idempotencyKey === undefined) return this.write(valid, run, newId());

    const feedbackId = keyedId(valid.workflowId, valid.userId, valid.idempotencyKey);
    if (once) return this.writeOnce(valid, run, feedbackId);
    const earlier = await this.keyed.find(feedbackId, valid.workflowId);
    if (!earlier) return this.begin(valid, run, feedbackId);
    if (earlier.content === submissionDigest(valid)) return earlier.record;
    throw new LearningError("FEEDBACK_INVALID", {
      received: `the idempotency key ${show(valid.idempotencyKey)} a second time with other content`,
      expected: "the same content, or another key",
      remedy: "To change a judgement, submit it under a new key with `revises`.",
    });
  }

  private asKept(valid: ValidFeedback): ValidFeedback {
    const { keptText } = this.options;
    if (!keptText) return valid;
    const { comment, correction, tags } = valid;
    return {
      ...valid,
      ...(comment !== undefined && { comment: keptText(comment, "comment") }),
      ...(correction !== undefined && { correction: keptText(correction, "correction") }),
      ...(tags && { tags: tags.map((tag) => keptText(tag, "tags")) }),
    };
  }

  private begin(valid: ValidFeedback, run: KnownRun | undefined, feedbackId: string): Promise<FeedbackRecord> {
    const record = this.write(valid, run, feedbackId);
    this.keyed.begin(feedbackId, submissionDigest(valid), record);
    return record;
  }

  private async writeOnce(valid: ValidFeedback, run: KnownRun | undefined, feedbackId: string) {
    if (this.keyed.has(feedbackId) || !(await this.links.take(feedbackId))) throw alreadyUsed();
    try {
      // Asked only now, with the claim in hand: another process may have stored one, and given its claim back.
      if (await this.keyed.find(feedbackId, valid.workflowId)) throw alreadyUsed();
      return await this.begin(valid, run, feedbackId);
    } finally {
      // Nobody waits for this: what is not given back lapses, and what was stored refuses the next by itself.
      this.links.release(feedbackId).catch((error) => {
        this.logger.debug("a link's claim was not given back", { feedbackId, message: messageOf(error) });
      });
    }
  }

  /** Feedback that came while its run still waited to be stored got no type; by now it may be known. */
  private async withType(record: FeedbackRecord): Promise<FeedbackRecord> {
    if (record.workflowType !== undefined) return record;
    const workflowType = (await this.runs.find(record.workflowId))?.workflowType;
    return workflowType === undefined ? record : { ...record, workflowType };
  }

  private async runsOf(selector: { threadId: string } | { workflowId: string }): Promise<string[]> {
    if ("workflowId" in selector) return [selector.workflowId];
    const found = new Set<string>();
    for (const kind of ["trace", "decision"] as const)
      for await (const batch of this.store.read(kind, selector))
        for (const fact of batch.facts) found.add(fact.workflowId);
    return [...found];
  }

  private async findRun(workflowId: string): Promise<KnownRun | undefined> {
    const run = await this.runs.find(workflowId);
    if (run) return run;
    if (await this.options.knows?.(workflowId)) return undefined;
    throw new LearningError("FEEDBACK_UNKNOWN_RUN", {
      received: `feedback for the run ${show(workflowId)}`,
      expected: "the workflowId of a run that was traced or has a logged decision",
      remedy: "Pass the id the graph was invoked with (metadata.workflowId), and flush the tracer of another process.",
    });
  }

  private async write(valid: ValidFeedback, run: KnownRun | undefined, feedbackId: string): Promise<FeedbackRecord> {
    const request = await this.requests.find(valid.workflowId, valid.userId);
    const record: FeedbackRecord = {
      ...valid,
      // What is known of the run comes before what the rater says of it.
      ...(run?.workflowType !== undefined && { workflowType: run.workflowType }),
      ...(run?.threadId !== undefined && { threadId: run.threadId }),
      ...(request?.probability !== undefined && { askedProbability: request.probability }),
      schemaVersion: 1,
      feedbackId,
    };
    await this.appender.append(record);
    this.count.addStored();
    this.tell(record);
    if (request && request.status !== "answered" && valid.withdraws === undefined)
      await this.requests.answered(request.requestId);
    this.logger.debug("feedback stored", { feedbackId, workflowId: valid.workflowId });
    return record;
  }

  private tell(record: FeedbackRecord): void {
    try {
      this.options.onStored?.(record);
    } catch (error) {
      this.logger.warn("a listener failed at a stored judgement", { reason: messageOf(error) });
    }
  }
}

/** A request needs a run to ask about, and a person to ask. */
function checkWhom({ workflowId, userId }: Pick<RunToAsk, "workflowId" | "userId">): void {
  textArgument(workflowId, "workflowId", "FEEDBACK_INVALID");
  textArgument(userId, "userId", "FEEDBACK_INVALID");
}
