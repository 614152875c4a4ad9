import type { DecisionContext } from "../../core/index.js";
import { type FeatureEncoder, restoreEncoder } from "../../dataset/index.js";
import { greedy } from "../../evaluation/experiment/contextual.js";
import { type RoutingArtifact, type RoutingPolicy, restorePolicy } from "../../policies/index.js";

/** Share of units that still get any variant, so that the policy can go on being judged. */
const EXPLORATION = 0.05;

/** Answers which variant a context gets, from an artifact of `learnContextualPolicy`. */
export class ContextualServing {
  private readonly encoder: FeatureEncoder;
  private readonly policy: RoutingPolicy;
  readonly variants: readonly string[];

  constructor(artifact: RoutingArtifact) {
    this.encoder = restoreEncoder(artifact.encoder);
    this.policy = restorePolicy(artifact.policy);
    this.variants = artifact.candidates;
  }

  /** Probability of each variant, aligned with `variants`: the best one but for a little exploration. */
  probabilities(context: DecisionContext): number[] {
    const input = { context: this.encoder.encode(context), candidates: this.variants };
    return greedy(this.policy, input, EXPLORATION);
  }
}
