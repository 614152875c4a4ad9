import { isObject } from "../../core/is-object.js";
import { SCRATCHPAD_KEY, START, type TaskConfig, type Write } from "../internals.js";
import type { NodeOutlook } from "../record/graph-shape.js";
import { noteSentEdges } from "../record/noted-edges.js";
import type { NodeRun, RunRecorder } from "../record/run-recorder.js";
import { updateOf } from "../record/update.js";

type Configurable = NonNullable<TaskConfig["configurable"]>;

/** The node came to its end, with what it wrote and sent. */
export function noteSuccess(
  recorder: RunRecorder,
  run: NodeRun,
  sends: readonly (readonly Write[])[],
  output: unknown,
  outlook: NodeOutlook,
): void {
  // An attempt that ended by a time-out may still come back; what it says then counts no more.
  if (run.status !== undefined) return;
  recorder.nodeEnded(run, "success");
  recorder.nodeWrote(run, updateOf(output));
  noteSentEdges(recorder, run, sends, output, outlook);
}

/** Says what ran inside the node without being seen: graphs invoked by hand while calls are not captured. */
export function noteUnseen(recorder: RunRecorder, run: NodeRun, config: TaskConfig): void {
  if (run.name === START) return;
  const graphs = graphsRun(config.configurable) - (run.graphsSeen ?? 0);
  if (graphs > 0)
    recorder.gaps.add(`node ${run.name} ran ${graphs} graph(s) of its own, which were not captured (calls: false)`);
}

/** How many graphs a task has run by hand, in all its attempts: LangGraph counts them. */
export function graphsRun(configurable: Configurable = {}): number {
  const scratchpad = configurable[SCRATCHPAD_KEY];
  return isObject(scratchpad) ? Number(scratchpad.subgraphCounter ?? 0) : 0;
}
