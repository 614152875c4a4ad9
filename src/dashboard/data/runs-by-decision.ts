import { type Decision, isoTime, type TraceSegment } from "../../core/index.js";
import { ofRuns } from "./facts-of-page.js";
import { PageDraft } from "./page-draft.js";
import { decisionFits, rowFits, traceFits } from "./run-filter.js";
import { indexed, type RunCursor, type RunFilter } from "./run-query.js";
import { BUDGET_MS, type ListOptions, PAGE, type RunPage, type RunRow, rowsOf } from "./run-row.js";
import type { Source } from "./source.js";

/** A run is looked for that long before its decision first; one that began earlier is found by its id. */
const BEGAN_WITHIN_MS = 60_000;

/**
 * One page of runs by their decisions, which the store finds by index: in the order of each run's newest decision
 * that is asked for.
 */
export async function runsByDecision(source: Source, filter: RunFilter, options: ListOptions): Promise<RunPage> {
  const { cursor, limit = PAGE, budgetMs = BUDGET_MS } = options;
  const { store, clock } = source.loop.inspect;
  const { from: _, ...times } = indexed({ to: filter.to }, cursor);
  const { point: decisionPoint, destination: chosen, version: policyVersion, from } = filter;
  const seen = new Set(cursor?.seen);
  const query = {
    ...times,
    ...(from !== undefined && { from }),
    ...(decisionPoint !== undefined && { decisionPoint }),
    ...(chosen !== undefined && { chosen }),
    ...(policyVersion !== undefined && policyVersion !== "fallback" && { policyVersion }),
    batchSize: limit + seen.size + 1,
  };
  const started = clock.monotonic();
  const page = new PageDraft(cursor);
  const { runs, shown } = page;
  for await (const { facts } of store.read("decision", query)) {
    const fresh = facts.filter((d) => !(d.at === cursor?.at && seen.has(d.decisionId)));
    const asked = fresh.filter((d) => !shown.has(d.workflowId) && decisionFits(described(d), filter));
    const newest = await newestSegments(source, asked);
    const rows = await rowsOf(
      source,
      [...newest.values()].filter((s) => traceFits(s, filter)),
    );
    for (const decision of fresh) {
      if (runs.length === limit) return page.answer(true);
      page.passed(decision.at, decision.decisionId);
      const row = rows.get(decision.workflowId);
      if (!row || shown.has(row.workflowId) || !rowFits(row, filter)) continue;
      shown.add(row.workflowId);
      // An earlier page ended between two decisions of this run: it was shown there.
      if (cursor && row.decisions.some((d) => decisionFits(d, filter) && isPast(d, cursor))) continue;
      runs.push(row);
    }
    if (clock.monotonic() - started > budgetMs) return page.answer(false);
  }
  return page.end();
}

const described = ({ decisionPoint, chosen, policyVersion }: Decision) => ({
  point: decisionPoint,
  chosen,
  ...(policyVersion !== undefined && { version: policyVersion }),
});

/** Whether a decision stood on an earlier page. */
function isPast({ id, at }: RunRow["decisions"][number], cursor: RunCursor): boolean {
  return Date.parse(at) > Date.parse(cursor.at) || (at === cursor.at && cursor.seen.includes(id));
}

async function newestSegments(source: Source, decisions: readonly Decision[]): Promise<Map<string, TraceSegment>> {
  const times = new Map<string, { workflowId: string; startedAt: string; durationMs: number }>();
  for (const { workflowId, at } of decisions)
    times.set(workflowId, {
      workflowId,
      startedAt: isoTime(Date.parse(at) - BEGAN_WITHIN_MS),
      durationMs: BEGAN_WITHIN_MS,
    });
  const found = await ofRuns(source, "trace", [...times.values()]);
  // What did not end well may have been gone on with at any later time.
  const isFinal = (id: string) => found.get(id)?.at(-1)?.status === "success";
  const missing = [...times.keys()].filter((id) => !isFinal(id)).map((workflowId) => ({ workflowId }));
  for (const [id, segments] of await ofRuns(source, "trace", missing)) found.set(id, segments);
  return new Map([...found].flatMap(([id, segments]) => segments.slice(-1).map((s) => [id, s] as const)));
}
