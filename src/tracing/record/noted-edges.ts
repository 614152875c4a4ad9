import {
  BRANCH_PREFIX,
  commandsIn,
  END,
  gotosOf,
  isCommand,
  isSend,
  JOIN_PREFIX,
  TASKS_CHANNEL,
  type Write,
} from "../internals.js";
import type { NodeOutlook } from "./graph-shape.js";
import type { NodeRun, RunRecorder } from "./run-recorder.js";

/**
 * Notes the edges that a finished node emitted, from what it sent. Each conditional edge and the
 * commands together send once, so a branch that sent nothing went to the end.
 */
export function noteSentEdges(
  recorder: RunRecorder,
  run: NodeRun,
  sends: readonly (readonly Write[])[],
  output: unknown,
  outlook: NodeOutlook,
): void {
  const goals = commandGoals(output);
  let branchSends = 0;
  for (const writes of sends) {
    let fromBranch = false;
    for (const [channel, value] of writes) {
      if (channel.startsWith(BRANCH_PREFIX)) {
        const to = channel.slice(BRANCH_PREFIX.length);
        if (value !== run.name) recorder.edges.emitted(run, to, "static");
        else {
          fromBranch = true;
          // What a cached node returned is not seen; without conditional edges it was a command.
          const isCommanded = takeGoal(goals, to) || (output === undefined && outlook.branches.length === 0);
          recorder.edges.emitted(run, to, isCommanded ? "command" : "conditional");
        }
      } else if (channel === TASKS_CHANNEL) {
        fromBranch = true;
        if (isSend(value)) recorder.edges.emitted(run, value.node, "send");
      } else if (channel.startsWith(JOIN_PREFIX)) {
        recorder.edges.emitted(run, channel.slice(channel.lastIndexOf(":") + 1), "join", { channel });
      }
    }
    if (fromBranch) branchSends += 1;
  }
  if (outlook.staticEnd) recorder.edges.emitted(run, END, "static", { started: true });
  if (goals.toEnd) recorder.edges.emitted(run, END, "command", { started: true });
  const conditionalSends = branchSends - (goals.sends ? 1 : 0);
  for (let i = conditionalSends; i < outlook.branches.length; i++)
    recorder.edges.emitted(run, END, "conditional", { started: true });
}

interface Goals {
  names: Map<string, number>;
  toEnd: boolean;
  /** Whether the commands send anything at all. */
  sends: boolean;
}

const NO_GOALS: Goals = { names: new Map(), toEnd: false, sends: false };

function commandGoals(output: unknown): Goals {
  // Nearly every node returns a plain update.
  if (!Array.isArray(output) && !isCommand(output) && !isSend(output)) return NO_GOALS;
  const goals: Goals = { names: new Map(), toEnd: false, sends: isSend(output) };
  for (const command of commandsIn(output))
    for (const goto of gotosOf(command)) {
      if (goto === END) goals.toEnd = true;
      else goals.sends = true;
      if (typeof goto === "string") goals.names.set(goto, (goals.names.get(goto) ?? 0) + 1);
    }
  return goals;
}

function takeGoal(goals: Goals, to: string): boolean {
  const left = goals.names.get(to) ?? 0;
  if (left > 0) goals.names.set(to, left - 1);
  return left > 0;
}

/** Notes where a command raised by a subgraph (`Command.PARENT`) sends the node that hosts it. */
export function noteCommandEdges(recorder: RunRecorder, run: NodeRun, command: { goto?: unknown }): void {
  for (const goto of gotosOf(command)) {
    if (goto === END) recorder.edges.emitted(run, END, "command", { started: true });
    else if (typeof goto === "string") recorder.edges.emitted(run, goto, "command");
    else if (isSend(goto)) recorder.edges.emitted(run, goto.node, "send");
  }
}

/** Notes where a command that is a run's input sends it. Its edges come from the start, as LangGraph has it. */
export function noteInputEdges(recorder: RunRecorder, input: unknown): void {
  for (const goto of commandsIn(input).flatMap(gotosOf)) {
    if (typeof goto === "string") recorder.edges.entered(recorder.base, goto, "command");
    else if (isSend(goto)) recorder.edges.entered(recorder.base, goto.node, "send");
  }
}
