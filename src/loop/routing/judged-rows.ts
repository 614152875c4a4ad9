import type { DecisionRow } from "../../dataset/index.js";
import { restoreEncoder } from "../../dataset/index.js";
import type { JudgedDecision } from "../../evaluation/index.js";
import {
  actDistribution,
  type PolicyInput,
  type RoutingArtifact,
  type RoutingPolicy,
  restorePolicy,
} from "../../policies/index.js";
import { isUsable } from "../worker/rows.js";
import { inputOf, type RowEncoders } from "./encode.js";

/** A policy with its encoders, as it would serve. */
export interface ServablePolicy {
  policy: RoutingPolicy;
  encoders: RowEncoders;
}

/** A published version with its artifact. */
export interface ServedArtifact {
  version: string;
  artifact: RoutingArtifact;
  /** Time of the newest row it was trained on. */
  dataTo: string;
  /** Time of the last change of what serves that named it. */
  servesSince: string;
}

/** Restores what an artifact holds. */
export function servable(artifact: RoutingArtifact): ServablePolicy {
  return {
    policy: restorePolicy(artifact.policy),
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
 * its exploration budget. Left out are rows without reward or distribution, and those that do not
 * know what the fallback would have done where that is the rival.
 */
export function judgedDecisions(
  rows: readonly DecisionRow[],
  judged: ServablePolicy,
  rival: Rival,
  exploration: number,
): JudgedDecision[] {
  return rows.flatMap((row) => {
    const chosen = row.candidates.indexOf(row.chosen);
    if (!isUsable(row) || !row.probabilities || chosen < 0) return [];
    const input = inputOf(row, judged.encoders);
    const fallback = row.candidates.indexOf(row.fallbackChoice ?? "");
    if (rival === "fallback" && fallback < 0) return [];
    const baseline =
      rival === "fallback"
        ? row.candidates.map((_, i) => (i === fallback ? 1 : 0))
        : served(rival, sameEncoding(judged, rival) ? input : inputOf(row, rival.encoders), exploration);
    return [
      {
        reward: row.reward,
        chosen,
        logging: row.probabilities,
        target: served(judged, input, exploration),
        baseline,
        model: predictions(judged, input),
        run: row.workflowId,
      },
    ];
  });
}

/**
 * Decisions that were served under a champion, its control share included, against the fallback: what
 * was logged is what is measured, so only the fallback's part needs weights. Left out are unrated rows
 * and those without the fallback's choice.
 * @param rows decisions of the champion's watch in act, see `watchChampion`
 */
export function servedDecisions(rows: readonly DecisionRow[], champion: ServablePolicy): JudgedDecision[] {
  return rows.flatMap((row) => {
    const chosen = row.candidates.indexOf(row.chosen);
    const fallback = row.candidates.indexOf(row.fallbackChoice ?? "");
    if (!isUsable(row) || !row.probabilities || chosen < 0 || fallback < 0) return [];
    return [
      {
        reward: row.reward,
        chosen,
        logging: row.probabilities,
        target: row.probabilities,
        baseline: row.candidates.map((_, i) => (i === fallback ? 1 : 0)),
        model: predictions(champion, inputOf(row, champion.encoders)),
        run: row.workflowId,
      },
    ];
  });
}

const predictions = ({ policy }: ServablePolicy, input: PolicyInput) =>
  policy.predict(input).map((e) => Math.min(1, Math.max(0, e.mean)));

/** Per decision, the total variation between two policies as they would be served; rewards play no part. */
export function distancesBetween(
  rows: readonly DecisionRow[],
  a: ServablePolicy,
  b: ServablePolicy,
  exploration: number,
): number[] {
  return rows.map((row) => {
    const input = inputOf(row, a.encoders);
    const p = served(a, input, exploration);
    const q = served(b, sameEncoding(a, b) ? input : inputOf(row, b.encoders), exploration);
    return p.reduce((sum, v, i) => sum + Math.abs(v - (q[i] as number)), 0) / 2;
  });
}

/** A continuation keeps its encoders: what was encoded for one serves the other. */
const sameEncoding = (a: ServablePolicy, b: ServablePolicy) =>
  a.encoders.context.version === b.encoders.context.version &&
  a.encoders.candidate?.version === b.encoders.candidate?.version;

const served = ({ policy }: ServablePolicy, input: PolicyInput, exploration: number) =>
  actDistribution(policy.score(input), exploration);

/** Rows after `time` whose run has no decision up to it. */
export function laterRows(rows: readonly DecisionRow[], time: string): DecisionRow[] {
  const seen = new Set(rows.filter((r) => r.at <= time).map((r) => r.workflowId));
  return rows.filter((r) => r.at > time && !seen.has(r.workflowId));
}
