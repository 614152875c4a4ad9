import type { Clock } from "../../core/index.js";
import type { DocumentStore } from "../../store/index.js";
import { GroupedUpdates } from "../collect/grouped-updates.js";
import type { ConsideredRun, FeedbackRequest } from "./request-types.js";

/** What is kept of requests, as one document. */
export interface RequestState {
  requests: FeedbackRequest[];
  /** Runs that were drawn for, asked or not, oldest first. */
  considered: ConsideredRun[];
}

/** Where requests are kept among the documents of a store. */
export const REQUESTS_DOCUMENT = "feedback-requests";
const STALE_MS = 1000;

const complete = (stored: Partial<RequestState> | undefined): RequestState => ({
  requests: stored?.requests ?? [],
  considered: stored?.considered ?? [],
});

/**
 * The requests in the store's documents, shared with other processes: every change is made to the
 * newest state, and what is read is at most a second old. Changes that come while one is written go
 * out together.
 */
export class RequestBook {
  private state: RequestState = { requests: [], considered: [] };
  private byId = new Map<string, FeedbackRequest>();
  private readAt = Number.NEGATIVE_INFINITY;
  private reading: Promise<void> | undefined;
  private readonly updates: GroupedUpdates<RequestState>;

  constructor(
    private readonly documents: DocumentStore,
    private readonly clock: Clock,
  ) {
    this.updates = new GroupedUpdates(documents, REQUESTS_DOCUMENT, complete, (state) => this.take(state));
  }

  /** The state, at most a second old. */
  async read(): Promise<Readonly<RequestState>> {
    if (this.clock.monotonic() - this.readAt >= STALE_MS) {
      this.reading ??= this.documents
        .get<RequestState>(REQUESTS_DOCUMENT)
        .then((stored) => this.take(stored))
        .finally(() => {
          this.reading = undefined;
        });
      await this.reading;
    }
    return this.state;
  }

  /** The request of this id, at most a second behind other processes. */
  async find(requestId: string): Promise<FeedbackRequest | undefined> {
    await this.read();
    return this.byId.get(requestId);
  }

  /** Changes the newest state and resolves with what `edit` returned, once it is durable. */
  change<T>(edit: (state: RequestState) => T): Promise<T> {
    return this.updates.change(edit);
  }

  private take(state: RequestState | undefined): void {
    this.state = complete(state);
    this.byId = new Map(this.state.requests.map((r) => [r.requestId, r]));
    this.readAt = this.clock.monotonic();
  }
}
