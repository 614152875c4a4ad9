import type { NodeExecution, Trace } from "../../../core/index.js";
import type { AgentResponse, OrchestratorAction, StepFacts } from "../../../orchestration/index.js";

/** A run of an agent, as a trace tells it. */
export interface RunFact {
  /** Which trace it is from: conditions hidden from the orchestrator last for a run of the graph. */
  trace: number;
  agent: string;
  ok: boolean;
  durationMs: number;
  tokens?: number;
  costUsd?: number;
  quality?: number;
  under?: AgentResponse["under"];
}

/** Another step of the orchestrator. */
export interface StepFact extends StepFacts {
  trace: number;
  action: OrchestratorAction;
  durationMs: number;
}

/** Everything that traces of a Sentinel say about its world. */
export interface SimulatorFacts {
  runs: RunFact[];
  steps: StepFact[];
  /** Traces with at least one run of a known agent. */
  traces: number;
}

/**
 * Reads agents' runs and the orchestrator's steps out of traces: from the updates that the tracer keeps
 * by default where they are there, else from durations and statuses alone.
 */
export function simulatorFacts(traces: readonly Trace[], agents: readonly string[]): SimulatorFacts {
  const known = new Set(agents);
  const runs: RunFact[] = [];
  const steps: StepFact[] = [];
  const seen = new Set<number>();
  traces.forEach((trace, at) => {
    for (const node of trace.nodes) {
      if (node.status === "interrupted" || node.status === "cancelled") continue;
      if (known.has(node.name)) {
        runs.push(runFact(at, node));
        seen.add(at);
        continue;
      }
      const step = firstObject(node.update, "steps") as (StepFacts & { action?: OrchestratorAction }) | undefined;
      if (step?.action !== node.name || step.durationMs === undefined) continue;
      steps.push({ ...step, trace: at, action: step.action, durationMs: step.durationMs });
    }
  });
  return { runs, steps, traces: seen.size };
}

function runFact(trace: number, node: NodeExecution): RunFact {
  const run = firstObject(node.update, "runs") as Partial<AgentResponse> | undefined;
  const bare = { trace, agent: node.name, ok: node.status === "success", durationMs: node.durationMs };
  if (run?.agent !== node.name || typeof run.ok !== "boolean" || typeof run.durationMs !== "number") return bare;
  const { ok, durationMs, tokens, costUsd, quality, under } = run;
  return { trace, agent: node.name, ok, durationMs, tokens, costUsd, quality, under };
}

/**
 * The first object in the array under `key` of a JSON text that may have been cut: up to its own closing
 * bracket, or where that is missing up to its text, which comes last. Undefined when neither can be read.
 */
export function firstObject(text: string | undefined, key: string): object | undefined {
  const from = text?.indexOf(`"${key}":[{`) ?? -1;
  if (text === undefined || from < 0) return undefined;
  const start = from + key.length + 4;
  const end = closingBracket(text, start);
  const beforeText = /,"(?:content|error)":/.exec(text.slice(start));
  const piece =
    end >= 0 ? text.slice(start, end + 1) : beforeText ? `${text.slice(start, start + beforeText.index)}}` : "";
  try {
    return JSON.parse(piece) as object;
  } catch {
    return undefined;
  }
}

function closingBracket(text: string, start: number): number {
  let depth = 0;
  let quoted = false;
  for (let i = start; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === "\\") i++;
      else if (c === '"') quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === "{" || c === "[") depth++;
    else if ((c === "}" || c === "]") && --depth === 0) return i;
  }
  return -1;
}
