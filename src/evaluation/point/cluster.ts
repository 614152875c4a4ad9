import type { DecisionRow } from "../../dataset/index.js";

/**
 * What counts as one independent piece of evidence. `run` and `thread`: a proof holds for the traffic that came.
 * `user`: it holds for people like those who came, however often each of them comes.
 */
export type ClusterBy = "run" | "thread" | "user";

/** Of people and threads, the decisions that count: those within a day of the first, which is fixed before it is made. */
export const CLUSTER_WINDOW_MS = 86_400_000;

/** The cluster of a row; a run that names no user (or thread) stands for itself. */
export function clusterKey(row: Pick<DecisionRow, "workflowId" | "threadId" | "userId">, by: ClusterBy): string {
  if (by === "user" && row.userId !== undefined) return `user ${row.userId}`;
  if (by !== "run" && row.threadId !== undefined) return `thread ${row.threadId}`;
  return `run ${row.workflowId}`;
}

/** The newest decisions that are looked at. */
const LOOKED_AT = 5000;

/** How many decisions one person (or thread) makes within the window of one piece of evidence, on average; 1 for runs. */
export function decisionsPerCluster(rows: readonly DecisionRow[], by: ClusterBy): number {
  if (by === "run") return 1;
  const first = new Map<string, number>();
  let within = 0;
  for (const row of rows.slice(-LOOKED_AT)) {
    const key = clusterKey(row, by);
    const at = Date.parse(row.at);
    const began = first.get(key) ?? at;
    first.set(key, began);
    if (at <= began + CLUSTER_WINDOW_MS) within++;
  }
  return first.size > 0 ? within / first.size : 1;
}

const WIDTH: readonly ClusterBy[] = ["run", "thread", "user"];

/** What counts as one piece of evidence where draws stay with threads or people: their runs are never taken apart. */
export function clusterOfDraws(by: ClusterBy, stickyBy: ClusterBy = "run"): ClusterBy {
  return WIDTH.indexOf(stickyBy) > WIDTH.indexOf(by) ? stickyBy : by;
}

/**
 * The rows that may be bet on, once per cluster: all of its decisions within its window, when that is over and
 * the cluster was not bet on before. Later decisions of the same person teach, but prove nothing more.
 * @param rows all of the decision point that could count, rated or not
 * @param wasBetOn by cluster
 */
export function ripeClusters(
  rows: readonly DecisionRow[],
  by: ClusterBy,
  now: string,
  wasBetOn: (key: string) => boolean,
): Map<string, DecisionRow[]> {
  const first = new Map<string, number>();
  for (const row of rows) {
    const key = clusterKey(row, by);
    const at = Date.parse(row.at);
    first.set(key, Math.min(first.get(key) ?? at, at));
  }
  const time = Date.parse(now);
  const ripe = new Map<string, DecisionRow[]>();
  for (const row of rows) {
    const key = clusterKey(row, by);
    const ends = (first.get(key) as number) + CLUSTER_WINDOW_MS;
    if (ends > time || Date.parse(row.at) > ends || wasBetOn(key)) continue;
    const members = ripe.get(key);
    if (members) members.push(row);
    else ripe.set(key, [row]);
  }
  return ripe;
}
