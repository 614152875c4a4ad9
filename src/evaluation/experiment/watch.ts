import { isAsking, standsFor } from "../../core/index.js";
import type { DecisionRow } from "../../dataset/index.js";
import { markOf, marksIn } from "../marks.js";
import { type MonitorReport, type MonitorState, monitorChampion, openMonitor } from "../monitor.js";
import type { JudgedDecision } from "../rows.js";
import { EXPERIMENT_FIELD, UNIT_FIELD } from "./fields.js";

/** A version that won an experiment, watched against the one before it. Plain JSON. */
export interface VersionWatch {
  version: string;
  /** Serves a small share still, so that a winner that turns or fades is found out. */
  against: string;
  since: string;
  /** Share of units that get `against`. */
  share: number;
  /** Who keeps a version once it was drawn. */
  sticky: "user" | "thread" | "run";
  monitor: MonitorState;
  /** Units that were counted, eight characters each. */
  seen: string;
}

/** Begins to watch a winner from its promotion on. */
export function openVersionWatch(
  watch: Pick<VersionWatch, "version" | "against" | "since" | "share" | "sticky">,
): VersionWatch {
  return { ...watch, monitor: openMonitor(), seen: "" };
}

const MOST_SEEN = 200_000;

/**
 * Adds the units rated since the last look, each once by its first rated run. Later outcomes are judged apart
 * from those of the experiment: a verdict rests on the assumption that what it saw goes on.
 */
export function watchVersion(
  rows: readonly DecisionRow[],
  watch: VersionWatch,
  now: string,
): { report: MonitorReport; watch: VersionWatch } {
  const { version, against, since } = watch;
  const asking = isAsking(rows);
  const seen = marksIn(watch.seen);
  const marks: string[] = [];
  const ratedAt = (r: DecisionRow) => r.ratedAt ?? r.at;
  const fresh = rows
    .filter((r) => r.at >= since && r.context[EXPERIMENT_FIELD] === undefined && r.reward !== undefined)
    .filter((r) => ratedAt(r) <= now && r.fallbackChoice === against && r.control !== undefined)
    .sort((a, b) => (ratedAt(a) < ratedAt(b) ? -1 : ratedAt(a) > ratedAt(b) ? 1 : 0));
  const judged = fresh.flatMap((row): JudgedDecision[] => {
    const mark = markOf(String(row.context[UNIT_FIELD] ?? row.workflowId));
    const weight = standsFor(row, asking);
    if (seen.has(mark) || weight === undefined || row.candidates.length !== 2 || !row.probabilities) return [];
    if (!row.candidates.includes(version)) return [];
    seen.add(mark);
    marks.push(mark);
    const only = (v: string) => row.candidates.map((c) => Number(c === v));
    return [
      {
        reward: row.reward as number,
        chosen: row.candidates.indexOf(row.chosen),
        logging: row.probabilities,
        target: only(version),
        baseline: only(against),
        run: row.workflowId,
        ...(asking && { weight }),
      },
    ];
  });
  const report = monitorChampion(watch.monitor, judged);
  return {
    report,
    watch: { ...watch, monitor: report.state, seen: (watch.seen + marks.join("")).slice(-8 * MOST_SEEN) },
  };
}
