import type { Clock } from "../../core/index.js";
import type { DocumentStore } from "../../store/index.js";
import { isListOfRecords } from "../../store/shaped-documents.js";
import { PagedBook } from "./paged-book.js";
import type { ConsideredRun, FeedbackRequest } from "./request-types.js";
import { SharedDocument } from "./shared-document.js";

const DAY_MS = 86_400_000;
const CLOSED_KEPT = 1000;

/** Runs that were drawn for, asked or not, oldest first: a document that every finished run changes, so kept small. */
export interface ConsideredState {
  considered: ConsideredRun[];
}

const CONSIDERED_DOCUMENT = "feedback-considered";
const CONSIDERED_KEPT = 200;

/** Where earlier releases kept all requests, in one document. */
const EARLIER_DOCUMENT = "feedback-requests";

/** The requests of a store. */
export function requestBook(documents: Pick<DocumentStore, "get" | "update">): PagedBook<FeedbackRequest> {
  return new PagedBook(documents, { name: "feedback-requests", idOf: ({ requestId }) => String(requestId) });
}

/** Requests that a process of an earlier release has left. */
async function requestsOfEarlier(documents: Pick<DocumentStore, "get">): Promise<FeedbackRequest[]> {
  const stored = await documents.get<{ requests?: unknown } | null>(EARLIER_DOCUMENT);
  return isListOfRecords(stored?.requests) ? (stored?.requests as FeedbackRequest[]) : [];
}

/**
 * Takes over the requests that earlier releases kept in one document.
 * @param onTaken called with them before they are no longer found there
 */
export async function takeOverEarlier(
  documents: Pick<DocumentStore, "get" | "update">,
  book: PagedBook<FeedbackRequest>,
  onTaken: (requests: readonly FeedbackRequest[]) => Promise<void>,
): Promise<void> {
  const earlier = await requestsOfEarlier(documents);
  if (earlier.length === 0) return;
  await onTaken(earlier);
  if (!(await book.begin(earlier)))
    for (const request of earlier)
      await book.change(request.requestId, (requests) => {
        if (!requests.some((r) => r.requestId === request.requestId)) requests.push(request);
      });
  const taken = new Set(earlier.map((r) => r.requestId));
  await documents.update<{ requests?: FeedbackRequest[] }>(EARLIER_DOCUMENT, (stored) => ({
    requests: isListOfRecords(stored?.requests) ? stored!.requests!.filter((r) => !taken.has(r.requestId)) : [],
  }));
}

/** Whether a request waits no more, and counts for no day's limit. */
function isOld(r: FeedbackRequest, now: number): boolean {
  return !mayBeAnswered(r, now) && Date.parse(r.askedAt) <= now - DAY_MS;
}

/** Whether a request may still be answered in time. */
export function mayBeAnswered(r: FeedbackRequest, now: number): boolean {
  return r.status === "pending" && Date.parse(r.expiresAt) > now;
}

/**
 * Drops the oldest that were answered or lapsed from a page.
 * @param share of all ids that belong on it: a little more is kept than its share of 1,000, as chance gives some pages more
 */
export function dropOldest(requests: FeedbackRequest[], share: number, now: number): void {
  const mean = CLOSED_KEPT * share;
  const kept = share === 1 ? CLOSED_KEPT : Math.ceil(mean + 5 * Math.sqrt(mean) + 5);
  if (requests.length <= kept) return;
  const old = requests.filter((r) => isOld(r, now));
  const gone = new Set(old.slice(0, Math.max(0, old.length - kept)));
  if (gone.size > 0) requests.splice(0, requests.length, ...requests.filter((r) => !gone.has(r)));
}

/** Every request kept, oldest first: all pending ones, those of the last day, and the last 1,000 that are closed. */
export async function requestsIn(documents: Pick<DocumentStore, "get" | "update">, now: number) {
  const all: FeedbackRequest[] = [];
  const earlier = new Map((await requestsOfEarlier(documents)).map((r) => [r.requestId, r]));
  for await (const page of requestBook(documents).all())
    for (const request of page) {
      all.push(request);
      earlier.delete(request.requestId);
    }
  all.push(...earlier.values());
  all.sort((a, b) => (a.askedAt < b.askedAt ? -1 : a.askedAt > b.askedAt ? 1 : 0));
  dropOldest(all, 1, now);
  return all;
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
