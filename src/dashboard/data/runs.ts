import type { Decision, FeedbackRecord, TraceSegment } from "../../core/index.js";
import { ofRuns } from "./facts-of-page.js";
import { cursorText, indexed, type RunCursor, type RunFilter } from "./run-query.js";
import type { Source } from "./source.js";

/** One run in a list. */
export interface RunRow {
  workflowId: string;
  type: string;
  status: TraceSegment["status"];
  startedAt: string;
  durationMs: number;
  tags: string[];
  costUsd?: number;
  tokens: number;
  reward?: number;
  judgements: number;
  decisions: { point: string; chosen: string; version?: string; source: Decision["source"] }[];
  error?: string;
}

/** A page of runs, the newest first. */
export interface RunPage {
  runs: RunRow[];
  /** Where the next page begins; absent at the end. */
  cursor?: string;
  /** Segments that were looked at for it. */
  scanned: number;
  /** False where looking took too long: what was found is shown, and the cursor goes on. */
  complete: boolean;
}

/** Rows of a page, and the time in milliseconds after which a search shows what it has. */
const PAGE = 50;
const BUDGET_MS = 400;

/** Facts read at once while filters are applied. */
const BATCH = 64;

/** Where a page of runs begins, how long it may be, and how long may be looked for it. */
export interface ListOptions {
  cursor?: RunCursor;
  limit?: number;
  budgetMs?: number;
}

/** One page of runs. Time, type and status are found by the store's index; other conditions by looking, newest first. */
export async function listRuns(source: Source, filter: RunFilter, options: ListOptions = {}): Promise<RunPage> {
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
    const rows = await rowsOf(source, fresh);
    for (const segment of fresh) {
      if (runs.length === limit) return { runs, cursor: last && cursorText(last), scanned, complete: true };
      scanned++;
      last = after(last, segment);
      const row = rows.get(segment.workflowId);
      if (!row || shown.has(segment.workflowId) || !fits(row, segment, filter)) continue;
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

function after(last: RunCursor | undefined, { startedAt, segmentId }: TraceSegment): RunCursor {
  return last?.at === startedAt
    ? { at: startedAt, seen: [...last.seen, segmentId] }
    : { at: startedAt, seen: [segmentId] };
}

function fits(row: RunRow, segment: TraceSegment, filter: RunFilter): boolean {
  const { point, destination, version, minReward, maxReward, text, edge, failed } = filter;
  if (point !== undefined || destination !== undefined || version !== undefined) {
    const one = row.decisions.some(
      (d) =>
        (point === undefined || d.point === point) &&
        (destination === undefined || d.chosen === destination) &&
        (version === undefined || (d.version ?? "fallback") === version),
    );
    if (!one) return false;
  }
  if (minReward !== undefined && !(row.reward !== undefined && row.reward >= minReward)) return false;
  if (maxReward !== undefined && !(row.reward !== undefined && row.reward <= maxReward)) return false;
  if (edge !== undefined && !segment.edges.some((e) => e.started && `${e.from}>${e.to}` === edge)) return false;
  if (failed !== undefined && !segment.nodes.some((n) => n.name === failed && n.status === "error")) return false;
  if (text === undefined) return true;
  const wanted = text.toLowerCase();
  const words = [row.workflowId, ...row.tags, segment.threadId, segment.userId, ...Object.values(segment.metadata)];
  return words.some((w) => w !== undefined && String(w).toLowerCase().includes(wanted));
}

/** Rows of runs, by workflowId, with what was decided and said about them. */
async function rowsOf(source: Source, segments: readonly TraceSegment[]): Promise<Map<string, RunRow>> {
  const { inspect } = source.loop;
  const runs = [...new Map(segments.map((s) => [s.workflowId, s])).values()];
  const [decisions, feedback] = await Promise.all([ofRuns(source, "decision", runs), ofRuns(source, "feedback", runs)]);
  const rows = new Map<string, RunRow>();
  for (const segment of segments) {
    const { workflowId } = segment;
    // The newest segment comes first, and says how the run stands.
    if (rows.has(workflowId)) continue;
    const said: FeedbackRecord[] = feedback.get(workflowId) ?? [];
    const decided = new Map((decisions.get(workflowId) ?? []).map((d) => [d.decisionId, d]));
    const costs = segment.modelCalls.flatMap((c) => c.costUsd ?? []);
    rows.set(workflowId, {
      workflowId,
      type: segment.workflowType,
      status: segment.status,
      startedAt: segment.startedAt,
      durationMs: segment.durationMs,
      tags: segment.tags,
      ...(costs.length > 0 && { costUsd: costs.reduce((a, b) => a + b, 0) }),
      tokens: segment.modelCalls.reduce((n, c) => n + (c.tokensIn ?? 0) + (c.tokensOut ?? 0), 0),
      reward: said.length > 0 ? inspect.reward(workflowId, said, inspect.join([segment])) : undefined,
      judgements: said.length,
      decisions: [...decided.values()].map((d) => ({
        point: d.decisionPoint,
        chosen: d.chosen,
        version: d.policyVersion,
        source: d.source,
      })),
      error: segment.error?.message,
    });
  }
  return rows;
}
