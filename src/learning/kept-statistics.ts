import type { LearningStore } from "../store/index.js";
import { LargeDocument } from "../store/large-document.js";
import type { PointStatistics } from "../worker/statistics.js";
import { type ErasureWatch, refitsOf } from "./erasures.js";

type Parts = Pick<LearningStore, "documents" | "blobs">;

/** As they are stored: of how many refits they know. Statistics of before the last one hold what was erased. */
type Stored = PointStatistics & { refits?: number };

const PREFIX = "statistics/";

const documentOf = (store: Parts, decisionPoint: string) => new LargeDocument<Stored>(store, PREFIX + decisionPoint);

/** The decision points whose older decisions are kept as statistics. */
export async function pointsWithStatistics({ documents }: Parts): Promise<string[]> {
  return (await documents.keys(PREFIX)).map((key) => key.slice(PREFIX.length));
}

/**
 * Keeps what older decisions taught, so that a learner which starts later knows it without reading them.
 * @throws LEARNING_STATE where something was erased since the decisions were read; nothing is kept then
 */
export async function keepStatistics(
  store: Parts,
  statistics: readonly PointStatistics[],
  erasures: ErasureWatch,
): Promise<void> {
  const refits = await refitsOf(store.documents);
  for (const one of statistics) {
    const document = documentOf(store, one.artifact.decisionPoint);
    await erasures.stored(
      () => document.put({ ...one, refits }),
      () => document.delete(),
    );
  }
}

/** What older decisions taught, as it was kept last. Removes what a learner kept that died over it. */
export async function keptStatistics(store: Parts): Promise<PointStatistics[]> {
  const kept: PointStatistics[] = [];
  const now = await refitsOf(store.documents);
  for (const point of await pointsWithStatistics(store)) {
    const document = documentOf(store, point);
    const { refits = 0, ...one } = (await document.get()) ?? {};
    if (refits !== now) await document.delete();
    else if ("artifact" in one) kept.push(one as PointStatistics);
  }
  return kept;
}

/** Removes what older decisions taught. */
export async function forgetStatistics(store: Parts): Promise<void> {
  for (const point of await pointsWithStatistics(store)) await documentOf(store, point).delete();
}
