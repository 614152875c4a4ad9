import { checkArgument } from "../core/arguments.js";
import type { Decision, FeedbackRecord, Trace, TraceSegment } from "../core/index.js";
import { composeReward, givenReward, joinRows, joinSegments } from "../dataset/index.js";
import type { LabelledFailure } from "./blame.js";
import type { PatternEngine } from "./pattern-engine.js";
import { viewRun } from "./run-view.js";

/** What is read of arguments. */
const ENGINE = { runs: "object", types: "object", update: "function" } as const;

/** Everything known of one run. */
export interface RunFacts {
  segments: readonly TraceSegment[];
  feedback: readonly FeedbackRecord[];
  decisions: readonly Decision[];
}

/** Computes a run's reward in [0,1]; undefined while unrated. */
export type PatternReward = (feedback: readonly FeedbackRecord[], trace: Trace) => number | undefined;

/** The reward patterns are judged by: latency and cost stay out, since they are metrics of their own here. */
export const patternReward: PatternReward = (feedback, trace) =>
  composeReward({ feedback, trace, weights: { latency: 0, cost: 0 } }).reward;

/** Feedback tags of this form name the agent responsible for a failed run. */
const RESPONSIBLE = "responsible:";

/**
 * Counts a run, and says who is responsible where a person named the culprit of a failure.
 * @example const failure = lookAt(new PatternEngine(), trace, records); // defined where a person named the culprit
 */
export function lookAt(
  engine: PatternEngine,
  trace: Trace,
  feedback: readonly FeedbackRecord[],
): LabelledFailure | undefined {
  checkArgument(engine, "engine", ENGINE, "PATTERN_INVALID");
  checkArgument(trace, "trace", { nodes: "list" }, "PATTERN_INVALID");
  checkArgument(feedback, "feedback", "objects", "PATTERN_INVALID");
  const view = viewRun(trace);
  engine.update([view]);
  const tag = feedback.flatMap((f) => f.tags ?? []).findLast((t) => t.startsWith(RESPONSIBLE));
  const { id: workflowId, workflowType } = view;
  return tag === undefined
    ? undefined
    : { workflowId, workflowType, steps: view.cases.agents.activities, responsible: tag.slice(RESPONSIBLE.length) };
}

/**
 * Takes runs into an engine, each with everything known of it now: its view, reward, rated decisions, and
 * the culprit that a person named. Runs without a trace are given back.
 * @example
 * ```ts
 * const engine = new PatternEngine();
 * const withoutTrace = takeIn(engine, new Map([["run-7", { segments, feedback: records, decisions: [decision] }]]));
 * ```
 */
export function takeIn(
  engine: PatternEngine,
  runs: ReadonlyMap<string, RunFacts>,
  reward: PatternReward = patternReward,
): string[] {
  checkArgument(engine, "engine", ENGINE, "PATTERN_INVALID");
  checkArgument(runs, "runs", { get: "function" }, "PATTERN_INVALID");
  if (runs.size === 0) return [];
  const rows = engine.decisions.filter((r) => !runs.has(r.workflowId));
  const labelled = engine.labelled.filter((f) => f.workflowId === undefined || !runs.has(f.workflowId));
  const traceless: string[] = [];
  for (const [workflowId, { segments, feedback, decisions }] of runs) {
    const trace = joinSegments(segments);
    if (!trace) {
      traceless.push(workflowId);
      continue;
    }
    const label = lookAt(engine, trace, feedback);
    if (label) labelled.push(label);
    engine.rate(workflowId, givenReward(reward(feedback, trace), workflowId));
    rows.push(...joinRows(decisions, new Map([[workflowId, feedback]]), new Map([[workflowId, trace]])));
  }
  engine.decide(rows);
  engine.label(labelled);
  return traceless;
}
