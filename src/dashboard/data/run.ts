import { checkArgument } from "../../core/arguments.js";
import {
  currentFeedback,
  type Decision,
  type FeedbackRecord,
  LearningError,
  messageOf,
  show,
  type Trace,
} from "../../core/index.js";
import type { DecisionExplanation } from "../../loop/index.js";
import { ofRuns } from "./facts-of-page.js";
import { checkedSource, type Source } from "./source.js";

/** Everything known of one run. */
export interface RunView {
  trace?: Trace;
  decisions: Decision[];
  /** What raters currently say. */
  feedback: FeedbackRecord[];
  reward?: number;
}

/**
 * One run, its segments joined.
 * @throws RUN_UNKNOWN where nothing is stored of it
 * @example const { trace } = await runOf({ loop }, "run-7");
 */
export async function runOf(source: Source, workflowId: string): Promise<RunView> {
  checkedSource(source);
  checkArgument(workflowId, "workflowId", "text", "CONFIG_INVALID");
  const ids = [{ workflowId }];
  const [traces, decided, said] = await Promise.all([
    ofRuns(source, "trace", ids),
    ofRuns(source, "decision", ids),
    ofRuns(source, "feedback", ids),
  ]);
  const { inspect } = source.loop;
  const trace = inspect.join(traces.get(workflowId) ?? []);
  const decisions = [...new Map((decided.get(workflowId) ?? []).map((d) => [d.decisionId, d])).values()];
  const history = said.get(workflowId) ?? [];
  if (!trace && decisions.length === 0 && history.length === 0) throw unknownRun(workflowId);
  return {
    trace,
    decisions,
    feedback: currentFeedback(history),
    reward: inspect.reward(workflowId, history, trace),
  };
}

function unknown(received: string): LearningError {
  return new LearningError("RUN_UNKNOWN", {
    received,
    expected: "the id of a run, and of a decision in it, that is stored here",
    remedy: "Check the id, and where runs are stored; `collective-learning traces list` names the newest.",
  });
}

/** What is answered where nothing is stored of a run. */
export const unknownRun = (workflowId: string) => unknown(`the run ${show(workflowId)}, of which nothing is stored`);

/** Whether anything is stored of a run. */
export async function isStored({ loop }: Source, workflowId: string): Promise<boolean> {
  for (const kind of ["trace", "decision", "feedback"] as const)
    for await (const { facts } of loop.inspect.store.read(kind, { workflowId, limit: 1 }))
      if (facts.length > 0) return true;
  return false;
}

/** Why a decision was made, or why that cannot be said. */
export interface Explained {
  explanation?: DecisionExplanation;
  /** Why there is none. */
  none?: string;
}

/** Explains one decision by the version that served it. */
export async function explainOf(source: Source, workflowId: string, decisionId: string): Promise<Explained> {
  const { decisions } = await runOf(source, workflowId);
  const decision = decisions.find((d) => d.decisionId === decisionId);
  if (!decision) throw unknown(`the decision ${show(decisionId)}, which the run ${show(workflowId)} has not`);
  if (decision.policyVersion === undefined)
    return { none: "No learned version served this decision: the graph's own fallback decided." };
  try {
    return { explanation: await source.loop.explainDecision(decision) };
  } catch (error) {
    return { none: messageOf(error) };
  }
}
