import { z } from "zod";

/** A finite number of either sign. */
export const finiteNumber = z.number("a finite number");

/** Whether probabilities sum to one, but for rounding. */
export function sumsToOne(probabilities: ArrayLike<number>): boolean {
  let sum = 0;
  for (let i = 0; i < probabilities.length; i++) sum += probabilities[i];
  return Math.abs(sum - 1) < 1e-6;
}
