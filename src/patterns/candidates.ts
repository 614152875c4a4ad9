import { isLearningError } from "../core/index.js";
import { closedSequences, sequencesWith } from "./closed-sequences.js";
import type { EventLog } from "./event-log.js";
import { findLoops } from "./loops.js";
import type { TypeLogs } from "./pattern-engine.js";
import type { PatternFinding } from "./pattern-report.js";
import { type SequenceOptions, supportCount } from "./prefix-span.js";
import type { Unit } from "./run-view.js";

/** A pattern to be tested, with the variants that have it. */
export interface Candidate extends Pick<PatternFinding, "unit" | "kind" | "activities" | "support" | "share"> {
  variants: Int32Array;
}

/**
 * The patterns of one unit of one workflow type that are worth testing: closed sequences, the n-grams
 * among them that a closed sequence does not already stand for, and loops. Support doubles until there
 * are at most `maxCandidates` closed sequences; the support really used comes back with them.
 */
export function findCandidates(
  type: TypeLogs,
  unit: Unit,
  options: SequenceOptions,
  maxCandidates: number,
): { candidates: Candidate[]; minSupport: number } {
  const log = type.logs[unit];
  const alphabet = log.activities.length;
  let minSupport = Math.max(2, supportCount(options.minSupport ?? 0.05, log.size));
  const mine = () => {
    try {
      return closedSequences(log.variants, alphabet, log.size, { ...options, minSupport, maxPatterns: maxCandidates });
    } catch (error) {
      if (isLearningError(error, "PATTERN_INVALID")) return undefined;
      throw error;
    }
  };
  let closed = mine();
  while (!closed && minSupport < log.size) {
    minSupport = Math.min(log.size, minSupport * 2);
    closed = mine();
  }
  const found: Candidate[] = [];
  const known = new Set<string>();
  const add = (kind: Candidate["kind"], items: readonly number[], support: number, variants: Int32Array) => {
    found.push({ unit, kind, activities: log.names(items), support, share: support / log.size, variants });
  };
  for (const p of closed ?? []) {
    const variants = sequencesWith(log.variants, p.items, options.maxGap);
    known.add(p.items.join(","));
    add("sequence", p.items, p.support, variants);
  }
  for (const g of type.ngrams[unit].frequent(minSupport)) {
    if (g.items.length < 2) continue;
    const variants = sequencesWith(log.variants, g.items, 0);
    // With the same runs as the pattern with gaps, the n-gram says nothing more.
    if (known.has(g.items.join(",")) && sameSupport(log, g.items, g.support, options.maxGap)) continue;
    add("ngram", g.items, g.support, variants);
  }
  for (const l of findLoops(log.variants)) if (l.support >= minSupport) add("loop", l.items, l.support, l.sequences);
  return { candidates: found, minSupport };
}

function sameSupport(log: EventLog, items: readonly number[], support: number, maxGap?: number): boolean {
  return sequencesWith(log.variants, items, maxGap).reduce((s, v) => s + log.variants.weights.at(v), 0) === support;
}
