import type { TraceSegment } from "../../core/index.js";
import type { RunCursor, RunFilter } from "./run-query.js";
import type { RunRow } from "./run-row.js";

type RowDecision = RunRow["decisions"][number];

/** Whether runs are found by what was decided in them; what no version decided is found by looking. */
export function isAboutDecisions({ point, destination, version }: RunFilter): boolean {
  return point !== undefined || destination !== undefined || (version !== undefined && version !== "fallback");
}

/** Whether runs are found by what was said of them, where the store finds judgements by their values. */
export function isAboutJudgements({ minReward, maxReward, text, edge, failed, to }: RunFilter): boolean {
  const isNarrower = [text, edge, failed, to].some((v) => v !== undefined);
  return !isNarrower && (minReward !== undefined || maxReward !== undefined);
}

/** Whether a decision is one that the filter asks for. */
export function decisionFits({ point, chosen, version }: Omit<RowDecision, "id" | "at" | "source">, filter: RunFilter) {
  return (
    (filter.point === undefined || point === filter.point) &&
    (filter.destination === undefined || chosen === filter.destination) &&
    (filter.version === undefined || (version ?? "fallback") === filter.version)
  );
}

/** Whether a run's newest segment is one that the filter asks for, as far as it says. */
export function traceFits(segment: TraceSegment, filter: RunFilter): boolean {
  const { type, status, from, to, text, edge, failed } = filter;
  if (type !== undefined && segment.workflowType !== type) return false;
  if (status !== undefined && segment.status !== status) return false;
  const at = Date.parse(segment.startedAt);
  if (from !== undefined && at < Date.parse(from)) return false;
  if (to !== undefined && at >= Date.parse(to)) return false;
  if (edge !== undefined && !segment.edges.some((e) => e.started && `${e.from}>${e.to}` === edge)) return false;
  if (failed !== undefined && !segment.nodes.some((n) => n.name === failed && n.status === "error")) return false;
  if (text === undefined) return true;
  const wanted = text.toLowerCase();
  const { workflowId, tags, threadId, userId, metadata } = segment;
  if ([workflowId, threadId, userId].some((id) => id?.toLowerCase().startsWith(wanted))) return true;
  return [...tags, ...Object.values(metadata)].some((w) => String(w).toLowerCase().includes(wanted));
}

/** Whether what was decided and said of a run is what the filter asks for. */
export function rowFits({ decisions, reward }: RunRow, filter: RunFilter): boolean {
  const { point, destination, version, minReward, maxReward } = filter;
  if (point !== undefined || destination !== undefined || version !== undefined)
    if (!decisions.some((d) => decisionFits(d, filter))) return false;
  if (minReward !== undefined && !(reward !== undefined && reward >= minReward)) return false;
  return !(maxReward !== undefined && !(reward !== undefined && reward <= maxReward));
}

/** The cursor behind one more fact. */
export function after(last: RunCursor | undefined, at: string, id: string): RunCursor {
  return last?.at === at ? { at, seen: [...last.seen, id] } : { at, seen: [id] };
}

/** The cursor where looking came to; what was shown of that very moment is not shown again. */
export function behind(last: RunCursor | undefined, until: string): RunCursor {
  return last && Date.parse(last.at) === Date.parse(until) ? last : { at: until, seen: [] };
}
