import type { Clock } from "../../core/index.js";
import { isRecord } from "../../core/is-object.js";
import type { DocumentStore } from "../../store/index.js";
import { isListOfRecords } from "../../store/shaped-documents.js";
import type { ConsideredRun, FeedbackRequest } from "./request-types.js";
import { SharedDocument } from "./shared-document.js";

/** The requests, as one document: it changes when somebody is asked or answers. */
export interface RequestState {
  requests: FeedbackRequest[];
}

/** Runs that were drawn for, asked or not, oldest first: a document that every finished run changes, so kept small. */
export interface ConsideredState {
  considered: ConsideredRun[];
}

/** Whether a stored value can hold requests. */
export const isRequestState = (value: unknown): boolean => isRecord(value) && isListOfRecords(value.requests);

/** Where requests are kept among the documents of a store. */
export const REQUESTS_DOCUMENT = "feedback-requests";
const CONSIDERED_DOCUMENT = "feedback-considered";
const CONSIDERED_KEPT = 200;

/** The requests, found by their ids. */
export class RequestBook {
  private byId = new Map<string, FeedbackRequest>();
  private readonly document: SharedDocument<RequestState>;

  constructor(documents: DocumentStore, clock: Clock) {
    this.document = new SharedDocument<RequestState>(
      documents,
      clock,
      REQUESTS_DOCUMENT,
      (stored) => ({ requests: isListOfRecords(stored?.requests) ? stored!.requests! : [] }),
      ({ requests }) => {
        this.byId = new Map(requests.map((r) => [r.requestId, r]));
      },
    );
  }

  /** The state, at most a second old. */
  read(): Promise<Readonly<RequestState>> {
    return this.document.read();
  }

  /** The request of this id, at most a second behind other processes. */
  async find(requestId: string): Promise<FeedbackRequest | undefined> {
    await this.document.read();
    return this.byId.get(requestId);
  }

  /** Changes the newest state and resolves with what `edit` returned, once it is durable. */
  change<T>(edit: (state: RequestState) => T): Promise<T> {
    return this.document.change(edit);
  }
}

/** The last 200 runs that draws were made for. */
export class ConsideredRuns {
  private readonly document: SharedDocument<ConsideredState>;

  constructor(documents: DocumentStore, clock: Clock) {
    this.document = new SharedDocument<ConsideredState>(documents, clock, CONSIDERED_DOCUMENT, (stored) => ({
      considered: isListOfRecords(stored?.considered) ? stored!.considered! : [],
    }));
  }

  /** The runs, at most a second behind other processes. */
  async read(): Promise<readonly ConsideredRun[]> {
    return (await this.document.read()).considered;
  }

  /** Takes a run in, once. */
  async add(run: ConsideredRun): Promise<void> {
    await this.document.change(({ considered }) => {
      if (considered.some((c) => c.requestId === run.requestId)) return;
      considered.push(run);
      considered.splice(0, considered.length - CONSIDERED_KEPT);
    });
  }

  /** Drops the runs that `isGone` finds. */
  async forget(isGone: (run: ConsideredRun) => boolean): Promise<void> {
    await this.document.change((state) => {
      state.considered = state.considered.filter((run) => !isGone(run));
    });
  }
}
