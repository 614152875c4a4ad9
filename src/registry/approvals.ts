import { type Clock, isoTime } from "../core/index.js";
import type { DocumentStore } from "../store/index.js";
import { isBookOfRecords, shapedDocuments } from "../store/shaped-documents.js";

/** A version that the gate has proven and that waits for a person's word. */
export interface Approval {
  /** The artifact, such as `policy/triage`. */
  name: string;
  version: string;
  /** What the gate found, in a sentence. */
  reason: string;
  /** Since when it waits, ISO 8601. */
  at: string;
}

const KEY = "loop/approvals";
type Waiting = Record<string, Approval>;

/** Everything that waits, the oldest first; at most one version per name. */
export async function waitingApprovals(documents: DocumentStore): Promise<Approval[]> {
  const stored = (await shapedDocuments<Waiting>(documents, isBookOfRecords).get(KEY)) ?? {};
  return Object.values(stored).sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

/** Lets a proven version wait; it takes the place of one that waited under the same name. */
export async function askForApproval(
  documents: DocumentStore,
  clock: Clock,
  { name, version, reason }: Omit<Approval, "at">,
): Promise<void> {
  const approval: Approval = { name, version, reason, at: isoTime(clock.now()) };
  await shapedDocuments<Waiting>(documents, isBookOfRecords).update(KEY, (waiting) => ({
    ...waiting,
    [name]: approval,
  }));
}

/** Takes a version off the list, agreed to or turned down; nothing where another one waits by now. */
export async function settleApproval(documents: DocumentStore, name: string, version: string): Promise<void> {
  await shapedDocuments<Waiting>(documents, isBookOfRecords).update(KEY, (waiting = {}) => {
    const { [name]: mine, ...others } = waiting;
    return mine?.version === version ? others : waiting;
  });
}
