import { commandsIn, END, isSend } from "../internals.js";
import type { NodeOutlook } from "../record/graph-shape.js";
import { noteCommandEdges } from "../record/noted-edges.js";
import type { NodeRun, RunRecorder } from "../record/run-recorder.js";

/** A chain run directly below a node: perhaps the function of one of its conditional edges. */
export interface PathResult {
  output: unknown;
  ended: boolean;
}

/**
 * Notes the edges that a finished node must have emitted: its static edges, where its commands go, and
 * what its conditional edges returned. Those are its last child runs, in order; a conditional edge that
 * leaves no run of its own (an untraced Runnable) is left open until its destination starts.
 */
export function noteInferredEdges(
  recorder: RunRecorder,
  run: NodeRun,
  output: unknown,
  children: readonly PathResult[],
  outlook: NodeOutlook | undefined,
): void {
  for (const command of commandsIn(output)) noteCommandEdges(recorder, run, command);
  if (isSend(output)) recorder.edges.emitted(run, output.node, "send");
  if (!outlook) {
    recorder.edges.leaveOpen(run, undefined);
    return;
  }
  for (const to of outlook.statics) recorder.edges.emitted(run, to, "static");
  if (outlook.staticEnd) recorder.edges.emitted(run, END, "static", { started: true });
  for (const { channel, to } of outlook.joins) recorder.edges.emitted(run, to, "join", { channel });
  if (outlook.branches.length === 0) return;
  const traced = outlook.branches.filter((b) => b.traced).length;
  const results = children.slice(children.length - traced);
  let next = results.length < traced ? undefined : 0;
  for (const branch of outlook.branches) {
    const result = branch.traced && next !== undefined ? results[next++] : undefined;
    if (result?.ended) noteBranch(recorder, run, result.output, branch.ends);
    else recorder.edges.leaveOpen(run, branch.ends && Object.values(branch.ends));
  }
}

function noteBranch(
  recorder: RunRecorder,
  run: NodeRun,
  output: unknown,
  ends: Record<string, string> | undefined,
): void {
  const choices = (Array.isArray(output) ? output : [output]).map((raw) =>
    isSend(raw) ? raw : ends ? ends[String(raw)] : String(raw),
  );
  const onward = choices.filter((to) => to !== undefined && to !== END);
  // Whoever goes on somewhere does not end.
  if (onward.length === 0 && choices.includes(END)) recorder.edges.emitted(run, END, "conditional", { started: true });
  for (const to of onward)
    if (isSend(to)) recorder.edges.emitted(run, to.node, "send");
    else recorder.edges.emitted(run, String(to), "conditional");
}
