import type { Rule } from "./rule.js";

/**
 * Inverse gap weighting (Foster and Rakhlin 2020): a candidate whose expected reward lies a gap below
 * the best has probability 1 / (K + gamma * gap), the best has the rest. gamma grows as
 * `gammaScale * sqrt(K * rows)`, so exploration shrinks as the model learns.
 */
export function squareCbRule(gammaScale: number): Rule {
  return {
    usesErrors: false,
    fill(means, _errors, allowed, rows, out) {
      let best = allowed[0];
      for (const i of allowed) if (means[i] > means[best]) best = i;
      const k = allowed.length;
      const gamma = gammaScale * Math.sqrt(k * rows);
      const top = means[best];
      let rest = 1;
      for (const i of allowed) {
        if (i === best) continue;
        const p = 1 / (k + gamma * (top - means[i]));
        out[i] = p;
        rest -= p;
      }
      out[best] = rest;
    },
  };
}
