import type { DecisionRow } from "../../dataset/index.js";

/** Earlier rows to learn from and later rows to judge by. */
export interface TimeSplit {
  train: DecisionRow[];
  judge: DecisionRow[];
}

/**
 * Splits rows by time so that nothing a policy is judged by was seen in its training: the first
 * `trainShare` of the rows train, and of the rest those judge whose run has no decision in training.
 */
export function splitByTime(rows: readonly DecisionRow[], trainShare: number): TimeSplit {
  const ordered = [...rows].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.decisionId < b.decisionId ? -1 : 1));
  const train = ordered.slice(0, Math.floor(ordered.length * trainShare));
  const seen = new Set(train.map((r) => r.workflowId));
  return { train, judge: ordered.slice(train.length).filter((r) => !seen.has(r.workflowId)) };
}
