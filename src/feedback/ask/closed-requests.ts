import type { DocumentStore } from "../../store/index.js";
import { REQUESTS_DOCUMENT, type RequestState } from "./request-book.js";

/**
 * Requests that were answered or lapsed, as far as they are kept: what tells whether some answer less than others.
 * @param now milliseconds since 1970
 */
export async function closedRequests(
  documents: DocumentStore,
  now: number,
): Promise<{ workflowId: string; answered: boolean }[]> {
  const stored = await documents.get<Partial<RequestState>>(REQUESTS_DOCUMENT);
  return (stored?.requests ?? [])
    .filter((r) => r.status !== "pending" || Date.parse(r.expiresAt) <= now)
    .map((r) => ({ workflowId: r.workflowId, answered: r.status === "answered" }));
}
