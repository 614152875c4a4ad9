import { isAsking, standsFor } from "../../core/index.js";
import type { DecisionRow } from "../../dataset/index.js";
import { isUsable, restoreEncoder } from "../../dataset/index.js";
import {
  actDistribution,
  type PolicyInput,
  type RoutingArtifact,
  type RoutingPolicy,
  restorePolicy,
  scoreKnown,
} from "../../policies/index.js";
import { type JudgedDecision, LEAST_TRIED } from "../index.js";
import { type ClusterBy, clusterKey } from "./cluster.js";
import { inputOf, type RowEncoders } from "./encode.js";
import { isOfferedToday } from "./withdrawn.js";

/** A policy with its encoders, as it would serve. */
export interface ServablePolicy {
  policy: RoutingPolicy;
  encoders: RowEncoders;
  /** Destinations with rows in its training. */
  known: ReadonlySet<string> | undefined;
}

/** A published version, with its artifact where that could be loaded. */
export interface ServedVersion {
  version: string;
  artifact?: RoutingArtifact;
  /** Why it could not. */
  failure?: string;
  /** Time of the newest row it was trained on. */
  dataTo: string;
  publishedAt: string;
  /** Since when it serves. */
  since: string;
}

/** A published version with its artifact. */
export interface ServedArtifact extends ServedVersion {
  artifact: RoutingArtifact;
}

/** Restores what an artifact holds. */
export function servable(artifact: RoutingArtifact): ServablePolicy {
  return {
    policy: restorePolicy(artifact.policy),
    known: artifact.candidates.length > 0 ? new Set(artifact.candidates) : undefined,
    encoders: {
      context: restoreEncoder(artifact.encoder),
      ...(artifact.candidateEncoder && { candidate: restoreEncoder(artifact.candidateEncoder) }),
    },
  };
}

/** What a policy is compared with: the user's router, or another policy. */
export type Rival = "fallback" | ServablePolicy;

/**
 * Logged decisions as the gate judges them. The judged policy counts as it would be served, inside
 * its exploration budget. Left out are rows without reward or distribution, those that do not know what
 * the fallback would have done where that is the rival, those where no policy was or would be asked
 * (the context function failed, say), and those with a destination that is offered no longer. Where people are
 * asked by chance, runs that were rated unasked are left out, and the others stand for 1 / P(asked) runs.
 * @param destinations those of today; all where unknown
 * @param onStep called for each row; what it throws ends it
 * @param how.asking whether people are asked by chance at this decision point
 * @param how.cluster what counts as one piece of evidence
 */
export function judgedDecisions(
  rows: readonly DecisionRow[],
  judged: ServablePolicy,
  rival: Rival,
  exploration: number,
  destinations?: readonly string[],
  onStep?: () => void,
  { asking = isAsking(rows), cluster = "run" }: { asking?: boolean; cluster?: ClusterBy } = {},
): JudgedDecision[] {
  return rows.flatMap((row) => {
    onStep?.();
    const chosen = row.candidates.indexOf(row.chosen);
    const weight = standsFor(row, asking);
    if (weight === undefined) return [];
    if (!isUsable(row) || !row.probabilities || chosen < 0 || wasForced(row)) return [];
    if (!isOfferedToday(row, destinations)) return [];
    const input = inputOf(row, judged.encoders);
    const fallback = row.candidates.indexOf(row.fallbackChoice ?? "");
    if (rival === "fallback" && fallback < 0) return [];
    const target = served(judged, input, exploration, fallback);
    const baseline =
      rival === "fallback"
        ? onlyAt(fallback, row.candidates.length)
        : served(rival, sameEncoding(judged, rival) ? input : inputOf(row, rival.encoders), exploration, fallback);
    if (!target || !baseline) return [];
    return [
      {
        reward: row.reward,
        chosen,
        logging: row.probabilities,
        target,
        baseline,
        model: predictions(judged, input),
        run: row.workflowId,
        ...(cluster !== "run" && { cluster: clusterKey(row, cluster) }),
        ...(asking && { weight }),
      },
    ];
  });
}

/** Reasons for which the fallback decided with certainty, whatever the policy: nothing is learned of policies there. */
const FORCED: ReadonlySet<DecisionRow["fallbackReason"]> = new Set(["context-error", "time-budget", "policy-error"]);

const wasForced = (row: DecisionRow) => row.propensity === 1 && FORCED.has(row.fallbackReason);

/**
 * Decisions that were served under a champion against the fallback: what was logged, the control share
 * apart, is what is measured. Left out are unrated rows, those without the fallback's choice, and those
 * that had no chance of it: nothing can be measured there.
 * @param versions the champion's own, and those it continues
 */
