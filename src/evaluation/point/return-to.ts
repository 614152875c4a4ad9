import { isAsking } from "../../core/index.js";
import type { DecisionRow } from "../../dataset/index.js";
import { monitorChampion, openMonitor } from "../index.js";
import type { ClusterBy } from "./cluster.js";
import { judgedDecisions, type ServedVersion } from "./judged-rows.js";
import { restored } from "./restored.js";

/** A version is returned to only where so many decisions of late say what it would have earned. */
const LEAST_RUNS = 50;

/**
 * The earlier proven version that a roll-back may return to: the newest that still holds, by what was
 * decided while the fallen one served; undefined where none does, and the fallback is to serve.
 * @param since when the fallen version began to serve
 * @param earlier proven versions, the newest first, the fallen one and what it continued left out
 * @param cluster what counts as one piece of evidence
 * @param destinations those of today; all where unknown
 */
export function roomToReturn(
  rows: readonly DecisionRow[],
  since: string,
  earlier: readonly ServedVersion[],
  cluster: ClusterBy = "run",
  destinations?: readonly string[],
): string | undefined {
  const how = { asking: isAsking(rows), cluster };
  const late = rows.filter((row) => row.at >= since);
  for (const candidate of earlier) {
    const { serving } = restored(candidate);
    if (!serving) continue;
    const judged = judgedDecisions(late, serving, "fallback", 0, destinations, undefined, how);
    if (judged.length === 0) continue;
    const { verdict, gain, runs } = monitorChampion(openMonitor(), judged);
    if (verdict !== "roll-back" && gain > 0 && runs >= LEAST_RUNS) return candidate.version;
  }
  return undefined;
}
