import { checkArgument } from "../core/arguments.js";
import {
  currentFeedback,
  type FeedbackRecord,
  LearningError,
  refuseUnknownKeys,
  show,
  type Trace,
} from "../core/index.js";
import { spentBy } from "../core/records/spent.js";
import type { PreferenceStrengths } from "./preferences.js";
import type { RaterCorrection } from "./raters.js";

/** What is read of a trace. */
const TRACE = { nodes: "list", modelCalls: "list" } as const;

/** Turns an automatic evaluator's score into what people would have given. */
export interface EvaluatorCorrection {
  /**
   * @param userId the evaluator, as `evaluator:KEY`
   * @param value in [0,1]
   * @param workflowId the run it scored
   * @returns in [0,1]; undefined where the score tells nothing of people's and is to be left out
   */
  correct(userId: string, value: number, workflowId: string): number | undefined;
}

/** The measured or judged things a reward is composed of. */
const REWARD_PARTS = ["cat", "ratings", "thumbs", "preference", "evaluator", "success", "latency", "cost"] as const;
/** A part of a composed reward. */
export type RewardPart = (typeof REWARD_PARTS)[number];

/** Parts that are somebody's judgement of the run, not a by-product of running it. */
const JUDGEMENTS: ReadonlySet<RewardPart> = new Set(["cat", "ratings", "thumbs", "preference", "evaluator"]);

/**
 * How much each part counts, relative to the parts that are present, and the scales that turn
 * milliseconds and dollars into [0,1].
 */
export interface RewardWeights extends Record<RewardPart, number> {
  /** Duration at which the latency part is one half. */
  latencyHalfMs: number;
  /** Cost at which the cost part is one half. */
  costHalfUsd: number;
}

/**
 * People's judgement decides (CAT and ratings 1, thumbs 0.8 because they say less, preferences and
 * automatic evaluators 0.5), how the run went only tilts it (success 0.3, latency and cost 0.05).
 */
export const DEFAULT_REWARD_WEIGHTS: RewardWeights = {
  cat: 1,
  ratings: 1,
  thumbs: 0.8,
  preference: 0.5,
  evaluator: 0.5,
  success: 0.3,
  latency: 0.05,
  cost: 0.05,
  latencyHalfMs: 30_000,
  costHalfUsd: 0.05,
};

const NAMES = Object.keys(DEFAULT_REWARD_WEIGHTS) as (keyof RewardWeights)[];
/** Weights that were checked: they are the same for all runs. */
const checked = new WeakSet<object>();
const SCALES: readonly string[] = ["latencyHalfMs", "costHalfUsd"];

/** The defaults with some changed. */
function weightsOf(given: Partial<RewardWeights> | undefined): RewardWeights {
  if (given === undefined) return DEFAULT_REWARD_WEIGHTS;
  if (!checked.has(given)) {
    checkArgument(given, "weights", "object", "REWARD_INVALID");
    refuseUnknownKeys(given, NAMES, "the weights of a reward");
    for (const [name, value] of Object.entries(given))
      if (value !== undefined && !(Number.isFinite(value) && (SCALES.includes(name) ? value > 0 : value >= 0)))
        throw new LearningError("REWARD_INVALID", {
          received: `${show(value)} for the weight ${name}`,
          expected: SCALES.includes(name) ? "a number above 0" : "a number of at least 0",
          remedy: "Correct the weight, or leave it out for its default.",
        });
    checked.add(given);
  }
  const weights = { ...DEFAULT_REWARD_WEIGHTS };
  for (const name of NAMES) weights[name] = given[name] ?? weights[name];
  return weights;
}

/** How rewards are composed. */
export interface RewardOptions {
  /** Any of the default weights changed; 0 leaves a part out. */
  weights?: Partial<RewardWeights>;
  /** Corrects raters' leniency and spread (see `fitRaterCorrection`); none by default. */
  raters?: RaterCorrection;
  /** Corrects automatic evaluators by people's judgements of the same runs; none by default. */
  evaluators?: EvaluatorCorrection;
  /**
   * Where runs stand by all comparisons (see `fitPreferences`), which gives both runs of a comparison
   * their part. By default a run's own verdicts count alone: better 1, equal 0.5, worse 0.
   */
  preferences?: PreferenceStrengths;
  /**
   * Whether a run nobody judged gets a reward from success, latency and cost alone (default false:
   * its reward is undefined).
   */
  withoutJudgement?: boolean;
}

/** A reward and what it was composed of. */
export interface ComposedReward {
  /** In [0,1]; undefined while there is nothing to compose it from. */
  reward?: number;
  /** The parts that were present, each in [0,1]. */
  parts: Partial<Record<RewardPart, number>>;
  /** Set when a measured outcome was given, which then is the reward itself. */
  outcome?: number;
}

/**
 * The reward of one run: the weighted mean of the parts that are present. Missing parts are left
 * out, never read as zero. A measured `outcome` (the mean of all that were given) takes precedence
 * over every part.
 * @param input.feedback the run's feedback facts (revisions and withdrawals are applied here)
 * @param input.trace the run's trace, where it was kept
 * @param input.workflowId the run, where neither feedback nor trace name it (it may have been compared with)
 * @throws REWARD_INVALID for a weight that is none, CONFIG_UNKNOWN_KEY for one of nothing
 * @example const { reward, parts } = composeReward({ feedback: records, trace });
 */
