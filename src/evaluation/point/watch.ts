import { isAsking } from "../../core/index.js";
import type { DecisionRow } from "../../dataset/index.js";
import type { MeasuredImprovement } from "../improvement.js";
import { type MonitorReport, monitorChampion, openMonitor } from "../index.js";
import { markOf, marksIn } from "../marks.js";
import { type ClusterBy, clusterKey, ripeClusters } from "./cluster.js";
import type { ChampionWatch } from "./gate-state.js";
import { type ServablePolicy, type ServedArtifact, servedDecisions } from "./judged-rows.js";
import { withdrawn } from "./withdrawn.js";

/** What a watch remembers beside what was proven. */
export type Watched = Pick<ChampionWatch, "since" | "seen" | "monitor">;

/** Nothing seen yet; what was decided up to `since` is not about the champion. */
export function openWatch(since: string, riskLevel: number, tolerance = 0): Watched {
  return { since, seen: "", monitor: openMonitor({ riskLevel, tolerance }) };
}

/** A watch over a version that did not come by the gate (promoted or pinned by hand): nothing is proven of it. */
export function beginWatch(champion: ServedArtifact, riskLevel: number, tolerance = 0): ChampionWatch {
  return {
    version: champion.version,
    versions: [champion.version],
    anchor: champion.version,
    anchorLowerBound: 0,
    lowerBound: 0,
    ...openWatch(champion.since, riskLevel, tolerance),
  };
}

/**
 * The watch among the destinations of today: where one that the proven gain came of is offered no longer, nothing of
 * the gain is left, and what was measured with it does not count.
 */
export function watchOfToday(
  rows: readonly DecisionRow[],
  champion: ServedArtifact,
  watch: ChampionWatch,
  destinations: readonly string[] | undefined,
): ChampionWatch {
  const offered = watch.offered ?? champion.artifact.candidates;
  const gone = withdrawn(rows, offered, destinations, watch.versions);
  if (gone.length === 0) return watch;
  const { riskLevel, tolerance } = watch.monitor;
  return {
    ...watch,
    ...openWatch(watch.since, riskLevel, tolerance),
    anchorLowerBound: 0,
    lowerBound: 0,
    offered: destinations,
    withdrawn: [...(watch.withdrawn ?? []), ...gone],
  };
}

/**
 * Adds what the champion served and what was rated since the last look, in the order of the ratings:
 * those come when they come, and each decision counts once, whenever it becomes known.
 * @param now ratings from a clock that runs ahead of this time wait for it
 * @param cluster of people and threads all that counts is bet on at once, when their window is over
 */
export function watchChampion(
  rows: readonly DecisionRow[],
  champion: ServablePolicy,
  watch: ChampionWatch,
  now: string,
  cluster: ClusterBy = "run",
): { report: MonitorReport; watch: ChampionWatch } {
  const ratedAt = (row: DecisionRow) => row.ratedAt ?? row.at;
  const known = watch.seen === undefined ? { ...watch, ...openWatch(watch.since, watch.monitor.riskLevel) } : watch;
  const seen = marksIn(known.seen);
  const versions = new Set(watch.versions);
  const own = rows.filter(
    (row) => row.at >= watch.since && row.policyVersion !== undefined && versions.has(row.policyVersion),
  );
  const wasSeen = (id: string) => seen.has(markOf(id));
  const counted = cluster === "run" ? own : [...ripeClusters(own, cluster, now, wasSeen).values()].flat();
  const idOf = (row: DecisionRow) => (cluster === "run" ? row.decisionId : clusterKey(row, cluster));
  const fresh = counted.filter((row) => row.reward !== undefined && ratedAt(row) <= now && !wasSeen(idOf(row)));
  const marks = [...new Set(fresh.map(idOf))].map(markOf);
  fresh.sort((a, b) => (ratedAt(a) < ratedAt(b) ? -1 : ratedAt(a) > ratedAt(b) ? 1 : 0));
  const how = { asking: isAsking(rows), cluster };
  const report = monitorChampion(known.monitor, servedDecisions(fresh, champion, watch.versions, how));
  const all = (known.seen + marks.join("")).slice(-8 * MOST_SEEN);
  return { report, watch: { ...known, monitor: report.state, seen: all } };
}

/** More than the worker holds decisions: what is forgotten here does not come again. */
const MOST_SEEN = 300_000;

/** The monitor's estimate for the status; undefined before anything was served. */
export function improvementOf(report: MonitorReport): MeasuredImprovement | undefined {
  if (report.runs === 0) return undefined;
  const { lower, upper, level } = report.interval;
  return {
    mean: report.gain,
    lower,
    upper,
    level,
    decisions: report.runs,
    method: "doubly robust estimate against the fallback over decisions served since promotion, anytime-valid interval",
  };
}
