import type { DecisionRow } from "../../dataset/index.js";

/** The last policy that was learned from the beginning, whether it came to serve or not. Plain JSON. */
export interface FullFit {
  /** Time of the newest decision it was trained on. */
  dataTo: string;
  /** When it was made: what was rated later was not in its training. */
  at: string;
  /** So many rated decisions have to be held back before the gate, which had too few, can judge another. */
  wanted?: number;
}

/** What the gate had to judge one by, and missed. */
export interface JudgedBy {
  /** Rated decisions held back from its training. */
  held: number;
  /** Those of them that could prove something. */
  samples: number;
  /** How many more of these the gate asks for, where it had too few. */
  needed?: number;
}

/** What is noted of one that was made `at` a time from decisions up to `dataTo`. */
export function fullFitOf(dataTo: string, at: string, { held, samples, needed }: JudgedBy): FullFit {
  if (needed === undefined) return { dataTo, at };
  return { dataTo, at, wanted: held + Math.ceil(needed * (samples > 0 ? held / samples : 1)) };
}

/** A policy is learned from the beginning again when the rows to train on have grown by this factor. */
const GROWTH = 1.5;

/**
 * Whether it is time to learn from the beginning again: when the rows it would be trained on have grown by
 * half since the last time, or when those held back to judge it are as many as the gate asked for then.
 * What the last one knew is counted among today's rows, since old ones leave and are rated late.
 * @param train the rated rows that it would be trained on
 * @param held how many rated rows would be left to judge it by
 */
export function isFullFitDue(
  train: readonly Pick<DecisionRow, "at" | "ratedAt">[],
  held: number,
  last: FullFit | undefined,
): boolean {
  if (!last || (last.wanted !== undefined && held >= last.wanted)) return true;
  const known = train.filter((r) => r.at <= last.dataTo && (r.ratedAt ?? r.at) <= last.at).length;
  return train.length >= GROWTH * known;
}
