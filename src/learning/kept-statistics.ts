import type { LearningStore } from "../store/index.js";
import { LargeDocument } from "../store/large-document.js";
import type { PointStatistics } from "../worker/statistics.js";

type Parts = Pick<LearningStore, "documents" | "blobs">;

const PREFIX = "statistics/";

const documentOf = (store: Parts, decisionPoint: string) =>
  new LargeDocument<PointStatistics>(store, PREFIX + decisionPoint);

/** The decision points whose older decisions are kept as statistics. */
export async function pointsWithStatistics({ documents }: Parts): Promise<string[]> {
  return (await documents.keys(PREFIX)).map((key) => key.slice(PREFIX.length));
}

/** Keeps what older decisions taught, so that a learner which starts later knows it without reading them. */
export async function keepStatistics(store: Parts, statistics: readonly PointStatistics[]): Promise<void> {
  for (const one of statistics) await documentOf(store, one.artifact.decisionPoint).put(one);
}

/** What older decisions taught, as it was kept last. */
export async function keptStatistics(store: Parts): Promise<PointStatistics[]> {
  const kept: PointStatistics[] = [];
  for (const point of await pointsWithStatistics(store)) {
    const one = await documentOf(store, point).get();
    if (one) kept.push(one);
  }
  return kept;
}

/** Removes what older decisions taught. */
export async function forgetStatistics(store: Parts): Promise<void> {
  for (const point of await pointsWithStatistics(store)) await documentOf(store, point).delete();
}
