import type { Rule } from "./rule.js";
import { squareCbRule } from "./squarecb.js";

/**
 * Inverse gap weighting over upper bounds: SquareCB's probabilities (Foster and Rakhlin 2020) where each
 * candidate counts with its mean plus `alpha` standard errors (Li et al. 2010). Optimism explores where
 * the model is unsure, and no candidate's probability is ever zero, so that logs stay good for evaluation.
 */
export function optimisticRule(alpha: number, gammaScale: number): Rule {
  const weighting = squareCbRule(gammaScale);
  let bounds = new Float64Array(16);
  return {
    usesErrors: true,
    fill(means, errors, allowed, rows, out) {
      if (bounds.length < means.length) bounds = new Float64Array(means.length * 2);
      for (const i of allowed) bounds[i] = means[i] + alpha * errors[i];
      weighting.fill(bounds, errors, allowed, rows, out);
    },
  };
}
