import { isRecord } from "../../core/is-object.js";

/** A trace, observation or score as Langfuse exports it, by its API's names. */
export type LangfuseRecord = Record<string, unknown>;

/** What was found in an export, by kind. */
export interface LangfuseExport {
  traces: LangfuseRecord[];
  observations: LangfuseRecord[];
  scores: LangfuseRecord[];
  /** Records of no kind that is known. */
  unknown: number;
}

/**
 * Sorts records by their shape: traces hold their observations and scores, or all come one by one; names may be written
 * as in the API (`traceId`) or as in exports to a bucket (`trace_id`).
 */
export function sorted(records: readonly unknown[]): LangfuseExport {
  const found: LangfuseExport = { traces: [], observations: [], scores: [], unknown: 0 };
  const take = (given: unknown): void => {
    const page = isRecord(given) && Array.isArray(given.data) ? given.data : undefined;
    if (Array.isArray(given) || page) {
      for (const one of page ?? (given as unknown[])) take(one);
      return;
    }
    const record = isRecord(given) ? camel(given) : {};
    if (typeof record.id !== "string") found.unknown += 1;
    else if (record.traceId === undefined) {
      found.traces.push(record);
      for (const one of listOf(record.observations)) take(withTrace(one, record.id));
      for (const one of listOf(record.scores)) take(withTrace(one, record.id));
    } else if (typeof record.type === "string") found.observations.push(record);
    else if (typeof record.name === "string") found.scores.push(record);
    else found.unknown += 1;
  };
  take(records);
  return found;
}

function withTrace(record: unknown, traceId: string): unknown {
  return isRecord(record) ? { traceId, ...record } : undefined;
}

/** Lists of ids alone, as pages of traces hold them, say nothing. */
function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function camel(record: Record<PropertyKey, unknown>): LangfuseRecord {
  const named = Object.entries(record).map(([key, value]) => [
    key.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase()),
    value,
  ]);
  return Object.fromEntries(named);
}
