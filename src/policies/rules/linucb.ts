import type { Rule } from "./rule.js";
import { fillGreedy } from "./rule.js";

/** The candidate with the highest mean plus `alpha` standard errors (LinUCB: Li et al. 2010); equals share alike. */
export function upperBoundRule(alpha: number): Rule {
  let bounds = new Float64Array(8);
  return {
    usesErrors: true,
    fill(means, errors, allowed, _rows, out) {
      if (bounds.length < means.length) bounds = new Float64Array(means.length * 2);
      for (const i of allowed) bounds[i] = means[i] + alpha * errors[i];
      fillGreedy(bounds, allowed, out);
    },
  };
}
