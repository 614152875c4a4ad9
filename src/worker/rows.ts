// Runs in the learning thread.
import type { Decision } from "../core/index.js";
import { type DecisionRow, joinRows } from "../dataset/index.js";
import { type RewardSettings, rewardViews } from "./reward-views.js";
import type { CollectedFacts } from "./state.js";

/** What determines the rows besides the facts. */
export interface RowOptions {
  reward: RewardSettings;
  /** Credit discount by decision point (default 1). */
  discounts?: Record<string, number>;
}

const KEY = "rows";

interface Cached {
  revision: number;
  options: string;
  rows: Map<string, DecisionRow[]>;
}

/**
 * The rows of every decision point, in the order of time. Computed once per collection: later jobs
 * of the same cycle share them.
 */
export function rowsByPoint(state: CollectedFacts, options: RowOptions): Map<string, DecisionRow[]> {
  const cached = state.shared.get(KEY) as Cached | undefined;
  const key = JSON.stringify(options);
  if (cached && cached.revision === state.revision && cached.options === key) return cached.rows;
  const rows = rowsOfDecisions(state, state.decisions.values(), options);
  state.shared.set(KEY, { revision: state.revision, options: key, rows } satisfies Cached);
  return rows;
}

/** The rows of some decisions, by decision point, in the order of time. */
export function rowsOfDecisions(
  state: CollectedFacts,
  decisions: Iterable<Decision>,
  options: RowOptions,
): Map<string, DecisionRow[]> {
  const joined = joinRows(
    decisions,
    state.feedback,
    { get: (workflowId) => state.traceOf(workflowId) },
    { ...rewardViews(state, options.reward).options, discount: options.discounts },
  );
  const rows = new Map<string, DecisionRow[]>();
  for (const row of joined) {
    const list = rows.get(row.decisionPoint);
    if (list) list.push(row);
    else rows.set(row.decisionPoint, [row]);
  }
  for (const list of rows.values())
    list.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.decisionId < b.decisionId ? -1 : 1));
  return rows;
}
