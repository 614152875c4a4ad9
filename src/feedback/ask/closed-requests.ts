import { checkArgument } from "../../core/arguments.js";
import type { DocumentStore } from "../../store/index.js";
import { mayBeAnswered, requestsIn } from "./request-book.js";

/** What is read of arguments. */
const DOCS = { get: "function" } as const;

/**
 * Requests that were answered or lapsed, as far as they are kept: what tells whether some answer less than others.
 * @param now milliseconds since 1970
 * @example
 * ```ts
 * const closed = await closedRequests(store.documents, Date.now());
 * const answered = closed.filter((request) => request.answered).length;
 * ```
 */
export async function closedRequests(
  documents: DocumentStore,
  now: number,
): Promise<{ workflowId: string; answered: boolean }[]> {
  checkArgument(documents, "documents", DOCS, "FEEDBACK_INVALID");
  checkArgument(now, "now", "number", "FEEDBACK_INVALID");
  return (await requestsIn(documents, now))
    .filter((r) => !mayBeAnswered(r, now))
    .map((r) => ({ workflowId: r.workflowId, answered: r.status === "answered" }));
}

/**
 * Requests that were drawn, with their probabilities; `answered` is absent while one may still be answered.
 * @param now milliseconds since 1970
 * @example
 * ```ts
 * for (const { workflowId, probability } of await drawnRequests(store.documents, Date.now()))
 *   console.log(workflowId, 1 / probability);
 * ```
 */
export async function drawnRequests(
  documents: DocumentStore,
  now: number,
): Promise<{ workflowId: string; answered?: boolean; probability: number }[]> {
  checkArgument(documents, "documents", DOCS, "FEEDBACK_INVALID");
  checkArgument(now, "now", "number", "FEEDBACK_INVALID");
  return (await requestsIn(documents, now)).flatMap((r) => {
    if (r.probability === undefined) return [];
    const { workflowId, probability } = r;
    return [{ workflowId, probability, ...(!mayBeAnswered(r, now) && { answered: r.status === "answered" }) }];
  });
}
