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

/** Decisions that are waited for; a reward that comes after so many more unrated ones is too late. */
const MAX_WAITING = 10_000;

/** Adds what the champion served since the last look, and what it served before but was rated only since. */
export function watchChampion(
  rows: readonly DecisionRow[],
  champion: ServablePolicy,
  watch: ChampionWatch,
): { report: MonitorReport; watch: ChampionWatch } {
  const waited = new Set(watch.waiting);
  const fresh = rows.filter((r) => r.at > watch.seenUpTo || waited.has(r.decisionId));
  const report = monitorChampion(watch.monitor, servedDecisions(fresh, champion));
  const waiting = fresh.filter((r) => r.reward === undefined && r.mode === "act").map((r) => r.decisionId);
  const newest = fresh.at(-1)?.at ?? watch.seenUpTo;
  return {
    report,
    watch: {
      ...watch,
      monitor: report.state,
      seenUpTo: newest > watch.seenUpTo ? newest : watch.seenUpTo,
      waiting: waiting.slice(-MAX_WAITING),
    },
  };
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
