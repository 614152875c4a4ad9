import type { ReplayedRun } from "./replayed-run.js";

/**
 * The runs with the times that LangGraph's steps imply: a node of a later step begins after those of earlier steps
 * of its graph have ended, whatever the clock that wrote them down says; what it holds moves with it.
 */
export function inStepOrder(runs: readonly ReplayedRun[]): ReplayedRun[] {
  const children = new Map<string | undefined, ReplayedRun[]>();
  for (const run of runs) children.set(run.parentRunId, [...(children.get(run.parentRunId) ?? []), run]);
  const shifts = new Map<string, number>();
  const shift = (run: ReplayedRun, by: number) => {
    shifts.set(run.runId, (shifts.get(run.runId) ?? 0) + by);
    for (const child of children.get(run.runId) ?? []) shift(child, by);
  };
  for (const siblings of children.values()) {
    const nodes = siblings.filter((run) => stepOf(run) !== undefined);
    const steps = [...new Set(nodes.map(stepOf))].sort((a, b) => (a ?? 0) - (b ?? 0));
    let ended = Number.NEGATIVE_INFINITY;
    for (const step of steps) {
      const together = nodes.filter((run) => stepOf(run) === step);
      for (const run of together) {
        const late = ended - run.startedAt;
        if (late > 0) shift(run, late);
      }
      const ends = together.map((run) => (run.endedAt ?? run.startedAt) + Math.max(0, ended - run.startedAt));
      ended = Math.max(ended, ...ends);
    }
  }
  return runs.map((run) => moved(run, shifts.get(run.runId) ?? 0));
}

/** The step of a node's run; undefined for what runs inside a node, which inherits its metadata but not its tag. */
export function stepOf({ tags, metadata }: ReplayedRun): number | undefined {
  if (!tags.some((tag) => tag.startsWith("graph:step:"))) return undefined;
  const step = Number(metadata.langgraph_step);
  return Number.isFinite(step) ? step : undefined;
}

function moved(run: ReplayedRun, by: number): ReplayedRun {
  if (by === 0) return run;
  const later = (time: number | undefined) => (time === undefined ? undefined : time + by);
  return {
    ...run,
    startedAt: run.startedAt + by,
    endedAt: later(run.endedAt),
    firstTokenAt: later(run.firstTokenAt),
  };
}
