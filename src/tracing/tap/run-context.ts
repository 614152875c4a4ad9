import type { RunConfigLike } from "../../core/index.js";
import type { NodeRun, RunRecorder } from "../record/run-recorder.js";

/**
 * Where in a config the run it belongs to is noted. A symbol: LangGraph copies it from task to task
 * and into subgraphs, while everything that lists, prints or sends a config passes it by.
 */
export const RUN = Symbol("langgraph-collective-learning.run");

/** The run, or within a node the execution, that a config belongs to. */
export function runOf(config: RunConfigLike | undefined): RunRecorder | NodeRun | undefined {
  return (config?.configurable as { [RUN]?: RunRecorder | NodeRun } | undefined)?.[RUN];
}

/** The recorder behind either. */
export function recorderOf(run: RunRecorder | NodeRun): RunRecorder {
  return "recorder" in run ? run.recorder : run;
}
