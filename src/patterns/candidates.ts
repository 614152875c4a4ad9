import { sequencesWith } from "./closed-sequences.js";
import { closedWithin } from "./closed-within.js";
import { PATTERN_DEFAULTS } from "./defaults.js";
import { findLoops } from "./loops.js";
import type { TypeLogs } from "./pattern-engine.js";
import type { PatternFinding } from "./pattern-report.js";
import { type SequenceOptions, supportCount } from "./prefix-span.js";
import type { Unit } from "./run-view.js";

/** A pattern to be tested, with the variants that have it. */
export interface Candidate extends Pick<PatternFinding, "unit" | "kind" | "activities" | "support" | "share"> {
  variants: Int32Array;
}

/** What there was to test in one unit of one workflow type. */
export interface Candidates {
  candidates: Candidate[];
  /** The support really used, in runs. */
  minSupport: number;
  /** True when even patterns of all runs were too many, so that there are no sequences with gaps. */
  sequencesLeftOut?: true;
}

/**
 * The patterns of one unit of one workflow type that are worth testing: closed sequences, the n-grams
 * among them that a closed sequence does not already stand for, and loops. Support doubles until there
 * are at most `maxCandidates` closed sequences that bounded effort finds; of n-grams and loops as many of
 * the most frequent are kept.
 */
export function findCandidates(
  type: TypeLogs,
  unit: Unit,
  options: SequenceOptions,
  maxCandidates: number,
): Candidates {
  const log = type.logs[unit];
  const least = Math.max(2, supportCount(options.minSupport ?? PATTERN_DEFAULTS.minSupport, log.size));
  const { closed, minSupport } = closedWithin(log, options, least, maxCandidates);
  const found: Candidate[] = [];
  const known = new Map<string, number>();
  const add = (kind: Candidate["kind"], items: readonly number[], support: number, variants: Int32Array) => {
    found.push({ unit, kind, activities: log.names(items), support, share: support / log.size, variants });
  };
  for (const p of closed ?? []) {
    known.set(p.items.join(","), p.support);
    add("sequence", p.items, p.support, sequencesWith(log.variants, p.items, options.maxGap));
  }
  // With the same runs as the pattern with gaps, the n-gram says nothing more.
  const grams = type.ngrams[unit]
    .frequentWithVariants(log, minSupport)
    .filter((g) => g.items.length > 1 && known.get(g.items.join(",")) !== g.support);
  for (const g of mostFrequent(grams, maxCandidates)) add("ngram", g.items, g.support, g.variants);
  const loops = findLoops(log.variants).filter((l) => l.support >= minSupport);
  for (const l of mostFrequent(loops, maxCandidates)) add("loop", l.items, l.support, l.sequences);
  return { candidates: found, minSupport, ...(!closed && { sequencesLeftOut: true }) };
}

function mostFrequent<T extends { support: number }>(list: readonly T[], count: number): T[] {
  return list.length <= count ? [...list] : [...list].sort((a, b) => b.support - a.support).slice(0, count);
}
