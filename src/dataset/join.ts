import {
  currentFeedback,
  type Decision,
  type FeedbackRecord,
  type Rating,
  ratingOf,
  type Trace,
} from "../core/index.js";
import { composeReward, type RewardOptions, runReward } from "./reward.js";
import type { DecisionRow } from "./rows.js";
import { sequelWeights } from "./sequel-weights.js";

/** How decisions are joined with what came of them. */
export interface JoinOptions extends RewardOptions {
  /**
   * Return-to-go with a reward at the end of the run: the decision `k` steps before the last is
   * credited `discount ** k` of the run's reward. In (0,1], default 1: every decision gets it whole. One for
   * all, or one by decision point.
   */
  discount?: number | Readonly<Record<string, number>>;
  /** Only these decision points (rows still count all decisions of their run). */
  decisionPoints?: readonly string[];
}

/** Anything that finds the value of a run: a Map, or a view that joins lazily. */
export interface ByRun<T> {
  get(workflowId: string): T | undefined;
}

/**
 * One row per decision, in the order of the decisions given, with the reward of its run. Of several
 * facts with one `decisionId` the last counts. Feedback that names a decision is that decision's
 * own reward, before the run's; feedback on the run is credited to all its decisions (see
 * `discount`).
 * @param decisions decision facts in order of arrival
 * @param feedbackByRun all feedback facts of a run, those about single decisions included
 * @param tracesByRun joined traces, where kept; without one the parts it would give are left out
 */
export function joinRows(
  decisions: Iterable<Decision>,
  feedbackByRun: ByRun<readonly FeedbackRecord[]>,
  tracesByRun: ByRun<Trace>,
  options: JoinOptions = {},
): DecisionRow[] {
  const { discount = 1 } = options;
  const discountOf = (point: string) => (typeof discount === "number" ? discount : (discount[point] ?? 1));
  const wanted = options.decisionPoints && new Set(options.decisionPoints);
  const latest = new Map<string, Decision>();
  for (const d of decisions) latest.set(d.decisionId, d);
  const runs = new Map<string, Decision[]>();
  for (const d of latest.values()) {
    const run = runs.get(d.workflowId);
    if (run) run.push(d);
    else runs.set(d.workflowId, [d]);
  }

  const rows: DecisionRow[] = [];
  const positions = new Map<string, { position: number; count: number; weight: number }>();
  const rewards = new Map<string, RunRewards>();
  for (const [workflowId, run] of runs) {
    run.sort((a, b) => a.index - b.index || (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    const weights = sequelWeights(run);
    run.forEach((d, position) => {
      positions.set(d.decisionId, { position, count: run.length, weight: weights[position] ?? 1 });
    });
    rewards.set(
      workflowId,
      rewardsOf(workflowId, feedbackByRun.get(workflowId) ?? [], tracesByRun.get(workflowId), options),
    );
  }
  for (const d of latest.values()) {
    if (wanted && !wanted.has(d.decisionPoint)) continue;
    const { position, count, weight } = positions.get(d.decisionId)!;
    const { run, byDecision, rating, ratings, ratedAt, went } = rewards.get(d.workflowId) as RunRewards;
    const { ratedBy, probability } = ratings.get(d.decisionId) ?? rating;
    const reward =
      byDecision.get(d.decisionId) ??
      (run === undefined ? undefined : run * discountOf(d.decisionPoint) ** (count - 1 - position));
    rows.push({
      decisionId: d.decisionId,
      workflowId: d.workflowId,
      decisionPoint: d.decisionPoint,
      ...(d.threadId !== undefined && { threadId: d.threadId }),
      ...(d.userId !== undefined && { userId: d.userId }),
      at: d.at,
      index: position,
      decisionsInRun: count,
      context: d.context,
      candidates: d.candidates,
      ...(d.mask && { mask: d.mask }),
      ...(d.candidateFeatures && { candidateFeatures: d.candidateFeatures }),
      chosen: d.chosen,
      ...(d.propensity !== undefined && { propensity: d.propensity }),
      ...(d.probabilities && { probabilities: d.probabilities }),
      ...(d.control !== undefined && { control: d.control }),
      ...(d.fallbackChoice !== undefined && { fallbackChoice: d.fallbackChoice }),
      source: d.source,
      ...(d.fallbackReason && { fallbackReason: d.fallbackReason }),
      mode: d.mode,
      ...(d.trial && { trial: d.trial }),
      ...(d.policyVersion !== undefined && { policyVersion: d.policyVersion }),
      ...(weight !== 1 && { sequelWeight: weight }),
      ...(reward !== undefined && { reward, rewardSource: "measured" as const }),
      ...(reward !== undefined && ratedAt !== undefined && { ratedAt }),
      ...went,
      ...(reward !== undefined && { ratedBy }),
      ...(reward !== undefined && probability !== undefined && { ratedProbability: probability }),
    });
  }
  return rows;
}

interface RunRewards {
  run: number | undefined;
  byDecision: Map<string, number>;
  /** How the run's reward came about, and that of decisions with one of their own. */
  rating: Rating;
  ratings: Map<string, Rating>;
  ratedAt: string | undefined;
  went: Pick<DecisionRow, "failed" | "latencyMs" | "costUsd" | "comments">;
}

function rewardsOf(
  workflowId: string,
  facts: readonly FeedbackRecord[],
  trace: Trace | undefined,
  options: RewardOptions,
): RunRewards {
  const current = currentFeedback(facts);
  const byDecision = new Map<string, number>();
  const ratings = new Map<string, Rating>();
  for (const decisionId of new Set(current.map((f) => f.decisionId))) {
    if (decisionId === undefined) continue;
    // What the run as a whole took says nothing about one of its decisions: judgement only.
    const about = current.filter((f) => f.decisionId === decisionId);
    const own = composeReward({ ...options, withoutJudgement: false, feedback: about });
    if (own.reward === undefined) continue;
    byDecision.set(decisionId, own.reward);
    ratings.set(decisionId, ratingOf(about));
  }
  return {
    run: runReward(workflowId, current, trace, options),
    byDecision,
    rating: ratingOf(current.filter((f) => f.decisionId === undefined)),
    ratings,
    went: wentOf(trace, facts),
    ratedAt: facts.reduce<string | undefined>((t, f) => (t === undefined || f.at < t ? f.at : t), undefined),
  };
}

/** How a run went and what was written about it: the same for all its decisions. */
function wentOf(trace: Trace | undefined, facts: readonly FeedbackRecord[]): RunRewards["went"] {
  const comments = facts.flatMap((f) =>
    [f.comment, f.correction && `It should have been: ${f.correction}`].filter((c) => c !== undefined && c !== ""),
  ) as string[];
  const costs = trace?.modelCalls.map((c) => c.costUsd);
  const priced = costs?.every((c) => c !== undefined) ? costs : undefined;
  const ended = trace?.status === "success" || trace?.status === "error";
  return {
    ...(ended && { failed: trace.status === "error", latencyMs: trace.durationMs }),
    ...(priced && { costUsd: priced.reduce((sum, c) => sum + c, 0) }),
    ...(comments.length > 0 && { comments }),
  };
}
