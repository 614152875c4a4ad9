import { digest, type FeedbackRecord } from "../../core/index.js";
import { Follower } from "../../store/follow.js";
import type { LearningStore } from "../../store/index.js";
import type { ValidFeedback } from "./validate.js";

/** A submission under a key: under way, or stored. */
export interface KeyedSubmission {
  /** Digest of what it said. */
  content: string;
  record: Promise<FeedbackRecord>;
}

/**
 * The submissions that came under an idempotency key, by feedbackId: those of this process at once,
 * those of others as soon as they are in the store, of which only what it gained is read. Those before the newest
 * `recent` judgements it begins with, and those forgotten beyond `capacity`, are looked up in the store one by one.
 */
export class KeyedSubmissions {
  private readonly known = new Map<string, KeyedSubmission>();
  private readonly follower: Follower<"feedback">;
  private forgot = false;

  constructor(
    private readonly store: LearningStore,
    private readonly capacity = 200_000,
    private readonly recent = 20_000,
  ) {
    this.follower = new Follower(store);
  }

  /** Whether a submission under this id is known already, without a look into the store. */
  has(feedbackId: string): boolean {
    return this.known.has(feedbackId);
  }

  /** The submission under this id, if any; after the answer no other may begin before {@link begin}. */
  async find(feedbackId: string, workflowId: string): Promise<KeyedSubmission | undefined> {
    if (this.known.has(feedbackId)) return this.known.get(feedbackId);
    await this.follower.refresh(
      () => this.readNews(),
      () => this.known.has(feedbackId),
    );
    if (!this.known.has(feedbackId) && this.forgot)
      for await (const batch of this.store.read("feedback", { workflowId }))
        for (const record of batch.facts) this.keep(record);
    return this.known.get(feedbackId);
  }

  /** Notes a submission that is on its way; one that fails is forgotten, so that it can be tried again. */
  begin(feedbackId: string, content: string, record: Promise<FeedbackRecord>): void {
    const submission = { content, record };
    this.known.set(feedbackId, submission);
    this.trim();
    record.catch(() => {
      if (this.known.get(feedbackId) === submission) this.known.delete(feedbackId);
    });
  }

  /** Forgets everything; what the store then still has is read anew. */
  forget(): Promise<void> {
    return this.follower.forget(() => {
      this.known.clear();
      this.forgot = false;
    });
  }

  private async readNews(): Promise<void> {
    if (!this.follower.hasBegun()) return this.beginReading();
    for await (const records of this.follower.news("feedback")) for (const record of records) this.keep(record);
  }

  /** A long history is not read for the first key. */
  private async beginReading(): Promise<void> {
    const newest: FeedbackRecord[] = [];
    let end: string | undefined;
    for await (const { facts, cursor } of this.follower.newest("feedback", this.recent)) {
      newest.push(...facts);
      end = cursor;
    }
    if (end !== undefined) this.follower.goOnFrom([["feedback", end]]);
    if (newest.length >= this.recent) this.forgot = true;
    for (const record of newest.reverse()) this.keep(record);
  }

  private keep(record: FeedbackRecord): void {
    if (record.idempotencyKey === undefined || this.known.has(record.feedbackId)) return;
    this.known.set(record.feedbackId, { content: submissionDigest(record), record: Promise.resolve(record) });
    this.trim();
  }

  private trim(): void {
    for (const oldest of this.known.keys()) {
      if (this.known.size <= this.capacity) return;
      this.known.delete(oldest);
      this.forgot = true;
    }
  }
}

/** The id of the submission that a rater made of a run under a key. */
export function keyedId(workflowId: string, userId: string, idempotencyKey: string): string {
  return digest(JSON.stringify(["feedback", workflowId, userId, idempotencyKey]));
}

/** A digest of what a submission says, leaving out what the collector adds. */
export function submissionDigest(f: ValidFeedback | FeedbackRecord): string {
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