export function composeReward(
  input: RewardOptions & { feedback: readonly FeedbackRecord[]; trace?: Trace; workflowId?: string },
): ComposedReward {
  checkArgument(input, "input", { feedback: "objects" }, "REWARD_INVALID");
  if (input.trace !== undefined) checkArgument(input.trace, "trace", TRACE, "REWARD_INVALID");
  const weights = weightsOf(input.weights);
  const current = currentFeedback(input.feedback);
  const workflowId = input.workflowId ?? input.trace?.workflowId ?? current[0]?.workflowId;
  const parts: ComposedReward["parts"] = {
    ...judgedParts(current, input, workflowId),
    ...(input.trace ? ranParts(input.trace, weights) : {}),
  };
  const outcomes = current.flatMap((r) => (r.outcome === undefined ? [] : [r.outcome]));
  if (outcomes.length > 0) {
    const outcome = mean(outcomes);
    return { reward: outcome, parts, outcome };
  }
  let sum = 0;
  let total = 0;
  let judged = false;
  for (const part of REWARD_PARTS) {
    const value = parts[part];
    if (value === undefined || weights[part] <= 0) continue;
    sum += weights[part] * value;
    total += weights[part];
    judged ||= JUDGEMENTS.has(part);
  }
  if (total === 0 || !(judged || input.withoutJudgement)) return { parts };
  return { reward: Math.min(1, Math.max(0, sum / total)), parts };
}

/**
 * The reward of a run as a whole: what was said about single decisions of it is theirs, not the run's.
 * @param feedback the run's feedback facts
 * @param trace the run's trace, where it was kept
 */
export function runReward(
  workflowId: string,
  feedback: readonly FeedbackRecord[],
  trace: Trace | undefined,
  options: RewardOptions,
): number | undefined {
  const ofRun = currentFeedback(feedback).filter((f) => f.decisionId === undefined);
  // How a run went is no reward by itself: of one that nobody judged nothing needs to be composed.
  const isJudged = ofRun.length > 0 || options.preferences?.strengthOf(workflowId) !== undefined;
  if (!isJudged && !options.withoutJudgement) return undefined;
  return composeReward({ ...options, workflowId, feedback: ofRun, trace }).reward;
}

/**
 * What the judgements of a run must hold at least for its reward to lie in a range, however the run went: one value of
 * at least `from`, and one of at most `to`, each on [0,1]. Holds without corrections of raters and evaluators.
 */
export function judgedWithin(
  { min, max }: { min?: number; max?: number },
  given: Partial<RewardWeights> = {},
): { from?: number; to?: number } {
  const weights = weightsOf(given);
  const judged = [...JUDGEMENTS].map((part) => weights[part]).filter((w) => w > 0);
  const ran = [weights.success, weights.latency, weights.cost].reduce((sum, w) => sum + Math.max(0, w), 0);
  // The least part of a reward that is somebody's judgement.
  const share = judged.length > 0 ? Math.min(...judged) / (Math.min(...judged) + ran) : 1;
  return {
    ...(min !== undefined && { from: Math.max(0, (min - (1 - share)) / share) }),
    ...(max !== undefined && { to: Math.min(1, max / share) }),
  };
}

function judgedParts(
  current: readonly FeedbackRecord[],
  { raters, evaluators, preferences }: RewardOptions,
  workflowId: string | undefined,
): ComposedReward["parts"] {
  const found: Record<"cat" | "ratings" | "thumbs" | "preference" | "evaluator", number[]> = {
    cat: [],
    ratings: [],
    thumbs: [],
    preference: [],
    evaluator: [],
  };
  for (const r of current) {
    const own: [keyof typeof found, number][] = [];
    const corrected = r.source === "evaluator" ? undefined : raters;
    const fix = (part: "cat" | "ratings", value: number) => corrected?.correct(r.userId, part, value) ?? value;
    if (r.cat) own.push(["cat", fix("cat", (r.cat.score - 1) / 9)]);
    const ratings = Object.values(r.ratings ?? {});
    if (ratings.length > 0) own.push(["ratings", fix("ratings", mean(ratings))]);
    if (r.thumbs) own.push(["thumbs", r.thumbs === "up" ? 1 : 0]);
    if (r.preference) own.push(["preference", { better: 1, equal: 0.5, worse: 0 }[r.preference.verdict]]);
    if (own.length === 0) continue;
    if (r.source === "evaluator") {
      const raw = mean(own.map(([, v]) => v));
      const value = evaluators ? evaluators.correct(r.userId, raw, r.workflowId) : raw;
      if (value !== undefined) found.evaluator.push(value);
    } else for (const [part, value] of own) found[part].push(value);
  }
  const aboutDecision = current.some((r) => r.decisionId !== undefined);
  const standing = workflowId === undefined || aboutDecision ? undefined : preferences?.strengthOf(workflowId);
  if (standing !== undefined) found.preference = [standing];
  const parts: ComposedReward["parts"] = {};
  for (const [part, values] of Object.entries(found)) if (values.length > 0) parts[part as RewardPart] = mean(values);
  return parts;
}

function ranParts(trace: Trace, weights: RewardWeights): ComposedReward["parts"] {
  const parts: ComposedReward["parts"] = {};
  // An interrupted or cancelled run has neither succeeded nor failed, and its duration says nothing.
  if (trace.status === "success" || trace.status === "error") {
    parts.success = trace.status === "success" ? 1 : 0;
    parts.latency = 1 / (1 + trace.durationMs / weights.latencyHalfMs);
  }
  const { costUsd } = spentBy(trace.modelCalls);
  if (trace.modelCalls.length > 0 && costUsd !== undefined) parts.cost = 1 / (1 + costUsd / weights.costHalfUsd);
  return parts;
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
