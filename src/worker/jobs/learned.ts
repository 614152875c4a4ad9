// Runs in the learning thread.

import type { DecisionRow } from "../../dataset/index.js";
import type { TrainedChallenger } from "../../evaluation/point/challenger.js";
import type { ClusterBy } from "../../evaluation/point/cluster.js";
import { watchOfProven } from "../../evaluation/point/findings.js";
import type { ServedVersion } from "../../evaluation/point/judged-rows.js";
import { roomToReturn } from "../../evaluation/point/return-to.js";
import { endTrial, type TrialLook } from "../../evaluation/point/trial-stage.js";
import type { Forecast, TrialState } from "../../evaluation/trial/index.js";
import type { TrialShares } from "../../policies/index.js";
import type { RoutingJudgement } from "./judge-routing.js";

/** What follows for a decision point. */
export interface LearningResult extends Omit<RoutingJudgement, "recommended"> {
  /**
   * `promote`: a challenger, or the version on trial, is to serve. `try`: a challenger, or `version`, goes
   * on trial. `terms`: the trial goes on, by these shares. `end`: it ends without proof. `withdraw`: `version` waits
   * for approval no longer.
   */
  recommended: RoutingJudgement["recommended"] | "try" | "terms" | "end" | "withdraw";
  /** The trained policy it is about, where it is not published yet. */
  challenger?: TrainedChallenger;
  /** The published version it is about: what is promoted, tried, or returned to. */
  version?: string;
  shares?: TrialShares;
  /** Whether there was nothing to learn from. */
  isIdle?: boolean;
  /** The evidence of a trial that ended. */
  settled?: TrialState;
}

/** The fallen champion gives way to the last proven version that still holds, else to the fallback. */
export function rolledBack(
  earlier: readonly ServedVersion[],
  rows: readonly DecisionRow[],
  watched: RoutingJudgement,
  cluster: ClusterBy = "run",
  destinations?: readonly string[],
): LearningResult {
  const { state } = watched;
  const since = state.watch?.since ?? "";
  const back = roomToReturn(rows, since, earlier, cluster, destinations);
  const after = state.trial ? endTrial(state, state.trial) : state;
  return {
    ...watched,
    state: { ...after, watch: undefined },
    ...(state.trial && { settled: state.trial }),
    ...(back !== undefined && { version: back }),
  };
}

export function ended(watched: RoutingJudgement, version: string, reason: string): LearningResult {
  const { state } = watched;
  const trial = state.trial;
  return {
    ...watched,
    recommended: "end",
    version,
    reason,
    state: trial ? endTrial(state, trial) : state,
    ...(trial && { settled: trial }),
    status: { ...watched.status, verdict: reason, trial: undefined },
  };
}

export function lookedAt(
  { verdict, state, shares, forecast, settled }: TrialLook,
  watched: RoutingJudgement,
  version: string,
  riskLevel: number,
  now: string,
): LearningResult {
  const { action, gain, interval, evidence, needed, lowerBound, clusters } = verdict;
  const reason = forecast ? `${verdict.reason}; ${forecast.words}${daysOf(forecast, settled, now)}` : verdict.reason;
  const figures = { ...watched.figures, judged: "trial", action, gain, interval, evidence, needed, lowerBound };
  const more = forecast?.decisions;
  const status = {
    ...watched.status,
    verdict: reason,
    moreDecisionsNeeded: forecast?.isEarly ? undefined : more?.median,
    moreDecisionsInterval: more && { lower: more.lower, upper: more.upper },
    trial: shares && { version, share: shares.share, evidence, needed, gain, rated: clusters },
  };
  const common = { ...watched, reason, samples: clusters, state, status, figures, version };
  if (action === "go-on") return { ...common, recommended: "terms", shares };
  if (action === "stop") return { ...common, settled, recommended: "end" };
  const bound = (lowerBound ?? 0) + (state.watch?.lowerBound ?? 0);
  const watch = watchOfProven(bound, state.offered, riskLevel);
  return { ...common, settled, recommended: "promote", watch };
}

const DAY_MS = 86_400_000;

/** A forecast in days at the pace of the trial so far; nothing where it has none yet. */
function daysOf({ decisions }: Forecast, { startedAt, clusters }: TrialState, now: string): string {
  const perDay = (clusters * DAY_MS) / (Date.parse(now) - Date.parse(startedAt));
  if (!decisions || !(perDay > 0) || !Number.isFinite(perDay)) return "";
  const days = (count: number) => Number((count / perDay).toPrecision(2));
  return `, ${days(decisions.lower)} to ${days(decisions.upper)} days at this pace`;
}
