import { checkArgument } from "../core/arguments.js";
import type { Decision, DecisionContext } from "../core/index.js";
import { LearningError } from "../core/index.js";
import type { PolicyInput, RoutingArtifact } from "../policies/index.js";
import { mostLikely, scoreKnown } from "../policies/index.js";
import { policyInput } from "./proposal.js";
import { restoreServedPolicy } from "./served-policy.js";

/** What one feature added to a candidate's expected reward. */
export interface FeatureContribution {
  feature: string;
  contribution: number;
}

/** A candidate's expected reward as a sum: bias, the strongest features, and all others together. */
export interface ExplainedCandidate {
  candidate: string;
  expectedReward: number;
  standardError: number;
  bias: number;
  contributions: FeatureContribution[];
}

/** Fields of the context without which the policy would have preferred another destination. */
export interface ChoiceChange {
  /** The fields, taken as missing together. */
  fields: string[];
  destination: string;
}

/** Why a policy version prefers what it prefers in one context. Plain data. */
export interface DecisionExplanation {
  decisionPoint: string;
  policyVersion: string;
  /** What was chosen then, where a logged decision is explained. */
  chosen?: string;
  /** The policy's most likely destination. */
  preferred: string;
  candidates: ExplainedCandidate[];
  /** The other candidate with the highest expected reward, and how far behind it is. */
  nearest?: { candidate: string; margin: number };
  /**
   * Each single field whose absence changes the preference; when there is none, the first set found by
   * leaving out field after field, the most influential first. Empty when not even that does.
   */
  changes: ChoiceChange[];
}

/** Features per candidate that an explanation lists. */
const TOP = 10;

/**
 * Explains a logged decision (or any context) by the policy version that served it.
 * @param decision of which `context`, `candidates`, `mask` and `candidateFeatures` are used
 * @param version the name of the version, as in `decision.policyVersion`
 * @throws SNAPSHOT_INVALID and the like when the artifact is damaged; CONTEXT_INVALID when the decision
 * has no context to explain
 * @example const { preferred, nearest, changes } = explainDecision(decision, artifact, "v3");
 */
export function explainDecision(
  decision: Pick<Decision, "decisionPoint" | "context" | "candidates" | "mask" | "candidateFeatures"> & {
    chosen?: string;
  },
  artifact: RoutingArtifact,
  version: string,
): DecisionExplanation {
  checkArgument(decision, "decision", { candidates: "list", context: "object" }, "ROUTER_INVALID");
  checkArgument(artifact, "artifact", "object", "ROUTER_INVALID");
  checkArgument(version, "version", "text", "ROUTER_INVALID");
  const { candidates, context } = decision;
  if (Object.keys(context).length === 0)
    throw new LearningError("CONTEXT_INVALID", {
      received: "a decision without context",
      expected: "the context the choice was based on",
      remedy: "Its context function failed, so that the fallback decided: there is nothing to explain.",
    });
  const served = restoreServedPolicy(version, artifact);
  const legal = decision.mask ?? candidates.map(() => true);
  const ask = (c: DecisionContext) => policyInput(served, c, candidates, legal, decision.candidateFeatures);
  const input = ask(context);
  const score = (i: PolicyInput) => scoreKnown(served.policy, i, served.known, 0) ?? served.policy.score(i);
  const best = mostLikely(score(input));
  const estimates = served.policy.predict(input);
  const explained = served.policy.explain(input, TOP);
  const rival = nearestTo(best, estimates, legal);
  const preferred = candidates[best];
  const explanation: DecisionExplanation = {
    decisionPoint: decision.decisionPoint,
    policyVersion: version,
    preferred,
    candidates: explained.map((e, i) => ({
      candidate: e.candidate,
      expectedReward: e.mean,
      standardError: estimates[i]?.standardError ?? 0,
      bias: e.bias,
      contributions: e.contributions.map(({ index, contribution }) => ({
        feature: served.encoder.featureName(index),
        contribution,
      })),
    })),
    changes: changesOf(
      context,
      preferred,
      (c) => candidates[mostLikely(score(ask(c)))],
      (c) => {
        const means = served.policy.predict(ask(c));
        return (
          (means[best]?.mean ?? 0) - Math.max(...means.filter((_, i) => i !== best && legal[i]).map((m) => m.mean))
        );
      },
    ),
  };
  if (decision.chosen !== undefined) explanation.chosen = decision.chosen;
  if (rival !== undefined)
    explanation.nearest = {
      candidate: candidates[rival],
      margin: (estimates[best]?.mean ?? 0) - (estimates[rival]?.mean ?? 0),
    };
  return explanation;
}

function nearestTo(
  best: number,
  estimates: readonly { mean: number }[],
  legal: readonly boolean[],
): number | undefined {
  let nearest: number | undefined;
  estimates.forEach(({ mean }, i) => {
    if (i === best || !legal[i]) return;
    if (nearest === undefined || mean > (estimates[nearest]?.mean ?? 0)) nearest = i;
  });
  return nearest;
}

function changesOf(
  context: DecisionContext,
  preferred: string,
  preference: (context: DecisionContext) => string,
  margin: (context: DecisionContext) => number,
): ChoiceChange[] {
  const present = Object.keys(context).filter((name) => context[name] !== null);
  const without = (fields: string[]) => ({ ...context, ...Object.fromEntries(fields.map((f) => [f, null])) });
  const single = present
    .map((field) => ({ fields: [field], destination: preference(without([field])) }))
    .filter((change) => change.destination !== preferred);
  if (single.length > 0) return single;
  const byInfluence = present
    .map((field) => ({ field, left: margin(without([field])) }))
    .sort((a, b) => a.left - b.left);
  const fields: string[] = [];
  for (const { field } of byInfluence) {
    fields.push(field);
    const destination = preference(without(fields));
    if (destination !== preferred) return [{ fields, destination }];
  }
  return [];
}