export function servedDecisions(
  rows: readonly DecisionRow[],
  champion: ServablePolicy,
  versions: readonly string[],
  { asking = isAsking(rows), cluster = "run" }: { asking?: boolean; cluster?: ClusterBy } = {},
): JudgedDecision[] {
  return rows.flatMap((row) => {
    const weight = standsFor(row, asking);
    const chosen = row.candidates.indexOf(row.chosen);
    const fallback = row.candidates.indexOf(row.fallbackChoice ?? "");
    if (
      weight === undefined ||
      !isUsable(row) ||
      !row.probabilities ||
      row.mode !== "act" ||
      row.policyVersion === undefined ||
      !versions.includes(row.policyVersion) ||
      chosen < 0 ||
      fallback < 0 ||
      !isMeasured(row.probabilities, row)
    )
      return [];
    return [
      {
        reward: row.reward,
        chosen,
        logging: row.probabilities,
        target: ownPart(row, row.probabilities, fallback),
        baseline: onlyAt(fallback, row.candidates.length),
        model: predictions(champion, inputOf(row, champion.encoders)),
        run: row.workflowId,
        ...(cluster !== "run" && { cluster: clusterKey(row, cluster) }),
        ...(asking && { weight }),
      },
    ];
  });
}

const predictions = ({ policy }: ServablePolicy, input: PolicyInput) =>
  policy.predict(input).map((e) => Math.min(1, Math.max(0, e.mean)));

/**
 * Per run, the total variation between two policies as they would be served, summed over its decisions (at
 * most one): by so much may what a run earns differ. Rewards play no part.
 */
export function distancesBetween(
  rows: readonly DecisionRow[],
  a: ServablePolicy,
  b: ServablePolicy,
  exploration: number,
  onStep?: () => void,
): number[] {
  const byRun = new Map<string, number>();
  for (const row of rows) {
    onStep?.();
    const input = inputOf(row, a.encoders);
    const fallback = row.candidates.indexOf(row.fallbackChoice ?? "");
    const p = served(a, input, exploration, fallback);
    const q = served(b, sameEncoding(a, b) ? input : inputOf(row, b.encoders), exploration, fallback);
    const distance = !p || !q ? (p === q ? 0 : 1) : p.reduce((sum, v, i) => sum + Math.abs(v - q[i]), 0) / 2;
    byRun.set(row.workflowId, Math.min(1, (byRun.get(row.workflowId) ?? 0) + distance));
  }
  return [...byRun.values()];
}

/** A continuation keeps its encoders: what was encoded for one serves the other. */
const sameEncoding = (a: ServablePolicy, b: ServablePolicy) =>
  a.encoders.context.version === b.encoders.context.version &&
  a.encoders.candidate?.version === b.encoders.candidate?.version;

/** What would be served; the fallback where the policy knows none of the destinations, undefined where that is not on record. */
function served(
  { policy, known }: ServablePolicy,
  input: PolicyInput,
  exploration: number,
  fallback: number,
): Float64Array | undefined {
  const p = scoreKnown(policy, input, known, exploration);
  if (p) return actDistribution(p, exploration);
  return fallback < 0 ? undefined : onlyAt(fallback, input.candidates.length);
}

/**
 * Whether the fallback had a chance by design: by a control share, or because everything had. A policy that
 * now and then agrees with the fallback measures nothing.
 */
function isMeasured(p: readonly number[], row: DecisionRow): boolean {
  return row.control !== undefined || p.every((v, i) => v >= LEAST_TRIED || row.mask?.[i] === false);
}

/** What the champion itself would have drawn from: beside a trial its one choice, else what was logged less the control share. */
function ownPart(row: DecisionRow, p: readonly number[], fallback: number): ArrayLike<number> {
  const serving = row.trial ? row.candidates.indexOf(row.trial.serving) : -1;
  return serving >= 0 ? onlyAt(serving, p.length) : withoutControl(p, fallback, row.control ?? 0);
}

/** The policy's own part of a distribution that was partly left to the fallback. */
function withoutControl(p: readonly number[], fallback: number, control: number): readonly number[] {
  if (control === 0 || control >= 1) return p;
  return p.map((v, i) => Math.max(0, v - (i === fallback ? control : 0)) / (1 - control));
}

function onlyAt(index: number, length: number): Float64Array {
  const p = new Float64Array(length);
  p[index] = 1;
  return p;
}

/** Rows after `time` whose run has no decision up to it. */
export function laterRows(rows: readonly DecisionRow[], time: string): DecisionRow[] {
  const seen = new Set(rows.filter((r) => r.at <= time).map((r) => r.workflowId));
  return rows.filter((r) => r.at > time && !seen.has(r.workflowId));
}
