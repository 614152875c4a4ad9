// Runs in the learning thread.
import { currentFeedback, type FeedbackRecord } from "../core/index.js";
import { composeReward, fitPreferences, fitRaterCorrection, type RewardOptions, spentBy } from "../dataset/index.js";
import { fitJudgeCorrection, formattingOf, type JudgeCorrection, type JudgedPair } from "../rewards/index.js";
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
  const all: FeedbackRecord[] = [];
  for (const [workflowId, facts] of state.feedback) {
    const workflowType = state.traces.get(workflowId)?.[0]?.workflowType;
    // Only raters are compared by the type of the run, and a copy of all that was said takes memory.
    for (const f of facts)
      all.push(
        workflowType === undefined || f.workflowType === workflowType || !(f.cat || f.ratings)
          ? f
          : { ...f, workflowType },
      );
  }
  const lookOf = (workflowId: string) => outputLook(state, workflowId);
  const corrections = judgeCorrections(state.feedback, lookOf);
  const views: RewardViews = {
    options: {
      ...plain,
      ...(correctRaters && { raters: fitRaterCorrection(all) }),
      preferences: fitPreferences(all),
      evaluators: {
        correct(userId, value, workflowId) {
          const found = corrections.get(userId);
          if (!found) return value;
          const { outputLength, formatting } = lookOf(workflowId);
          return found.helps ? found.correct(value, outputLength, formatting) : undefined;
        },
      },
    },
    evaluators: Object.fromEntries([...corrections].map(([name, { correct: _, ...finding }]) => [name, finding])),
  };
  state.shared.set(KEY, { key, views });
  return views;
}

/** How long a run's output is, in tokens its models wrote, and how formatted where states are captured. */
function outputLook(state: WorkerState, workflowId: string): Pick<JudgedPair, "outputLength" | "formatting"> {
  const calls = state.traces.get(workflowId)?.flatMap((s) => s.modelCalls);
  const outputLength = calls?.length ? spentBy(calls).tokensOut : undefined;
  const output = state.traceOf(workflowId)?.nodes.at(-1)?.update;
  // Kept states are JSON, in which a line break is two characters.
  const formatting = output === undefined ? undefined : formattingOf(output.replaceAll("\\n", "\n"));
  return { ...(outputLength !== undefined && { outputLength }), ...(formatting !== undefined && { formatting }) };
}

/** Each evaluator's correction, from the runs that it and people scored. */
function judgeCorrections(
  byRun: ReadonlyMap<string, readonly FeedbackRecord[]>,
  lookOf: (workflowId: string) => Pick<JudgedPair, "outputLength" | "formatting">,
): Map<string, JudgeCorrection> {
  const pairs = new Map<string, JudgedPair[]>();
  for (const [workflowId, facts] of byRun) {
    if (!facts.some((f) => f.source === "evaluator")) continue;
    const current = currentFeedback(facts).filter((f) => f.decisionId === undefined && f.outcome === undefined);
    const human = composeReward({ feedback: current.filter((f) => f.source === "human") }).reward;
    if (human === undefined) continue;
    for (const f of current) {
      if (f.source !== "evaluator") continue;
      const judge = composeReward({ feedback: [f] }).parts.evaluator;
      if (judge !== undefined)
        pairs.set(f.userId, [...(pairs.get(f.userId) ?? []), { judge, human, ...lookOf(workflowId) }]);
    }
  }
  return new Map(
    [...pairs].flatMap(([name, own]) => (own.length < LEAST_PAIRS ? [] : [[name, fitJudgeCorrection(own)] as const])),
  );
}
