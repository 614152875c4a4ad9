import { isoTime } from "../../core/index.js";
import { Refusal } from "./errors.js";
import { isStored, unknownRun } from "./run.js";
import type { Person, Source } from "./source.js";

/** The run that a person has before them, by the person's name: one each. */
type Holds = Record<string, { workflowId: string; at: string }>;

const KEY = "dashboard/holds";
/** A run that nobody judged, skipped or looked at anew for so long is free again. */
const HELD_MS = 10 * 60_000;

/** Runs that other people have before them now. */
export async function heldByOthers(source: Source, { name }: Person): Promise<Set<string>> {
  const { store } = source.loop.inspect;
  const holds = lively(source, await store.documents.get<Holds>(KEY));
  return new Set(Object.entries(holds).flatMap(([by, { workflowId }]) => (by === name ? [] : [workflowId])));
}

/**
 * Takes a run for a person, who gives up the one held before: nobody else is given it meanwhile.
 * @returns false where another person has it
 * @throws RUN_UNKNOWN where nothing is stored of it
 */
export async function holdRun(
  source: Source,
  { name }: Person,
  body: Record<string, unknown>,
): Promise<{ held: boolean }> {
  const { workflowId } = body;
  if (typeof workflowId !== "string" || workflowId === "") throw new Refusal(400, "workflowId is missing.");
  if (!(await isStored(source, workflowId))) throw unknownRun(workflowId);
  const { store, clock } = source.loop.inspect;
  let held = false;
  await store.documents.update<Holds>(KEY, (stored) => {
    const holds = lively(source, stored);
    held = !Object.entries(holds).some(([by, h]) => by !== name && h.workflowId === workflowId);
    return held ? { ...holds, [name]: { workflowId, at: isoTime(clock.now()) } } : holds;
  });
  return { held };
}

function lively(source: Source, stored: Holds = {}): Holds {
  const now = source.loop.inspect.clock.now();
  return Object.fromEntries(Object.entries(stored).filter(([, { at }]) => Math.abs(now - Date.parse(at)) < HELD_MS));
}
