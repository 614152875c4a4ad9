import { checkArgument } from "../core/arguments.js";
import { drawIndex } from "../math/rng.js";
import type { RewardEstimator } from "./models/model.js";
import type { CandidateEstimate, Choice, PolicyInput } from "./routing-policy.js";

/** The choice that a distribution gives for a uniform number. */
export function drawChoice(probabilities: Float64Array, uniform: number): Choice {
  checkArgument(uniform, "uniform", "number", "POLICY_INVALID");
  const index = drawIndex(probabilities, uniform);
  return { index, probability: probabilities[index], probabilities };
}

/** What a model expects of each candidate, as rewards: in [0,1]. */
export function estimatedRewards(model: RewardEstimator, input: PolicyInput): CandidateEstimate[] {
  const means = new Float64Array(input.candidates.length);
  const errors = new Float64Array(input.candidates.length);
  model.estimate(input, means, errors);
  return input.candidates.map((_, i) => ({
    mean: Math.min(1, Math.max(0, means[i])),
    standardError: errors[i],
  }));
}
