import type { DecisionRow } from "../../dataset/index.js";
import { type MonitorReport, monitorChampion, openMonitor } from "../../evaluation/index.js";
import type { MeasuredImprovement } from "../status.js";
import type { ChampionWatch } from "./gate-state.js";
import { type ServablePolicy, type ServedArtifact, servedDecisions } from "./judged-rows.js";

/** Of the decisions that wait for a reward, so many are remembered. */
const MOST_UNRATED = 5000;

/** A watch over a version that did not come by the gate (promoted or pinned by hand): nothing is proven of it. */
export function beginWatch(champion: ServedArtifact, rows: readonly DecisionRow[], riskLevel: number): ChampionWatch {
  return {
    version: champion.version,
    versions: [champion.version],
    anchor: champion.version,
    anchorLowerBound: 0,
    lowerBound: 0,
    fullFitRows: rows.length,
    seenUpTo: champion.servesSince,
    unrated: [],
    monitor: openMonitor({ riskLevel }),
  };
}

/**
 * Adds what the champion served since the last look, and what it served before and was rated since:
 * each decision counts once, when its reward is there.
 * @param rows all rows of the decision point, in the order of time
 */
export function watchChampion(
  rows: readonly DecisionRow[],
  champion: ServablePolicy,
  watch: ChampionWatch,
): { report: MonitorReport; watch: ChampionWatch } {
  const versions = new Set(watch.versions);
  const waiting = new Set(watch.unrated);
  const due = rows.filter(
    (r) =>
      r.mode === "act" &&
      r.policyVersion !== undefined &&
      versions.has(r.policyVersion) &&
      (r.at > watch.seenUpTo || waiting.has(r.decisionId)),
  );
  const report = monitorChampion(watch.monitor, servedDecisions(due, champion));
  const unrated = due.filter((r) => r.reward === undefined).map((r) => r.decisionId);
  const last = rows.at(-1)?.at ?? "";
  return {
    report,
    watch: {
      ...watch,
      monitor: report.state,
      seenUpTo: last > watch.seenUpTo ? last : watch.seenUpTo,
      unrated: unrated.slice(-MOST_UNRATED),
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
