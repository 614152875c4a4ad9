import { normalCdf } from "../../math/normal.js";

/**
 * Chance that a Brownian motion with this drift and variance per step has crossed `distance` after
 * `steps` (the inverse Gaussian distribution; Schroedinger 1915): how wealth grows until it proves.
 */
export function crossedBy(steps: number, distance: number, drift: number, variance: number): number {
  if (distance <= 0) return 1;
  if (steps <= 0) return 0;
  const spread = Math.sqrt(variance * steps);
  const direct = normalCdf((drift * steps - distance) / spread);
  const exponent = (2 * drift * distance) / variance;
  const tail = normalCdf(-(drift * steps + distance) / spread);
  return Math.min(1, direct + (tail > 0 ? Math.exp(exponent + Math.log(tail)) : 0));
}

/** Steps after which the chance, a function that grows with the steps, reaches `level`; Infinity where it never does. */
export function stepsUntil(level: number, chance: (steps: number) => number): number {
  let high = 16;
  while (chance(high) < level) {
    high *= 2;
    if (high > 1e9) return Number.POSITIVE_INFINITY;
  }
  let low = high / 2;
  if (high === 16) low = 0;
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (chance(middle) >= level) high = middle;
    else low = middle;
  }
  return high;
}
