import { after, isAboutDecisions, rowFits, traceFits } from "./run-filter.js";
import { cursorText, indexed, type RunCursor, type RunFilter } from "./run-query.js";
import { BUDGET_MS, type ListOptions, PAGE, type RunPage, type RunRow, rowsOf } from "./run-row.js";
import { runsByDecision } from "./runs-by-decision.js";
import type { Source } from "./source.js";

/** Facts read at once while filters are applied. */
const BATCH = 256;

/**
 * One page of runs. Time, type, status, and a decision's point, destination and version are found by the store's
 * index; other conditions by looking, newest first.
 */
export function listRuns(source: Source, filter: RunFilter, options: ListOptions = {}): Promise<RunPage> {
  return isAboutDecisions(filter) ? runsByDecision(source, filter, options) : runsByTime(source, filter, options);
}

async function runsByTime(source: Source, filter: RunFilter, options: ListOptions): Promise<RunPage> {
  const { cursor, limit = PAGE, budgetMs = BUDGET_MS } = options;
  const { store, clock } = source.loop.inspect;
  const looks = needsLooking(filter);
  const started = clock.monotonic();
  const seen = new Set(cursor?.seen);
  const shown = new Set<string>();
  const runs: RunRow[] = [];
  let scanned = 0;
  let last: RunCursor | undefined = cursor;
  const query = { ...indexed(filter, cursor), batchSize: looks ? BATCH : limit + seen.size + 1 };
  for await (const { facts } of store.read("trace", query)) {
    const fresh = facts.filter((s) => !(s.startedAt === cursor?.at && seen.has(s.segmentId)));
    // What was decided and said is read of those alone whose trace fits.
    const fitting = new Set(fresh.filter((s) => traceFits(s, filter)));
    const rows = await rowsOf(source, [...fitting]);
    for (const segment of fresh) {
      if (runs.length === limit) return { runs, cursor: last && cursorText(last), scanned, complete: true };
      scanned++;
      last = after(last, segment.startedAt, segment.segmentId);
      const row = rows.get(segment.workflowId);
      if (!row || shown.has(segment.workflowId) || !fitting.has(segment) || !rowFits(row, filter)) continue;
      shown.add(segment.workflowId);
      runs.push(row);
    }
    if (clock.monotonic() - started > budgetMs)
      return { runs, cursor: last && cursorText(last), scanned, complete: false };
  }
  return { runs, scanned, complete: true };
}

function needsLooking({ type: _t, status: _s, from: _f, to: _o, ...others }: RunFilter): boolean {
  return Object.values(others).some((v) => v !== undefined);
}
