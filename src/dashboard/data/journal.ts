import { isoTime } from "../../core/index.js";
import type { Person, Source } from "./source.js";

/** One change that a person made here. */
export interface Change {
  at: string;
  by: string;
  /** What was done: promote, rollback, pin, unpin, mode, judge, undo, assign, approve, refuse. */
  action: string;
  /** What it was done to: an artifact, a decision point, a run. */
  subject: string;
  /** The version or mode that was chosen. */
  to?: string;
  why: string;
}

const KEY = "dashboard/changes";
const KEPT = 1000;

/** Writes down who changed what and why; the last 1,000 changes are kept. */
export async function noteChange({ loop }: Source, person: Person, change: Omit<Change, "at" | "by">): Promise<void> {
  const entry: Change = { at: isoTime(loop.inspect.clock.now()), by: person.name, ...change };
  await loop.inspect.store.documents.update<Change[]>(KEY, (changes) => [...(changes ?? []), entry].slice(-KEPT));
}

/** What people changed here, the newest first. */
export async function changesIn({ loop }: Source): Promise<Change[]> {
  return ((await loop.inspect.store.documents.get<Change[]>(KEY)) ?? []).toReversed();
}

/** A reason as the registry's history keeps it: who, then why. */
export function signed(person: Person, why: string): string {
  return `${person.name}: ${why}`;
}
