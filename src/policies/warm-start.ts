import { checkArgument } from "../core/arguments.js";
import type { FeatureVector } from "../dataset/index.js";
import { weighted } from "./prior-weight.js";
import type { PolicyRow, RoutingPolicy } from "./routing-policy.js";

/** Where a new policy can take its first knowledge from; all that is given is used, the weakest first. */
export interface WarmStart {
  /** Rows of another decision point, encoded by this policy's encoder. */
  related?: readonly PolicyRow[];
  /** How much of a row of this decision point one of a related point counts for (default 0.2). */
  relatedWeight?: number;
  /** Logged rows of the fallback at this decision point. */
  logged?: readonly PolicyRow[];
  /** Contexts for which the reward of every candidate is known. */
  table?: readonly LabelledContext[];
}

/** A context with the known reward of each candidate, in [0,1]. */
export interface LabelledContext {
  context: FeatureVector;
  rewards: Readonly<Record<string, number>>;
}

/**
 * Teaches a policy what is known before its first decision. A related decision point counts as a prior:
 * its rows at a small weight, so that own rows soon outweigh it.
 * @returns the rows learned
 * @example warmStart(policy, { logged: policyRows, related: rowsElsewhere, relatedWeight: 0.1 });
 */
export function warmStart(policy: RoutingPolicy, start: WarmStart): number {
  checkArgument(policy, "policy", { learn: "function" }, "POLICY_INVALID");
  checkArgument(start, "start", { related: "objects?", logged: "objects?", table: "objects?" }, "POLICY_INVALID");
  const { related = [], relatedWeight = 0.2, logged = [], table = [] } = start;
  const labelled = table.flatMap(({ context, rewards }) => {
    const candidates = Object.keys(rewards);
    return candidates.map((name, chosen): PolicyRow => ({ context, candidates, chosen, reward: rewards[name] }));
  });
  for (const rows of [weighted(related, relatedWeight), logged, labelled]) if (rows.length > 0) policy.learn(rows);
  return related.length + logged.length + labelled.length;
}
