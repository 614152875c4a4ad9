import type { EventLog } from "./event-log.js";
import type { AnalyzedRun } from "./run-view.js";

/** A run whose reward is known. */
export interface RatedRun {
  run: AnalyzedRun;
  reward: number;
}

/** A rated run as one unit's log has it. */
export interface RatedRow extends RatedRun {
  /** Its place among the rated runs. */
  at: number;
  /** Its sequence in the log. */
  variant: number;
}

/** The rated runs of a type that a log of that type has, in the order given. */
export type RatedRows = (log: EventLog, workflowType: string) => readonly RatedRow[];

/** Looks the rated runs up once in each log, while logs stay as they are. */
export function ratedRows(rated: readonly RatedRun[]): RatedRows {
  const known = new Map<EventLog, readonly RatedRow[]>();
  return (log, workflowType) => {
    const found =
      known.get(log) ??
      rated.flatMap(({ run, reward }, at) => {
        const row = run.workflowType === workflowType ? log.rowOfCase(run.id) : undefined;
        return row === undefined ? [] : [{ run, reward, at, variant: log.variantOf.at(row) }];
      });
    known.set(log, found);
    return found;
  };
}

/** What `of` says of each sequence of a log, found out once: thousands of runs share a few. */
export function byVariant<T>(log: EventLog, of: (sequence: Int32Array) => T): (variant: number) => T {
  const known = new Map<number, T>();
  return (variant) => {
    const found = known.get(variant);
    if (found !== undefined || known.has(variant)) return found as T;
    const fresh = of(log.variants.sequence(variant));
    known.set(variant, fresh);
    return fresh;
  };
}
