import type { DecisionRow } from "../../dataset/index.js";
import { type MonitorReport, monitorChampion, openMonitor } from "../../evaluation/index.js";
import type { MeasuredImprovement } from "../status.js";
import type { ChampionWatch } from "./gate-state.js";
import { type ServablePolicy, type ServedArtifact, servedDecisions } from "./judged-rows.js";

/** A watch over a version that did not come by the gate (promoted or pinned by hand): nothing is proven of it. */
export function beginWatch(champion: ServedArtifact, rows: readonly DecisionRow[], riskLevel: number): ChampionWatch {
  return {
    version: champion.version,
    anchor: champion.version,
    anchorLowerBound: 0,
    lowerBound: 0,
    fullFitRows: rows.length,
    seenUpTo: champion.dataTo,
    monitor: openMonitor({ riskLevel }),
  };
}

/** Adds what the champion served since the last look. */
export function watchChampion(
  rows: readonly DecisionRow[],
  champion: ServablePolicy,
  watch: ChampionWatch,
): { report: MonitorReport; watch: ChampionWatch } {
  const fresh = rows.filter((r) => r.at > watch.seenUpTo);
  const report = monitorChampion(watch.monitor, servedDecisions(fresh, champion));
  return { report, watch: { ...watch, monitor: report.state, seenUpTo: fresh.at(-1)?.at ?? watch.seenUpTo } };
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
