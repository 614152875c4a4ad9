import type { PointStatus } from "../learning/status.js";
import type { LearningStore } from "../store/index.js";

/** The newest decisions and judgements that are counted at most. */
const MOST = 20_000;

/**
 * What is stored of each point's decisions, for a status before the first learning cycle, which counts from then on:
 * a judged decision is one whose run, or itself, was judged.
 */
export async function countedPoints(store: LearningStore, points: readonly PointStatus[]): Promise<PointStatus[]> {
  if (points.length === 0) return [];
  const judged = new Set<string>();
  for await (const { facts } of store.read("feedback", { latest: true, limit: MOST }))
    for (const f of facts) judged.add(f.workflowId);
  const found = new Map<string, { ids: Set<string>; rated: number }>();
  for await (const { facts } of store.read("decision", { latest: true, limit: MOST }))
    for (const { decisionPoint, decisionId, workflowId } of facts) {
      const count = found.get(decisionPoint) ?? { ids: new Set(), rated: 0 };
      found.set(decisionPoint, count);
      if (count.ids.has(decisionId)) continue;
      count.ids.add(decisionId);
      if (judged.has(workflowId)) count.rated++;
    }
  return points.map((p) => {
    const count = found.get(p.decisionPoint);
    return count ? { ...p, decisions: count.ids.size, rated: count.rated } : p;
  });
}
