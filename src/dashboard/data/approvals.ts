import { Refusal } from "./errors.js";
import { noteChange, signed } from "./journal.js";
import type { Person, Source } from "./source.js";

/** A proven version that waits for a person's word. */
export interface Approval {
  /** The artifact, such as `policy/triage`. */
  name: string;
  version: string;
  /** What the gate found, in a sentence. */
  reason: string;
  at: string;
}

const KEY = "loop/approvals";

/** Everything that waits, the oldest first. */
export async function approvalsIn({ loop }: Source): Promise<Approval[]> {
  const stored = (await loop.inspect.store.documents.get<Record<string, Approval>>(KEY)) ?? {};
  return Object.values(stored).sort((a, b) => (a.at < b.at ? -1 : 1));
}

/**
 * Lets a proven version serve, or turns it down; either is written to the history with the person's name.
 * @throws Refusal 404 when nothing waits under this name
 */
export async function decideApproval(
  source: Source,
  person: Person,
  { name, version, agree, why }: { name: string; version: string; agree: boolean; why: string },
): Promise<void> {
  const { documents } = source.loop.inspect.store;
  const waiting = (await approvalsIn(source)).find((a) => a.name === name && a.version === version);
  if (!waiting) throw new Refusal(404, `Nothing waits under ${name} ${version}.`);
  if (agree) await source.loop.registry.promote(name, version, `${signed(person, why)} (proven: ${waiting.reason})`);
  await documents.update<Record<string, Approval>>(KEY, (stored = {}) => {
    const { [name]: mine, ...others } = stored;
    return mine?.version === version ? others : stored;
  });
  await noteChange(source, person, { action: agree ? "approve" : "refuse", subject: name, to: version, why });
}
