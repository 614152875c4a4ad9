import type { DecisionRow } from "../../dataset/index.js";

/** Whether everything that a decision could choose is offered today. */
export const isOfferedToday = (row: DecisionRow, destinations: readonly string[] | undefined): boolean =>
  !destinations || row.candidates.every((c, i) => row.mask?.[i] === false || destinations.includes(c));

/** From this propensity on a choice was meant, not explored. */
const MEANT = 0.5;

/** Destinations of before that are offered no longer. */
export const goneSince = (before: readonly string[], destinations: readonly string[] | undefined): string[] =>
  destinations ? before.filter((d) => !destinations.includes(d)) : [];

/**
 * Destinations that are offered no longer, and that the fallback or the version chose: a gain over the one by the other
 * came of them. One that was only explored changes nothing.
 * @param before destinations that were offered when the gain was proven
 * @param versions whose decisions are looked at
 */
export function withdrawn(
  rows: readonly DecisionRow[],
  before: readonly string[],
  destinations: readonly string[] | undefined,
  versions: readonly string[],
): string[] {
  const gone = goneSince(before, destinations);
  if (gone.length === 0) return [];
  const own = new Set(versions);
  const isOwn = (version: string | undefined) => version !== undefined && own.has(version);
  const mattered = new Set<string>();
  for (const { fallbackChoice, chosen, propensity, policyVersion, trial } of rows) {
    if (fallbackChoice !== undefined) mattered.add(fallbackChoice);
    if (isOwn(policyVersion) && (propensity ?? 1) >= MEANT) mattered.add(chosen);
    if (trial && isOwn(trial.version)) mattered.add(trial.serving).add(trial.challenger);
  }
  return gone.filter((d) => mattered.has(d));
}
