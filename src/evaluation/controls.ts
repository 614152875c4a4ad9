/** What two policies make of one decision: per candidate on which they differ, target minus baseline, and so on. */
export interface Foretold {
  d: number[];
  /** Logged propensity; 0 where the logs never try it. */
  p: number[];
  /** Prediction. */
  q: number[];
  /** How far below zero its contribution may fall with these predictions, at least 0. */
  worst: number;
}

/**
 * A decision with what each candidate is foretold to pay, as it is taken out of what was earned (see `Evidence`). What the
 * logs never try is worth the least to the target and the most to the baseline.
 */
export function foretold<T extends Omit<Foretold, "worst">>(c: T): T & Foretold {
  const { d, p } = c;
  const q = c.q.map((v, i) => (p[i] > 0 ? v : d[i] > 0 ? 0 : 1));
  return { ...c, q, worst: Math.max(0, ...fallsOf(c, q)) };
}

/**
 * The control variates of a decision, of which no outcome costs more than `most`, at least 1: the predictions, or as much
 * of them as that allows.
 */
export function controlsWithin(c: Foretold, most: number): readonly number[] {
  if (c.worst <= most) return c.q;
  // These are within bounds whatever the others are: a contribution's sum of control variates is at least -1.
  const safe = c.q.map((q, i) => {
    const bound = (Math.max(0, most - 1) * c.p[i]) / c.d[i];
    return c.d[i] > 0 ? Math.min(q, bound) : Math.max(q, 1 + bound);
  });
  const least = fallsOf(c, safe);
  let part = 1;
  fallsOf(c, c.q).forEach((fall, i) => {
    if (fall > most) part = Math.min(part, (most - least[i]) / (fall - least[i]));
  });
  return c.q.map((q, i) => safe[i] + Math.max(0, part) * (q - safe[i]));
}

/** How far below zero a contribution falls where this candidate is drawn and pays what is worst. */
function fallsOf({ d, p }: Pick<Foretold, "d" | "p">, controls: ArrayLike<number>): number[] {
  let sum = 0;
  for (let i = 0; i < d.length; i++) sum += d[i] * controls[i];
  return d.map((v, i) => {
    if (p[i] <= 0) return -sum;
    return (v > 0 ? v * controls[i] : -v * (1 - controls[i])) / p[i] - sum;
  });
}
