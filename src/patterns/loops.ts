import { checkArgument } from "../core/arguments.js";
import type { SequenceSet } from "./sequence-set.js";

/** What is read of arguments. */
const SET = { size: "number", items: "object", offsets: "object" } as const;

/** Activities done over and over, one round directly after the other. */
export interface Loop {
  /** One round, turned so that the smallest item stands first; the same loop entered elsewhere is one loop. */
  items: number[];
  /** Runs with at least two rounds in a row. */
  support: number;
  /** Mean over those runs of the most rounds in a row, and the most of all. */
  meanRounds: number;
  maxRounds: number;
  /** The distinct sequences with the loop, ascending. */
  sequences: Int32Array;
}

/**
 * Loops as maximal tandem repeats (Bose and van der Aalst, 2009): blocks of up to `maxPeriod`
 * activities that are repeated at least once without anything between.
 * @example
 * ```ts
 * const log = EventLog.from([{ id: "1", type: "support", activities: ["a", "b", "a", "b", "c"] }]);
 * findLoops(log.variants).length; // 1
 * ```
 */
export function findLoops(set: SequenceSet, maxPeriod = 5): Loop[] {
  checkArgument(set, "set", SET, "PATTERN_INVALID");
  checkArgument(maxPeriod, "maxPeriod", "number", "PATTERN_INVALID");
  const found = new Map<string, { items: number[]; rounds: Map<number, number> }>();
  for (let v = 0; v < set.size; v++) {
    if (set.weights.at(v) === 0) continue;
    const s = set.sequence(v);
    for (let period = 1; period <= Math.min(maxPeriod, s.length >> 1); period++) {
      for (let i = 0; i + period < s.length; ) {
        let matches = 0;
        while (i + matches + period < s.length && s[i + matches] === s[i + matches + period]) matches++;
        if (matches >= period && isPrimitive(s, i, period)) {
          const items = smallestRotation(Array.from(s.subarray(i, i + period)));
          const key = items.join(",");
          const entry = found.get(key) ?? { items, rounds: new Map<number, number>() };
          found.set(key, entry);
          const rounds = 1 + Math.floor(matches / period);
          entry.rounds.set(v, Math.max(rounds, entry.rounds.get(v) ?? 0));
        }
        i += matches + 1;
      }
    }
  }
  return [...found.values()].map(({ items, rounds }) => {
    let support = 0;
    let sum = 0;
    let maxRounds = 0;
    for (const [v, r] of rounds) {
      support += set.weights.at(v);
      sum += r * set.weights.at(v);
      maxRounds = Math.max(maxRounds, r);
    }
    const sequences = Int32Array.from(rounds.keys()).sort();
    return { items, support, meanRounds: sum / support, maxRounds, sequences };
  });
}

function isPrimitive(s: Int32Array, at: number, length: number): boolean {
  for (let p = 1; p <= length >> 1; p++) {
    if (length % p !== 0) continue;
    let same = true;
    for (let j = p; j < length && same; j++) same = s[at + j] === s[at + j - p];
    if (same) return false;
  }
  return true;
}

function smallestRotation(items: number[]): number[] {
  let best = items;
  for (let k = 1; k < items.length; k++) {
    const turned = [...items.slice(k), ...items.slice(0, k)];
    for (let j = 0; j < items.length; j++) {
      if (turned[j] === best[j]) continue;
      if (turned[j] < best[j]) best = turned;
      break;
    }
  }
  return best;
}
