import type { DecisionRow } from "../../dataset/index.js";
import { type MonitorReport, monitorChampion, openMonitor } from "../../evaluation/index.js";
import type { MeasuredImprovement } from "../status.js";
import type { ChampionWatch } from "./gate-state.js";
import { type ServablePolicy, type ServedArtifact, servedDecisions } from "./judged-rows.js";

/** What a watch remembers beside what was proven. */
export type Watched = Pick<ChampionWatch, "since" | "seenUpTo" | "seenThen" | "monitor">;

/** Nothing seen yet; what was decided up to `since` is not about the champion. */
export function openWatch(since: string, riskLevel: number): Watched {
  return { since, seenUpTo: "", seenThen: [], monitor: openMonitor({ riskLevel }) };
}

/** A watch over a version that did not come by the gate (promoted or pinned by hand): nothing is proven of it. */
export function beginWatch(champion: ServedArtifact, rows: readonly DecisionRow[], riskLevel: number): ChampionWatch {
  return {
    version: champion.version,
    versions: [champion.version],
    anchor: champion.version,
    anchorLowerBound: 0,
    lowerBound: 0,
    fullFitRows: rows.length,
    ...openWatch(champion.since, riskLevel),
  };
}

/**
 * Adds what the champion served and what was rated since the last look, in the order of the ratings:
 * those come when they come, and each decision counts once, by its first rating's time.
 * @param now ratings from a clock that runs ahead of this time wait for it
 */
export function watchChampion(
  rows: readonly DecisionRow[],
  champion: ServablePolicy,
  watch: ChampionWatch,
  now: string,
): { report: MonitorReport; watch: ChampionWatch } {
  const ratedAt = (row: DecisionRow) => row.ratedAt ?? row.at;
  const seenThen = new Set(watch.seenThen);
  const unseen = (row: DecisionRow) =>
    ratedAt(row) > watch.seenUpTo || (ratedAt(row) === watch.seenUpTo && !seenThen.has(row.decisionId));
  const fresh = rows
    .filter((r) => r.reward !== undefined && r.at >= watch.since && unseen(r) && ratedAt(r) <= now)
    .sort((a, b) => (ratedAt(a) < ratedAt(b) ? -1 : ratedAt(a) > ratedAt(b) ? 1 : 0));
  const report = monitorChampion(watch.monitor, servedDecisions(fresh, champion, watch.versions));
  const last = fresh.at(-1);
  const seenUpTo = last ? ratedAt(last) : watch.seenUpTo;
  const then = fresh.filter((r) => ratedAt(r) === seenUpTo).map((r) => r.decisionId);
  if (seenUpTo === watch.seenUpTo) then.push(...watch.seenThen);
  return { report, watch: { ...watch, monitor: report.state, seenUpTo, seenThen: then } };
}

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
