import type { Rule } from "./rule.js";
import { fillGreedy } from "./rule.js";

/** The best-looking candidate, and with probability `epsilon` any allowed one (Sutton and Barto 2018, 2.2). */
export function epsilonGreedyRule(epsilon: number): Rule {
  return {
    usesErrors: false,
    fill(means, _errors, allowed, _rows, out) {
      for (const i of allowed) out[i] = epsilon / allowed.length;
      fillGreedy(means, allowed, out, 1 - epsilon);
    },
  };
}
