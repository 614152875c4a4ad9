import type { Decision, FeedbackRecord, TraceSegment } from "../../core/index.js";
import { ofRuns } from "./facts-of-page.js";
import type { RunCursor } from "./run-query.js";
import type { Source } from "./source.js";
import { spentOf } from "./spent-of.js";

/** One run in a list. */
export interface RunRow {
  workflowId: string;
  type: string;
  status: TraceSegment["status"];
  startedAt: string;
  durationMs: number;
  tags: string[];
  /** Of all model calls together; absent without any, and where one of them did not say. */
  costUsd?: number;
  tokens?: number;
  reward?: number;
  judgements: number;
  decisions: { id: string; at: string; point: string; chosen: string; version?: string; source: Decision["source"] }[];
  error?: string;
}

/** A page of runs, the newest first. */
export interface RunPage {
  runs: RunRow[];
  /** Where the next page begins; absent at the end. */
  cursor?: string;
  /** How far back was looked, where there is a next page. */
  until?: string;
  /** Segments that were looked at for it. */
  scanned: number;
  /** False where looking took too long: what was found is shown, and the cursor goes on. */
  complete: boolean;
}

/** Rows of a page, and the time in milliseconds after which a search shows what it has. */
export const PAGE = 50;
export const BUDGET_MS = 60;

/** Where a page of runs begins, how long it may be, and how long may be looked for it. */
export interface ListOptions {
  cursor?: RunCursor;
  limit?: number;
  budgetMs?: number;
}

/** What was said of runs, by run. */
export type SaidOfRuns = ReadonlyMap<string, FeedbackRecord[]>;

/** Rows of runs, by workflowId, with what was decided and said about them; `said` where that is read already. */
export async function rowsOf(
  source: Source,
  segments: readonly TraceSegment[],
  said?: SaidOfRuns,
): Promise<Map<string, RunRow>> {
  const { inspect } = source.loop;
  const runs = [...new Map(segments.map((s) => [s.workflowId, s])).values()];
  const [decisions, feedback] = await Promise.all([
    ofRuns(source, "decision", runs),
    said ?? ofRuns(source, "feedback", runs),
  ]);
  const rows = new Map<string, RunRow>();
  for (const segment of segments) {
    const { workflowId } = segment;
    // The newest segment comes first, and says how the run stands.
    if (rows.has(workflowId)) continue;
    const said: FeedbackRecord[] = feedback.get(workflowId) ?? [];
    const decided = new Map((decisions.get(workflowId) ?? []).map((d) => [d.decisionId, d]));
    const spent = spentOf(segment.modelCalls);
    rows.set(workflowId, {
      workflowId,
      type: segment.workflowType,
      status: segment.status,
      startedAt: segment.startedAt,
      durationMs: segment.durationMs,
      tags: segment.tags,
      ...spent,
      reward: said.length > 0 ? inspect.reward(workflowId, said, inspect.join([segment])) : undefined,
      judgements: said.length,
      decisions: [...decided.values()].map((d) => ({
        id: d.decisionId,
        at: d.at,
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
