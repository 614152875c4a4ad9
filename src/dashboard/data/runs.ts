import { checkArgument } from "../../core/arguments.js";
import type { TraceSegment } from "../../core/index.js";
import { ofRuns } from "./facts-of-page.js";
import { PageDraft } from "./page-draft.js";
import { isAboutDecisions, isAboutJudgements, rowFits, traceFits } from "./run-filter.js";
import { indexed, type RunFilter } from "./run-query.js";
import { BUDGET_MS, type ListOptions, PAGE, type RunPage, rowsOf, type SaidOfRuns } from "./run-row.js";
import { runsByDecision } from "./runs-by-decision.js";
import { runsByJudgement } from "./runs-by-judgement.js";
import { checkedSource, type Source } from "./source.js";

/** Facts read at once while filters are applied. */
const BATCH = 256;
/** Facts looked at at once for a text: most are never read. */
const LOOKED_AT = 2048;

/**
 * One page of runs. Time, type, status, and a decision's point, destination and version are found by the store's
 * index; other conditions by looking, newest first, and by index where the store has one.
 * @example const { runs } = await listRuns({ loop }, { status: "error" }, { limit: 20 });
 */
export async function listRuns(source: Source, filter: RunFilter, options: ListOptions = {}): Promise<RunPage> {
  checkedSource(source);
  checkArgument(filter, "filter", "object", "CONFIG_INVALID");
  checkArgument(options, "options", "object", "CONFIG_INVALID");
  if (isAboutDecisions(filter)) return runsByDecision(source, filter, options);
  const byValue = source.loop.inspect.store.findsByIndex?.includes("valueFrom");
  return (byValue && isAboutJudgements(filter) ? runsByJudgement : runsByTime)(source, filter, options);
}

async function runsByTime(source: Source, filter: RunFilter, options: ListOptions): Promise<RunPage> {
  const { cursor, limit = PAGE, budgetMs = BUDGET_MS } = options;
  const { store, clock } = source.loop.inspect;
  const { text, edge, failed } = filter;
  const started = clock.monotonic();
  const seen = new Set(cursor?.seen);
  const page = new PageDraft(cursor);
  const { runs, shown } = page;
  // What an index finds is read, and a page of it is enough.
  const isFound = store.findsByIndex?.includes("text");
  const batchSize = isFound || !needsLooking(filter) ? limit + seen.size + 1 : text !== undefined ? LOOKED_AT : BATCH;
  const query = {
    ...indexed(filter, cursor),
    ...(text !== undefined && { text }),
    ...(edge !== undefined && { took: edge }),
    ...(failed !== undefined && { failedIn: failed }),
    batchSize,
  };
  for await (const { facts, looked } of store.read("trace", query)) {
    const fresh = facts.filter((s) => !(s.startedAt === cursor?.at && seen.has(s.segmentId)));
    // What was decided and said is read of those alone whose trace fits.
    const { fitting, said } = await judgedOf(
      source,
      fresh.filter((s) => traceFits(s, filter)),
      filter,
    );
    const rows = await rowsOf(source, [...fitting], said);
    for (const segment of fresh) {
      if (runs.length === limit) return page.answer(true);
      page.passed(segment.startedAt, segment.segmentId);
      const row = rows.get(segment.workflowId);
      if (!row || shown.has(segment.workflowId) || !fitting.has(segment) || !rowFits(row, filter)) continue;
      shown.add(segment.workflowId);
      runs.push(row);
    }
    if (looked) page.looked(looked.facts, facts.length, looked.until);
    if (page.hasMoved && clock.monotonic() - started > budgetMs) return page.answer(false);
  }
  return page.end();
}

/** Of segments, those of runs that were judged, where a reward is asked for: most runs are not. */
async function judgedOf(
  source: Source,
  segments: readonly TraceSegment[],
  { minReward, maxReward }: RunFilter,
): Promise<{ fitting: Set<TraceSegment>; said?: SaidOfRuns }> {
  if (minReward === undefined && maxReward === undefined) return { fitting: new Set(segments) };
  const said = await ofRuns(source, "feedback", segments);
  return { fitting: new Set(segments.filter((s) => said.has(s.workflowId))), said };
}

function needsLooking({ type: _t, status: _s, from: _f, to: _o, ...others }: RunFilter): boolean {
  return Object.values(others).some((v) => v !== undefined);
}
