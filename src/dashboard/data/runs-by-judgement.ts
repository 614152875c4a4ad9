import { extremesOf } from "../../store/facts.js";
import { ofRuns } from "./facts-of-page.js";
import { PageDraft } from "./page-draft.js";
import { rowFits, traceFits } from "./run-filter.js";
import type { RunCursor, RunFilter } from "./run-query.js";
import { BUDGET_MS, type ListOptions, PAGE, type RunPage, rowsOf } from "./run-row.js";
import type { Source } from "./source.js";

/**
 * One page of runs by what was said of them, which the store finds by its values: in the order of each run's newest
 * judgement whose values allow a reward in the range.
 */
export async function runsByJudgement(source: Source, filter: RunFilter, options: ListOptions): Promise<RunPage> {
  const { cursor, limit = PAGE, budgetMs = BUDGET_MS } = options;
  const { inspect } = source.loop;
  const { minReward: min, maxReward: max, from } = filter;
  const { from: valueFrom, to: valueTo } = inspect.judgedWithin({
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
  });
  const seen = new Set(cursor?.seen);
  const query = {
    latest: true,
    ...(from !== undefined && { from }),
    ...(cursor && { to: new Date(Date.parse(cursor.at) + 1).toISOString() }),
    ...(valueFrom !== undefined && { valueFrom }),
    ...(valueTo !== undefined && { valueTo }),
    batchSize: limit + seen.size + 1,
  };
  const started = inspect.clock.monotonic();
  const page = new PageDraft(cursor);
  const { runs, shown } = page;
  for await (const { facts, looked } of inspect.store.read("feedback", query)) {
    const fresh = facts.filter((f) => !(f.at === cursor?.at && seen.has(f.feedbackId)));
    const asked = [...new Set(fresh.map((f) => f.workflowId))]
      .filter((id) => !shown.has(id))
      .map((workflowId) => ({ workflowId }));
    const [traces, said] = await Promise.all([ofRuns(source, "trace", asked), ofRuns(source, "feedback", asked)]);
    const newest = [...traces.values()].flatMap((segments) => segments.slice(-1));
    const rows = await rowsOf(
      source,
      newest.filter((s) => traceFits(s, filter)),
      said,
    );
    for (const judgement of fresh) {
      if (runs.length === limit) return page.answer(true);
      page.passed(judgement.at, judgement.feedbackId);
      const row = rows.get(judgement.workflowId);
      if (!row || shown.has(row.workflowId) || !rowFits(row, filter)) continue;
      shown.add(row.workflowId);
      // An earlier page ended between two judgements of this run: it was shown there.
      const wasShown = said.get(row.workflowId)?.some((other) => {
        const [low, high] = extremesOf(other) ?? [2, -1];
        const isAsked = high >= (valueFrom ?? 0) - ROUNDED && low <= (valueTo ?? 1) + ROUNDED;
        const isPast = cursor && (Date.parse(other.at) > Date.parse(cursor.at) || isAmong(cursor, other));
        return isAsked && isPast;
      });
      if (!wasShown) runs.push(row);
    }
    if (looked) page.looked(looked.facts, facts.length, looked.until);
    if (page.hasMoved && inspect.clock.monotonic() - started > budgetMs) return page.answer(false);
  }
  return page.end();
}

/** Stores keep values in single precision. */
const ROUNDED = 1e-6;

const isAmong = (cursor: RunCursor, { at, feedbackId }: { at: string; feedbackId: string }): boolean =>
  at === cursor.at && cursor.seen.includes(feedbackId);
