import { checkArgument } from "../../core/arguments.js";
import { isAsking, MOST_WEIGHT, standsFor } from "../../core/index.js";
import type { DecisionRow } from "../../dataset/index.js";
import { latestAt } from "../ahead.js";
import { markOf, marksIn } from "../marks.js";
import type { ExperimentDefinition } from "./definition.js";
import { EXPERIMENT_FIELD, STRATUM_FIELD, UNIT_FIELD } from "./fields.js";
import type { Outcome } from "./outcome.js";

/** A run that somebody was asked about by a draw. */
export interface AskedRun {
  workflowId: string;
  /** Absent while it may still be answered. */
  answered?: boolean;
  /** Probability with which it was asked about. */
  probability?: number;
}

/** What the outcomes of an experiment are. */
export interface Outcomes {
  outcomes: Outcome[];
  /** The largest weight one of them can have. */
  mostWeight: number;
  /** Rated within so many milliseconds of a unit's first run, fixed once enough is known; absent until then. */
  windowMs?: number;
  /** Time and id of the first run of the last unit in it. */
  last?: UnitPlace;
}

/** Where a unit stands in the order in which units came. */
export interface UnitPlace {
  at: string;
  id: string;
  /**
   * The units that were taken in up to it, eight characters each: when their first runs are gone (by age, or by the
   * limit of what is held) a later one is not taken for their first.
   */
  seen?: string;
}

/** So many ratings tell how long they take. */
const LEAST_RATED = 10;
const SHORTEST_MS = 3_600_000;

/** How long ratings of an experiment are waited for: twice as long as nine of ten took, and an hour at least. */
function waitFor(rows: readonly DecisionRow[]): number | undefined {
  const delays = rows
    .flatMap((r) => (r.reward === undefined ? [] : [Date.parse(r.ratedAt ?? r.at) - Date.parse(r.at)]))
    .sort((a, b) => a - b);
  if (delays.length < LEAST_RATED) return undefined;
  const most = delays[Math.floor(0.9 * (delays.length - 1))] ?? 0;
  return Math.max(SHORTEST_MS, 2 * most);
}

/**
 * The outcomes of an experiment, one per unit (later runs of a user or thread are not independent of the first),
 * in the order in which units came, up to the first that may still be rated: its first rated run, or silence once
 * the window is over. Where people are asked by chance only asked runs count, each for 1 / P(asked). Runs from a clock
 * that is far ahead of `now` wait for it.
 * @param rows of the prompt's decision point
 * @param now ISO time of the look
 * @param windowMs as fixed at an earlier look
 * @param after units up to this place are left out: they were taken in at an earlier look
 * @example const { outcomes } = outcomesOf(rows, { key: "support/1", definition }, new Date(clock.now()).toISOString());
 */
export function outcomesOf(
  rows: readonly DecisionRow[],
  experiment: { key: string; definition: ExperimentDefinition },
  now: string,
  requests: readonly AskedRun[] = [],
  windowMs?: number,
  after?: UnitPlace,
): Outcomes {
  checkArgument(rows, "rows", "objects", "EXPERIMENT_INVALID");
  checkArgument(experiment, "experiment", { key: "text", definition: "object" }, "EXPERIMENT_INVALID");
  checkArgument(now, "now", "text", "EXPERIMENT_INVALID");
  checkArgument(requests, "requests", "objects", "EXPERIMENT_INVALID");
  const { key, definition } = experiment;
  const latest = latestAt(now);
  const own = rows
    .filter((r) => r.context[EXPERIMENT_FIELD] === key && r.probabilities && r.at <= latest)
    .sort((a, b) => compare(a.at, b.at) || compare(a.decisionId, b.decisionId));
  const asked = new Map(requests.map((r) => [r.workflowId, r]));
  const asking = isAsking(own) || own.some((r) => asked.has(r.workflowId));
  const wait = windowMs ?? waitFor(own);
  const units = new Map<unknown, DecisionRow[]>();
  for (const row of own) {
    const unit = row.context[UNIT_FIELD] ?? row.workflowId;
    const runs = units.get(unit);
    if (runs) runs.push(row);
    else units.set(unit, [row]);
  }
  const outcomes: Outcome[] = [];
  const seen = marksIn(after?.seen);
  // A clock that was set back since has not been where the last look ended: from here on units count again, each once.
  const from = after && after.at > now ? { at: now, id: "" } : after;
  let last = from;
  for (const [unit, runs] of units) {
    const first = runs[0];
    if (from && (compare(first.at, from.at) || compare(first.decisionId, from.id)) <= 0) continue;
    const place = { at: first.at, id: first.decisionId };
    const mark = markOf(String(unit));
    if (seen.has(mark)) continue;
    const closes = Date.parse(first.at) + (wait ?? Number.POSITIVE_INFINITY);
    const rated = runs
      .filter((r) => r.reward !== undefined && standsFor(r, asking) !== undefined)
      .filter((r) => Date.parse(r.ratedAt ?? r.at) <= closes)
      .sort((a, b) => compare(a.ratedAt ?? a.at, b.ratedAt ?? b.at))[0];
    if (rated) {
      outcomes.push(outcomeOf(rated, definition, rated.reward, standsFor(rated, asking)));
      seen.add(mark);
      last = place;
      continue;
    }
    const silent = asking ? runs.find((r) => asked.has(r.workflowId)) : first;
    if (!silent || wait === undefined) continue;
    // What comes after a unit that may still be rated waits, or the quick would be heard before the silent.
    if (closes > Date.parse(now)) break;
    const { probability } = asked.get(silent.workflowId) ?? {};
    seen.add(mark);
    last = place;
    outcomes.push(outcomeOf(silent, definition, undefined, probability === undefined ? 1 : 1 / probability));
  }
  return {
    outcomes,
    mostWeight: asking ? MOST_WEIGHT : 1,
    ...(wait !== undefined && { windowMs: wait, ...(last && { last: { ...last, seen: [...seen].join("") } }) }),
  };
}

function outcomeOf(
  row: DecisionRow,
  { guardrails, prove }: ExperimentDefinition,
  reward: number | undefined,
  weight: number | undefined,
): Outcome {
  const by = [...guardrails.map((g) => g.by), prove?.notWorse?.by];
  const fields = new Set(by.flatMap((f) => (f === undefined ? [] : [f])));
  const segments = [...fields].flatMap((f) => {
    const value = row.context[f];
    return value === undefined ? [] : [[f, String(value)] as const];
  });
  return {
    variant: row.chosen,
    probabilities: Object.fromEntries(row.candidates.map((c, i) => [c, row.probabilities?.[i] ?? 0])),
    ...(reward !== undefined && { reward }),
    ...(weight !== undefined && weight !== 1 && { weight: Math.min(MOST_WEIGHT, weight) }),
    ...(segments.length > 0 && { segments: Object.fromEntries(segments) }),
    stratum: String(row.context[STRATUM_FIELD] ?? ""),
    ...(row.failed !== undefined && { failed: row.failed }),
    ...(row.latencyMs !== undefined && { latencyMs: row.latencyMs }),
    ...(row.costUsd !== undefined && { costUsd: row.costUsd }),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
