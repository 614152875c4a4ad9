import { isoTime, type RecordedError, type RunIdentity, type RunStatus, type TraceSegment } from "../../core/index.js";
import type { CaptureSettings } from "../settings.js";
import { type EdgeRun, edgeRecord } from "./edge-log.js";
import { interactionsOf } from "./interactions.js";
import { nodeRecord } from "./node-record.js";
import { redactText } from "./redact.js";
import { keptMetadata, keptTags } from "./run-start.js";
import { type CallRun, type RunningNode, type RunStart, round } from "./run-types.js";

const MAX_GAP = 300;

/** A run that is over: what its segment is made of, and nothing changes any more. */
export interface ClosedRun {
  start: RunStart;
  identity: RunIdentity | undefined;
  settings: CaptureSettings;
  segmentId: string;
  workflowId: string;
  status: RunStatus;
  error: RecordedError | undefined;
  /** When it began: milliseconds since the epoch, and of the monotonic clock. */
  startedAt: number;
  startedMono: number;
  durationMs: number;
  resumed: boolean;
  /** Takes up a run that had failed. */
  followsFailure: boolean;
  /** Nothing is kept of it but who it is. */
  muted: boolean;
  nodes: readonly RunningNode[];
  edges: readonly EdgeRun[];
  modelCalls: readonly CallRun<TraceSegment["modelCalls"][number]>[];
  toolCalls: readonly CallRun<TraceSegment["toolCalls"][number]>[];
  gaps: string[];
  traceparent: string | undefined;
}

/** Whether a run was kept for its failure, whatever the draw of sampling said. */
export function isKeptForFailure({ settings, status, followsFailure }: ClosedRun): boolean {
  return settings.keepFailures && (status === "error" || followsFailure);
}

/** The record of a run that is over. */
export function segmentOf(run: ClosedRun): TraceSegment {
  const { start, settings } = run;
  const timeOf = clockOf(run);
  const timed = <T extends { started: number }>({ started, ...rest }: T) => ({ ...rest, startedAt: timeOf(started) });
  const edges = run.edges.map(edgeRecord);
  const segment: TraceSegment = {
    schemaVersion: 1,
    workflowId: run.workflowId,
    segmentId: run.segmentId,
    workflowType: start.workflowType,
    tags: keptTags(start.tags, settings.redactor),
    metadata: keptMetadata(start.metadata, settings.redactor),
    startedAt: isoTime(run.startedAt),
    durationMs: round(run.durationMs),
    status: run.status,
    capture: start.capture,
    resumed: run.resumed,
    keepProbability: isKeptForFailure(run) ? 1 : settings.sampleRate,
    nodes: run.nodes.map((node) => nodeRecord(node, timeOf(node.started))),
    edges,
    modelCalls: run.modelCalls.map(timed),
    toolCalls: run.toolCalls.map(timed),
    interactions: interactionsOf(edges),
    gaps: run.gaps.map((gap) => redactText(gap, settings.redactor, "gaps").slice(0, MAX_GAP)),
  };
  if (start.runId !== undefined) segment.runId = start.runId;
  if (start.threadId !== undefined) segment.threadId = start.threadId;
  if (start.userId !== undefined) segment.userId = start.userId;
  if (run.error && run.status !== "success") segment.error = run.error;
  if (run.identity?.origin) segment.origin = run.identity.origin;
  if (start.parent) segment.parent = start.parent;
  if (run.traceparent !== undefined) segment.traceparent = run.traceparent;
  return segment;
}

/** Tells the moment of a monotonic time, ISO 8601. Nodes in a row mostly begin within one second, which is spelled once. */
function clockOf({ startedAt, startedMono }: ClosedRun): (mono: number) => string {
  let second = Number.NaN;
  let text = "";
  return (mono) => {
    const at = Math.round(startedAt + mono - startedMono);
    const ms = ((at % 1000) + 1000) % 1000;
    if (at - ms !== second) {
      second = at - ms;
      text = isoTime(second).slice(0, -4);
    }
    return `${text}${ms < 10 ? "00" : ms < 100 ? "0" : ""}${ms}Z`;
  };
}
