import type { DocumentStore } from "../../store/index.js";

/**
 * Changes to one document that other processes change too: each is made to the newest state, and those
 * that come while one is written go out together.
 */
export class GroupedUpdates<S> {
  private queue: ((state: S) => void)[] = [];
  private writing: Promise<S> | undefined;
  private next: Promise<void> | undefined;

  /** @param complete the state to start from where nothing, or only a part, is stored */
  constructor(
    private readonly documents: Pick<DocumentStore, "update">,
    private readonly key: string,
    private readonly complete: (stored: Partial<S> | undefined) => S,
    private readonly onWritten: (state: S) => void = () => {},
  ) {}

  /** Changes the newest state and resolves with what `edit` returned, once it is durable. */
  async change<T>(edit: (state: S) => T): Promise<T> {
    let result: T | undefined;
    this.queue.push((state) => {
      result = edit(state);
    });
    this.next ??= this.write();
    await this.next;
    return result as T;
  }

  private async write(): Promise<void> {
    // A failed write has told its own callers.
    await this.writing?.catch(() => {});
    const edits = this.queue;
    this.queue = [];
    this.next = undefined;
    this.writing = this.documents.update<S>(this.key, (stored) => {
      const state = this.complete(stored);
      for (const edit of edits) edit(state);
      return state;
    });
    this.onWritten(await this.writing);
  }
}
