import type { FeedbackRecord } from "../../core/index.js";
import type { LearningStore } from "../../store/index.js";

/**
 * Appends records in groups: while one append is under way, the next submissions gather and go
 * out together, so that a slow, durable store still takes thousands of submissions a second.
 */
export class GroupAppender {
  private waiting: FeedbackRecord[] = [];
  private flight: Promise<void> | undefined;
  private next: Promise<void> | undefined;

  constructor(private readonly store: LearningStore) {}

  /** Resolves when the record is durable; rejects with the store's error when its group failed. */
  append(record: FeedbackRecord): Promise<void> {
    this.waiting.push(record);
    this.next ??= this.send();
    return this.next;
  }

  private async send(): Promise<void> {
    // A failed group has told its own submitters.
    await this.flight?.catch(() => {});
    const group = this.waiting;
    this.waiting = [];
    this.next = undefined;
    this.flight = this.store.append("feedback", group);
    await this.flight;
  }
}
