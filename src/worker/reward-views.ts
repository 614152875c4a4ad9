// Runs in the learning thread.
import { currentFeedback, type FeedbackRecord } from "../core/index.js";
import { composeReward, fitPreferences, fitRaterCorrection, type RewardOptions, spentBy } from "../dataset/index.js";
import { fitJudgeCorrection, type JudgeCorrection, type JudgedPair } from "../rewards/index.js";
import type { WorkerState } from "./state.js";

/** How rewards are composed, as plain data that can be sent to the worker. */
export interface RewardSettings extends Pick<RewardOptions, "weights" | "withoutJudgement"> {
  /** Whether raters' leniency and spread are evened out (default true). */
  correctRaters?: boolean;
}

/** What people's judgements say of an evaluator. */
export type EvaluatorFinding = Omit<JudgeCorrection, "correct">;

/** The options of `composeReward` that follow from all feedback there is. */
export interface RewardViews {
  options: RewardOptions;
  /** By evaluator; only those with enough runs that people scored as well. */
  evaluators: Record<string, EvaluatorFinding>;
}

const KEY = "reward views";
const LEAST_PAIRS = 20;

/** Raters, evaluators and comparisons as they stand by all feedback collected; computed once per collection. */
export function rewardViews(state: WorkerState, settings: RewardSettings): RewardViews {
  const cached = state.shared.get(KEY) as { key: string; views: RewardViews } | undefined;
  const key = JSON.stringify([state.revision, settings]);
  if (cached?.key === key) return cached.views;
  const { correctRaters = true, ...plain } = settings;
  const all = [...state.feedback].flatMap(([workflowId, facts]) => {
    const workflowType = state.traces.get(workflowId)?.[0]?.workflowType;
    return workflowType === undefined ? facts : facts.map((f) => ({ ...f, workflowType }));
  });
  const lengthOf = outputLengths(state);
  const corrections = judgeCorrections(state.feedback, lengthOf);
  const views: RewardViews = {
    options: {
      ...plain,
      ...(correctRaters && { raters: fitRaterCorrection(all) }),
      preferences: fitPreferences(all),
      evaluators: {
        correct(userId, value, workflowId) {
          const found = corrections.get(userId);
          if (!found) return value;
          return found.helps ? found.correct(value, lengthOf(workflowId)) : undefined;
        },
      },
    },
    evaluators: Object.fromEntries([...corrections].map(([name, { correct: _, ...finding }]) => [name, finding])),
  };
  state.shared.set(KEY, { key, views });
  return views;
}

/** Tokens that a run's models wrote; undefined where unknown, and for runs without a trace or without such calls. */
function outputLengths(state: WorkerState) {
  return (workflowId: string): number | undefined => {
    const calls = state.traces.get(workflowId)?.flatMap((s) => s.modelCalls);
    return calls?.length ? spentBy(calls).tokensOut : undefined;
  };
}

/** Each evaluator's correction, from the runs that it and people scored. */
function judgeCorrections(
  byRun: ReadonlyMap<string, readonly FeedbackRecord[]>,
  lengthOf: (workflowId: string) => number | undefined,
): Map<string, JudgeCorrection> {
  const pairs = new Map<string, JudgedPair[]>();
  for (const [workflowId, facts] of byRun) {
    const current = currentFeedback(facts).filter((f) => f.decisionId === undefined && f.outcome === undefined);
    const human = composeReward({ feedback: current.filter((f) => f.source === "human") }).reward;
    if (human === undefined) continue;
    for (const f of current) {
      if (f.source !== "evaluator") continue;
      const judge = composeReward({ feedback: [f] }).parts.evaluator;
      if (judge !== undefined)
        pairs.set(f.userId, [...(pairs.get(f.userId) ?? []), { judge, human, outputLength: lengthOf(workflowId) }]);
    }
  }
  return new Map(
    [...pairs].flatMap(([name, own]) => (own.length < LEAST_PAIRS ? [] : [[name, fitJudgeCorrection(own)] as const])),
  );
}
