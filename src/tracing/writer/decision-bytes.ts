import type { Decision } from "../../core/index.js";

/** About how many bytes a decision takes while it waits to be written: texts and vectors by their lengths. */
export function decisionBytes({ candidates, context, candidateFeatures = {} }: Decision): number {
  let bytes = 400 + 40 * candidates.length;
  for (const values of [context, ...Object.values(candidateFeatures)])
    for (const value of Object.values(values)) {
      if (typeof value === "string") bytes += value.length;
      else if (Array.isArray(value)) bytes += 8 * value.length;
    }
  return bytes;
}
