import { isoTime } from "../../core/index.js";
import type { FactKind, FactTypes } from "../../store/index.js";
import type { Source } from "./source.js";

/** How far the clocks of two hosts may be apart: a decision is looked for that much outside of its run. */
const SLACK_MS = 5_000;
/** Facts of the page's time that are read at once; where there are more, each run is asked for by itself. */
const AT_ONCE = 400;

/** A run, and when it was: its facts need not be looked for at other times. */
export interface RunTime {
  workflowId: string;
  startedAt?: string;
  durationMs?: number;
}

/** Facts of the runs of a page, by run, in order: in one reading of their time, or run by run where that is more. */
export async function ofRuns<K extends FactKind>(
  source: Source,
  kind: K,
  runs: readonly RunTime[],
): Promise<Map<string, FactTypes[K][]>> {
  const found = new Map<string, FactTypes[K][]>();
  const { store } = source.loop.inspect;
  if (store.ofRuns && runs.length > 1) {
    const ids = new Set(runs.map((r) => r.workflowId));
    for (const fact of await store.ofRuns(kind, ids, timeOf(kind, runs)))
      found.set(fact.workflowId, [...(found.get(fact.workflowId) ?? []), fact]);
    return found;
  }
  const together = runs.length > 1 && (await ofTheirTime(source, kind, runs, found));
  if (together) return found;
  found.clear();
  await Promise.all(
    runs.map(async (run) => {
      const facts: FactTypes[K][] = [];
      // Asked newest first: only segments that hold something are opened then.
      const query = { workflowId: run.workflowId, latest: true, ...timeOf(kind, [run]) };
      for await (const batch of source.loop.inspect.store.read(kind, query)) facts.push(...batch.facts);
      if (facts.length > 0) found.set(run.workflowId, facts.reverse());
    }),
  );
  return found;
}

/** @returns false where there was more in that time than is read at once */
async function ofTheirTime<K extends FactKind>(
  { loop }: Source,
  kind: K,
  runs: readonly RunTime[],
  found: Map<string, FactTypes[K][]>,
): Promise<boolean> {
  const time = timeOf(kind, runs);
  if (time.from === undefined) return false;
  const wanted = new Set(runs.map((r) => r.workflowId));
  let read = 0;
  for await (const { facts } of loop.inspect.store.read(kind, { latest: true, limit: AT_ONCE, ...time })) {
    read += facts.length;
    for (const fact of facts) {
      if (!wanted.has(fact.workflowId)) continue;
      const list = found.get(fact.workflowId);
      if (list) list.unshift(fact);
      else found.set(fact.workflowId, [fact]);
    }
  }
  return read < AT_ONCE;
}

/** When facts of these runs can have been made; judgements come at any time later. */
function timeOf(kind: FactKind, runs: readonly RunTime[]): { from?: string; to?: string } {
  const begins = runs.flatMap((r) => (r.startedAt === undefined ? [] : [Date.parse(r.startedAt)]));
  if (begins.length < runs.length || runs.length === 0) return {};
  const from = isoTime(Math.min(...begins) - SLACK_MS);
  if (kind === "feedback") return { from };
  const ends = runs.map((r, i) => (begins[i] ?? 0) + (r.durationMs ?? 0));
  return { from, to: isoTime(Math.max(...ends) + SLACK_MS) };
}
