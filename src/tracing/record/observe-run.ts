import type { PregelShape } from "../internals.js";
import { isAgentGraph } from "./agent-graph.js";
import type { RunObserver } from "./run-observer.js";
import type { RunRecorder } from "./run-recorder.js";
import type { RunStart } from "./run-types.js";
import { stateText } from "./state-text.js";

/** Bytes of a message, or of a tool's arguments, that an observer is given. */
const MOST_CONTENT = 65_536;

/** Has an observer told of a run that begins. @param graph where it is known */
export function observeRun(recorder: RunRecorder, observer: RunObserver, graph: PregelShape | undefined): void {
  const { start, settings } = recorder;
  recorder.quietly(() => {
    const agent = graph && isAgentGraph(Object.keys(graph.nodes)) ? agentName(graph, start) : undefined;
    const keep = (value: unknown) => stateText(value, MOST_CONTENT, settings.redactor);
    recorder.underWay = observer.started({ start, agent, keep });
    return recorder.underWay;
  });
}

/** LangGraph names graphs that were given no name of their own. */
function agentName({ name }: PregelShape, { workflowType }: RunStart): string {
  return name === undefined || name === "LangGraph" ? workflowType : name;
}
