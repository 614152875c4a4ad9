import { differenceInterval } from "./association.js";
import { contains } from "./closed-sequences.js";
import type { EventLog } from "./event-log.js";
import type { TypeLogs } from "./pattern-engine.js";
import type { NextStep, PatternFinding } from "./pattern-report.js";
import { byVariant, type RatedRow, type RatedRows } from "./rated-rows.js";

/** Share of runs from which a pattern says no more than how the run ended. */
const NEARLY_ALWAYS = 0.95;
/** Runs needed on the side that decides it. */
const LEAST = 5;
/** A reward below this is a bad end, for the question whether a last step only names the end. */
const GOOD = 0.5;
/** Whatever comes between. */
const ANY = Number.POSITIVE_INFINITY;

/**
 * Whether a significant pattern only tells how runs ended, in one of three ways. Runs that broke off lack what comes
 * later: where those that broke off before its last step are the whole difference ("failed runs lack the final
 * step"). Its last step is taken where a run fails, and ends it. Or its last step is a status: the last of
 * the runs that have it, nearly all of them good and nearly all others bad, or the other way round.
 */
export function echoesOutcome(
  finding: PatternFinding,
  types: ReadonlyMap<string, TypeLogs>,
  rowsOf: RatedRows,
): boolean {
  const { workflowType, unit, activities, verdict, kind } = finding;
  const log = types.get(workflowType)?.logs[unit];
  const items = activities.map((a) => log?.activity(a) ?? -1);
  const last = items.at(-1);
  if (!log || last === undefined || kind === "loop" || (verdict !== "better" && verdict !== "worse")) return false;
  const rows = rowsOf(log, workflowType);
  if (isStatus(rows, log, last, verdict)) return true;
  if (verdict === "worse") return endsFailures(rows, log, last);
  return breaksExplain(rows, log, last, (sequence) => contains(sequence, items, kind === "ngram" ? 0 : ANY));
}

/** The same of a step at its place, among the runs that stood there. */
export function stepEchoesOutcome(step: NextStep, types: ReadonlyMap<string, TypeLogs>, rowsOf: RatedRows): boolean {
  const log = types.get(step.workflowType)?.logs[step.unit];
  const last = log?.activity(step.next);
  if (!log || last === undefined || step.verdict !== "better") return false;
  const after = step.after.map((a) => log.activity(a) ?? -1);
  const stoodThere = byVariant(log, (sequence) => contains(sequence, after, ANY));
  const there = rowsOf(log, step.workflowType).filter((r) => stoodThere(r.variant));
  return breaksExplain(there, log, last, (sequence) => contains(sequence, [...after, last], ANY));
}

/**
 * Whether nothing is left of a good pattern's gain once the runs are put aside that broke off before they could have
 * come to its last step: what stood last in them mostly comes before it elsewhere.
 */
function breaksExplain(
  rows: readonly RatedRow[],
  log: EventLog,
  last: number,
  has: (sequence: Int32Array) => boolean,
): boolean {
  const counts = new Map<number, number>();
  for (const { variant } of rows) counts.set(variant, (counts.get(variant) ?? 0) + 1);
  const earlier = new Map<number, number>();
  for (const [variant, count] of counts) {
    const sequence = log.variants.sequence(variant);
    const at = sequence.lastIndexOf(last);
    if (at < 0) continue;
    for (const item of new Set(sequence)) {
      const change = sequence.indexOf(item) < at ? count : -count;
      earlier.set(item, (earlier.get(item) ?? 0) + change);
    }
  }
  const sideOf = byVariant(log, (sequence) => {
    if (has(sequence)) return "having";
    const brokeOff = !sequence.includes(last) && (earlier.get(sequence.at(-1) ?? -1) ?? 0) > 0;
    return brokeOff ? "broke off" : "others";
  });
  const [having, others] = [new Sums(), new Sums()];
  let explained = 0;
  for (const { run, reward, variant } of rows) {
    const side = sideOf(variant);
    if (side === "having") having.add(reward);
    else if (side === "broke off" && run.succeeded !== true) explained++;
    else others.add(reward);
  }
  return explained > 0 && differenceInterval(...having.all, ...others.all).lower <= 0;
}

/** Whether a sequence has an item, and whether it ends with it. */
const holding = (log: EventLog, item: number) =>
  byVariant(log, (sequence) => ({ has: sequence.includes(item), ends: sequence.at(-1) === item }));

/** Whether a bad pattern's last step is where nearly all runs that take it end, failed. */
function endsFailures(rows: readonly RatedRow[], log: EventLog, last: number): boolean {
  const of = holding(log, last);
  let [having, ending, failing] = [0, 0, 0];
  for (const { run, variant } of rows) {
    const { has, ends } = of(variant);
    if (run.succeeded === undefined || !has) continue;
    having++;
    if (ends) ending++;
    if (!run.succeeded) failing++;
  }
  return having >= LEAST && Math.min(ending, failing) >= NEARLY_ALWAYS * having;
}

/** Whether a last step names the outcome of nearly every run, with it and without. */
function isStatus(rows: readonly RatedRow[], log: EventLog, last: number, verdict: "better" | "worse"): boolean {
  const of = holding(log, last);
  let [having, ending, others, right] = [0, 0, 0, 0];
  for (const { reward, variant } of rows) {
    const { has, ends } = of(variant);
    if (has) having++;
    else others++;
    if (ends) ending++;
    if (reward >= GOOD === (has === (verdict === "better"))) right++;
  }
  return (
    Math.min(having, others) >= LEAST &&
    ending >= NEARLY_ALWAYS * having &&
    right >= rows.length - (1 - NEARLY_ALWAYS) * Math.min(having, others)
  );
}

/** Count, sum and sum of squares. */
class Sums {
  readonly all: [n: number, sum: number, square: number] = [0, 0, 0];

  add(value: number): void {
    this.all[0]++;
    this.all[1] += value;
    this.all[2] += value * value;
  }
}
