import type { Approval } from "../../loop/index.js";
import { Refusal } from "./errors.js";
import { noteChange, signed } from "./journal.js";
import type { Person, Source } from "./source.js";

/**
 * Lets a proven version serve, or turns it down; either is written to the history with the person's name.
 * @throws Refusal 404 when nothing waits under this name
 */
export async function decideApproval(
  source: Source,
  person: Person,
  { name, version, agree, why }: { name: string; version: string; agree: boolean; why: string },
): Promise<Approval> {
  const { inspect, prompts, registry } = source.loop;
  const waiting = (await inspect.approvals()).find((a) => a.name === name && a.version === version);
  if (!waiting) throw new Refusal(404, `Nothing waits under ${name} ${version}.`);
  const reason = `${signed(person, why)} (proven: ${waiting.reason})`;
  if (agree && name.startsWith("prompt")) await prompts.approve(name, version, reason);
  else if (agree) await registry.promote(name, version, reason);
  await inspect.settleApproval(name, version);
  await noteChange(source, person, { action: agree ? "approve" : "refuse", subject: name, to: version, why });
  return waiting;
}
