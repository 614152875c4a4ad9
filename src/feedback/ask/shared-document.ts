import type { Clock } from "../../core/index.js";
import type { DocumentStore } from "../../store/index.js";
import { GroupedUpdates } from "../collect/grouped-updates.js";

const STALE_MS = 1000;

/**
 * One of the store's documents, shared with other processes: every change is made to the newest state, and
 * what is read is at most a second old. Changes that come while one is written go out together.
 */
export class SharedDocument<S> {
  private state: S;
  private readAt = Number.NEGATIVE_INFINITY;
  private reading: Promise<void> | undefined;
  private readonly updates: GroupedUpdates<S>;

  /** @param complete the state to start from where nothing, or only a part, is stored */
  constructor(
    private readonly documents: DocumentStore,
    private readonly clock: Clock,
    private readonly key: string,
    private readonly complete: (stored: Partial<S> | undefined) => S,
    private readonly onTaken: (state: S) => void = () => {},
  ) {
    this.state = complete(undefined);
    this.updates = new GroupedUpdates(documents, key, complete, (state) => this.take(state));
  }

  /** The state, at most a second old. */
  async read(): Promise<Readonly<S>> {
    if (this.clock.monotonic() - this.readAt >= STALE_MS) {
      this.reading ??= this.documents
        .get<S>(this.key)
        .then((stored) => this.take(stored))
        .finally(() => {
          this.reading = undefined;
        });
      await this.reading;
    }
    return this.state;
  }

  /** Changes the newest state and resolves with what `edit` returned, once it is durable. */
  change<T>(edit: (state: S) => T): Promise<T> {
    return this.updates.change(edit);
  }

  private take(stored: Partial<S> | undefined): void {
    this.state = this.complete(stored);
    this.readAt = this.clock.monotonic();
    this.onTaken(this.state);
  }
}
