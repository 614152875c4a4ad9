import type { Clock, TraceSegment } from "../../core/index.js";
import { isPregel } from "../internals.js";
import type { CaptureOptions } from "../options.js";
import { segmentOf } from "../record/closed-run.js";
import type { PriceTable } from "../record/prices.js";
import { RunRecorder } from "../record/run-recorder.js";
import { runStartOf } from "../record/run-start.js";
import { captureSettings } from "../settings.js";
import { CallbackRun } from "./callback-run.js";
import type { ReplayedRun } from "./replayed-run.js";
import { inStepOrder, stepOf } from "./step-order.js";

export type { CaptureOptions } from "../options.js";
export type { ReplayedRun } from "./replayed-run.js";

const GRAPH_CHAIN = { id: ["langgraph", "pregel", "CompiledStateGraph"] };

/**
 * Makes a segment of a trace that was recorded elsewhere, by letting its events come in again in their
 * order, at their times. The root run's id becomes the segment's, and the workflow's where none was given.
 * @returns undefined when none of the runs is a graph's
 */
export function replayRuns(
  runs: readonly ReplayedRun[],
  workflowType: string,
  options: CaptureOptions & { graph?: object; prices?: PriceTable } = {},
): TraceSegment | undefined {
  const graphs = runs.filter((run) => run.kind === "graph").sort((a, b) => a.startedAt - b.startedAt);
  const byId = new Map(runs.map((r) => [r.runId, r]));
  const root = graphs.find((run) => !graphs.some((other) => other !== run && isAbove(other, run, byId)));
  if (!root) return undefined;
  let now = root.startedAt;
  const clock: Clock = { now: () => now, monotonic: () => now, schedule: () => () => {} };
  const config = { metadata: root.metadata, tags: root.tags, runId: root.runId };
  const recorder = new RunRecorder(
    runStartOf(workflowType, "callbacks", config),
    captureSettings({ ...options, sampleRate: 1 }),
    clock,
  );
  const read = new CallbackRun(recorder, isPregel(options.graph) ? options.graph : undefined);
  read.rootStarted(root.runId);
  const below = inStepOrder(runs.filter((run) => run !== root && isAbove(root, run, byId)));
  for (const { at, run, begins } of eventsOf(below)) {
    now = at;
    if (begins) {
      begin(read, run);
      continue;
    }
    if (run.firstTokenAt !== undefined) {
      now = run.firstTokenAt;
      read.token(run.runId);
      now = at;
    }
    end(read, run);
  }
  now = root.endedAt ?? now;
  const workflowId = recorder.start.givenId ?? root.runId;
  recorder.identity = { workflowId, workflowType };
  const ok = root.error === undefined && root.endedAt !== undefined;
  if (ok) read.inferAtEnd();
  const closed = recorder.close({ ok, error: root.error }, { workflowId, segmentId: root.runId });
  return closed && segmentOf(closed);
}

function isAbove(ancestor: ReplayedRun, run: ReplayedRun, byId: ReadonlyMap<string, ReplayedRun>): boolean {
  const seen = new Set<string>();
  for (let at = run.parentRunId; at !== undefined && !seen.has(at); at = byId.get(at)?.parentRunId) {
    if (at === ancestor.runId) return true;
    seen.add(at);
  }
  return false;
}

interface Event {
  at: number;
  begins: boolean;
  depth: number;
  run: ReplayedRun;
}

/** Starts and ends in order; at one moment ends come first, inner ends before outer ones and outer starts before inner. */
function eventsOf(runs: readonly ReplayedRun[]): Event[] {
  const byId = new Map(runs.map((r) => [r.runId, r]));
  const depthOf = (run: ReplayedRun | undefined): number => (run ? 1 + depthOf(byId.get(run.parentRunId ?? "")) : 0);
  const events: Event[] = [];
  for (const run of runs) {
    const depth = depthOf(run);
    events.push({ at: run.startedAt, begins: true, depth, run });
    if (run.endedAt !== undefined) events.push({ at: run.endedAt, begins: false, depth, run });
  }
  const rank = (e: Event) => (e.begins ? e.depth : -e.depth);
  return events.sort((a, b) => {
    if (a.at !== b.at) return a.at - b.at;
    // A run of no measurable length must begin before it ends.
    if (a.run === b.run) return a.begins ? -1 : 1;
    const steps = (stepOf(a.run) ?? 0) - (stepOf(b.run) ?? 0);
    if (steps !== 0 && a.run.parentRunId === b.run.parentRunId) return steps;
    if (a.begins !== b.begins && isInstant(a.run) !== isInstant(b.run)) return isInstant(a.run) ? 1 : -1;
    return a.begins === b.begins ? rank(a) - rank(b) : a.begins ? 1 : -1;
  });
}

function isInstant(run: ReplayedRun): boolean {
  return run.startedAt === run.endedAt;
}

function begin(read: CallbackRun, run: ReplayedRun): void {
  const { runId, parentRunId, kind, name, metadata } = run;
  if (kind === "model") read.modelStarted(runId, parentRunId, { metadata });
  else if (kind === "tool") read.toolStarted(runId, parentRunId, { name });
  else {
    const chain = kind === "graph" ? GRAPH_CHAIN : undefined;
    read.chainStarted({ chain, inputs: run.inputs, runId, parentRunId, tags: run.tags, metadata, name });
  }
}

function end(read: CallbackRun, run: ReplayedRun): void {
  const { runId, kind, error, outputs } = run;
  if (kind === "model" && error === undefined) read.modelEnded(runId, outputs);
  else if (kind === "model") read.modelFailed(runId, error);
  else if (kind === "tool") read.toolEnded(runId, error);
  else if (error === undefined) read.chainEnded(runId, outputs);
  else read.chainFailed(runId, error);
}
