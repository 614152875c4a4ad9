import type { Rule } from "./rule.js";

/** Probabilities proportional to exp(mean / temperature) (Sutton and Barto 2018, 2.8). */
export function softmaxRule(temperature: number): Rule {
  return {
    usesErrors: false,
    fill(means, _errors, allowed, _rows, out) {
      let top = Number.NEGATIVE_INFINITY;
      for (const i of allowed) top = Math.max(top, means[i]);
      let sum = 0;
      for (const i of allowed) {
        const e = Math.exp((means[i] - top) / temperature);
        out[i] = e;
        sum += e;
      }
      for (const i of allowed) out[i] = out[i] / sum;
    },
  };
}
