import { normalCdf } from "../../math/normal.js";
import type { Rule } from "./rule.js";
import { fillGreedy } from "./rule.js";

const BINS = 48;
/** Standard errors around a mean outside of which its posterior is taken as zero. */
const REACH = 4.5;

/**
 * Thompson sampling (Agrawal and Goyal 2013) whose probabilities are computed: each candidate's
 * posterior is normal with `scale` times its standard error, and the chance that its draw is the
 * highest is integrated over a grid of the posteriors' common range. Choices are drawn from exactly
 * these numbers, so the logged propensity is the true one.
 */
export function thompsonRule(scale: number): Rule {
  const below = new Float64Array(BINS * 32);
  return {
    usesErrors: true,
    fill(means, errors, allowed, _rows, out) {
      let low = Number.NEGATIVE_INFINITY;
      let high = Number.NEGATIVE_INFINITY;
      for (const i of allowed) {
        const reach = REACH * scale * errors[i];
        low = Math.max(low, means[i] - reach);
        high = Math.max(high, means[i] + reach);
      }
      if (!(high > low)) {
        fillGreedy(means, allowed, out);
        return;
      }
      const live = allowed.filter((i) => means[i] + REACH * scale * errors[i] > low);
      const table = live.length * (BINS + 1) <= below.length ? below : new Float64Array(live.length * (BINS + 1));
      const width = (high - low) / BINS;
      for (let a = 0; a < live.length; a++) {
        const i = live[a];
        const sigma = scale * errors[i];
        for (let g = 0; g <= BINS; g++) {
          const t = low + g * width - means[i];
          table[a * (BINS + 1) + g] = sigma > 0 ? normalCdf(t / sigma) : t >= 0 ? 1 : 0;
        }
      }
      let total = 0;
      for (let g = 0; g < BINS; g++)
        for (let a = 0; a < live.length; a++) {
          const at = a * (BINS + 1) + g;
          // Whoever lies below the range counts into its first bin.
          let p = table[at + 1] - (g === 0 ? 0 : table[at]);
          if (p <= 0) continue;
          for (let b = 0; b < live.length && p > 0; b++) {
            if (b === a) continue;
            const other = b * (BINS + 1) + g;
            const from = g === 0 ? 0 : table[other];
            p *= 0.5 * (from + table[other + 1]);
          }
          const i = live[a];
          out[i] = out[i] + p;
          total += p;
        }
      if (total > 0) for (const i of live) out[i] = out[i] / total;
      else fillGreedy(means, allowed, out);
    },
  };
}
