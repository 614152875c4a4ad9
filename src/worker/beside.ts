// Runs in the learning thread.
import type { DecisionRow } from "../dataset/index.js";
import type { DestinationChange } from "../evaluation/improvement.js";

/** A change of what serves at another decision point of the same runs. */
export interface ChangeBeside {
  decisionPoint: string;
  /** ISO time. */
  at: string;
}

/** The newest decisions by which is judged who acts after whom. */
const LOOKED_AT = 500;
/** Share of runs in which another point must act later for its changes to count. */
const LEAST_SHARE = 0.01;
/** Changes that are remembered, the newest. */
const MOST_CHANGES = 3;

/**
 * When what serves changed at points that act after this one in a run: what its choices earned before, they earned
 * with another sequel. What earlier points chose stands in its contexts.
 * @param beside in the order of time
 */
export function changesAfter(
  byPoint: ReadonlyMap<string, readonly DecisionRow[]>,
  decisionPoint: string,
  beside: readonly ChangeBeside[] = [],
): string[] {
  if (beside.length === 0) return [];
  const own = new Map<string, number>();
  for (const { workflowId, index } of (byPoint.get(decisionPoint) ?? []).slice(-LOOKED_AT))
    own.set(workflowId, Math.min(index, own.get(workflowId) ?? index));
  const actsAfter = (point: string): boolean => {
    const runs = new Set<string>();
    for (const { workflowId, index } of byPoint.get(point) ?? [])
      if (index > (own.get(workflowId) ?? Number.POSITIVE_INFINITY)) runs.add(workflowId);
    return runs.size > 0 && runs.size >= LEAST_SHARE * own.size;
  };
  const later = new Set([...new Set(beside.map((c) => c.decisionPoint))].filter(actsAfter));
  return [...new Set(beside.flatMap((c) => (later.has(c.decisionPoint) ? [c.at] : [])))].slice(-MOST_CHANGES);
}

/** With fewer rated decisions for a destination since a change, those from before it are still the best that is known. */
const LEAST_SINCE = 10;

/** The same as changes of the destinations that were chosen since. */
export function changesOfDestinations(
  rated: readonly DecisionRow[],
  times: readonly string[],
): Pick<DestinationChange, "destination" | "at">[] {
  return times.flatMap((at) => {
    const counts = new Map<string, number>();
    for (const row of rated) if (row.at >= at) counts.set(row.chosen, (counts.get(row.chosen) ?? 0) + 1);
    return [...counts].flatMap(([destination, n]) => (n >= LEAST_SINCE ? [{ destination, at }] : []));
  });
}
