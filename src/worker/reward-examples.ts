// Runs in the learning thread.
import { currentFeedback, type Decision, type FeedbackRecord, type Trace } from "../core/index.js";
import { runReward } from "../dataset/index.js";
import { type RewardExample, traceFeatures } from "../rewards/index.js";
import { type RewardSettings, rewardViews } from "./reward-views.js";
import type { WorkerState } from "./state.js";

/** A traced run with its reward and judged dimensions on [0,1]; without targets while nobody judged it. */
export interface RewardRun {
  workflowId: string;
  /** When it started, ISO 8601. */
  at: string;
  targets: Record<string, number>;
  trace: Trace;
}

/** Every traced run, or those of them asked for, in the order of time. */
export function judgedRuns(state: WorkerState, settings: RewardSettings, only?: ReadonlySet<string>): RewardRun[] {
  const { options } = rewardViews(state, settings);
  const runs: RewardRun[] = [];
  for (const workflowId of only ?? state.traces.keys()) {
    const trace = state.traceOf(workflowId);
    if (!trace) continue;
    const feedback = (state.feedback.get(workflowId) ?? []).filter((f) => f.decisionId === undefined);
    const reward = runReward(workflowId, feedback, trace, options);
    const targets = { ...(reward !== undefined && { reward }), ...dimensionsOf(feedback) };
    runs.push({ workflowId, at: trace.startedAt, targets, trace });
  }
  return runs.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.workflowId < b.workflowId ? -1 : 1));
}

/** A run as the reward model sees it. */
export interface RewardRunExample extends RewardExample {
  workflowId: string;
  at: string;
}

/** The newest runs that a model is fitted on, and that are predicted, at most. */
const MOST_RUNS = 3000;

/** The rated and the unrated runs that a learning cycle works on, each in the order given. */
export function runsToLearnFrom(runs: readonly RewardRun[]): { rated: RewardRun[]; unrated: RewardRun[] } {
  const isRated = (r: RewardRun) => r.targets["reward"] !== undefined;
  return {
    rated: runs.filter(isRated).slice(-MOST_RUNS),
    unrated: runs.filter((r) => !isRated(r)).slice(-MOST_RUNS),
  };
}

/** The decisions of each of the runs. */
export function decisionsByRun(state: WorkerState, runs: readonly RewardRun[]): Map<string, Decision[]> {
  const decisions = new Map<string, Decision[]>(runs.map((r) => [r.workflowId, []]));
  for (const d of state.decisions.values()) decisions.get(d.workflowId)?.push(d);
  return decisions;
}

/**
 * Runs with the features of their traces and decisions, in the order given.
 * @param vectors of the runs' texts, by workflowId, where there are any
 */
export function runExamples(
  state: WorkerState,
  runs: readonly RewardRun[],
  vectors: Readonly<Record<string, number[]>> = {},
): RewardRunExample[] {
  const decisions = decisionsByRun(state, runs);
  return runs.map(({ workflowId, at, targets, trace }) => ({
    workflowId,
    at,
    targets,
    group: trace.threadId ?? workflowId,
    features: traceFeatures(trace, { decisions: decisions.get(workflowId), embedding: vectors[workflowId] }),
  }));
}

/** Mean of what people said of each CAT dimension and rating, on [0,1]. */
function dimensionsOf(feedback: readonly FeedbackRecord[]): Record<string, number> {
  const values = new Map<string, number[]>();
  const add = (name: string, value: number) => values.set(name, [...(values.get(name) ?? []), value]);
  for (const r of currentFeedback(feedback)) {
    if (r.source === "evaluator") continue;
    for (const [name, score] of Object.entries(r.cat?.dimensions ?? {})) add(`cat:${name}`, (score - 1) / 9);
    for (const [name, rating] of Object.entries(r.ratings ?? {})) add(`rating:${name}`, rating);
  }
  return Object.fromEntries([...values].map(([name, v]) => [name, v.reduce((a, b) => a + b, 0) / v.length]));
}
