import { checkArgument } from "../core/arguments.js";
import { PATTERN_DEFAULTS } from "./defaults.js";
import { depthFirst } from "./depth-first.js";
import {
  Effort,
  Extender,
  frequentSequences,
  guardCount,
  type Projection,
  rootProjection,
  type SequenceOptions,
  type SequencePattern,
  supportCount,
} from "./prefix-span.js";
import type { SequenceSet } from "./sequence-set.js";

/** What is read of arguments. */
const SET = { size: "number", items: "object", offsets: "object" } as const;

/** Under limits closed patterns are found among so many frequent ones; `maxPatterns` counts the closed ones. */
const MOST_COMPARED = 20_000;

/**
 * Closed frequent patterns, exactly: those that no longer pattern contains with the same support.
 * Without limits by BIDE (Wang and Han, 2004), which prunes what cannot be closed; with `maxGap` or
 * `maxLength` by comparing all frequent patterns, and closed then means: among the patterns within
 * the limits, counting only super-patterns that occur in the very same runs.
 * @example
 * ```ts
 * const log = EventLog.from([
 *   { id: "1", type: "support", activities: ["a", "b", "c"] },
 *   { id: "2", type: "support", activities: ["a", "c"] },
 * ]);
 * const found = closedSequences(log.variants, log.activities.length, log.size, { minSupport: 1 });
 * found.map(({ items }) => log.names(items).join()).sort(); // ["a,b,c", "a,c"]
 * ```
 */
export function closedSequences(
  set: SequenceSet,
  alphabet: number,
  runs: number,
  options: SequenceOptions = {},
): SequencePattern[] {
  checkArgument(set, "set", SET, "PATTERN_INVALID");
  checkArgument(alphabet, "alphabet", "number", "PATTERN_INVALID");
  checkArgument(runs, "runs", "number", "PATTERN_INVALID");
  if (options.maxGap !== undefined || options.maxLength !== undefined) {
    const maxPatterns = Math.max(options.maxPatterns ?? MOST_COMPARED, MOST_COMPARED);
    const all = frequentSequences(set, alphabet, runs, { ...options, maxPatterns });
    const closed = closedAmong(all, set, options.maxGap);
    guardCount(closed.length, options.maxPatterns);
    return closed;
  }
  const minSupport = supportCount(options.minSupport ?? PATTERN_DEFAULTS.minSupport, runs);
  const effort = new Effort(options.maxEffort, options.onStep);
  const extender = new Extender(set, alphabet, minSupport, Number.POSITIVE_INFINITY, effort);
  const checker = new BackwardCheck(set, alphabet, effort);
  const found: SequencePattern[] = [];
  depthFirst(extender.extend(rootProjection(set), true), (e, prefix) => {
    // BackScan: an item in every semi-maximum period means that no closed pattern starts like this.
    if (checker.extends(e.projection, prefix, true)) return undefined;
    const extensions = extender.extend(e.projection, false);
    const forward = extensions.some((x) => x.support === e.support);
    if (!forward && !checker.extends(e.projection, prefix, false))
      found.push({ items: prefix.slice(), support: e.support });
    guardCount(found.length, options.maxPatterns);
    return extensions;
  });
  return found;
}

/** Looks for an item that could be put before some element of a pattern in every supporting sequence. */
class BackwardCheck {
  private counts = new Int32Array(0);
  private stamps = new Int32Array(0);
  private stamp = 0;

  constructor(
    private readonly set: SequenceSet,
    private readonly alphabet: number,
    private readonly effort: Effort,
  ) {}

  /** @param semi use the semi-maximum periods (pruning) instead of the maximum periods (closedness) */
  extends(p: Projection, pattern: readonly number[], semi: boolean): boolean {
    const n = pattern.length;
    const cells = n * this.alphabet;
    this.effort.spend(cells);
    if (this.counts.length < cells) {
      this.counts = new Int32Array(cells * 2);
      this.stamps = new Int32Array(cells * 2);
      this.stamp = 0;
    } else this.counts.fill(0, 0, cells);
    const items = this.set.items.data;
    const first = new Int32Array(n + 1);
    const last = new Int32Array(n);
    for (let k = 0; k < p.length; k++) {
      const v = p.sequence[k];
      const start = this.set.start(v);
      this.effort.spend(this.set.end(v) - start);
      this.stamp++;
      first[0] = start - 1;
      for (let i = 0, j = start; i < n; j++) if (items[j] === pattern[i]) first[++i] = j;
      let j = semi ? first[n] : this.set.end(v) - 1;
      for (let i = n - 1; i >= 0; i--) {
        while (items[j] !== pattern[i]) j--;
        last[i] = j--;
      }
      let alive = 0;
      for (let i = 0; i < n; i++) {
        this.effort.spend(Math.max(0, last[i] - first[i]));
        for (let q = first[i] + 1; q < last[i]; q++) {
          const cell = i * this.alphabet + items[q];
          if (this.stamps[cell] === this.stamp || this.counts[cell] !== k) continue;
          this.stamps[cell] = this.stamp;
          this.counts[cell] = k + 1;
          alive++;
        }
      }
      if (alive === 0) return false;
    }
    return true;
  }
}

/** The patterns of a complete list that no longer one in it contains with the same supporters. */
function closedAmong(patterns: SequencePattern[], set: SequenceSet, maxGap?: number): SequencePattern[] {
  const bySupport = new Map<number, SequencePattern[]>();
  for (const p of patterns) {
    const same = bySupport.get(p.support);
    if (same) same.push(p);
    else bySupport.set(p.support, [p]);
  }
  const supporters = new Map<SequencePattern, string>();
  const of = (p: SequencePattern): string => {
    let key = supporters.get(p);
    if (key === undefined) {
      key = sequencesWith(set, p.items, maxGap).join(",");
      supporters.set(p, key);
    }
    return key;
  };
  return patterns.filter(
    (p) =>
      !bySupport
        .get(p.support)
        ?.some((q) => q.items.length > p.items.length && isSubsequence(p.items, q.items) && of(p) === of(q)),
  );
}

function isSubsequence(short: readonly number[], long: readonly number[]): boolean {
  let i = 0;
  for (const item of long) if (item === short[i]) i++;
  return i === short.length;
}

/**
 * The distinct sequences (numbers, ascending) that contain a pattern under a gap limit.
 * @example
 * ```ts
 * const log = EventLog.from([{ id: "1", type: "support", activities: ["a", "b"] }]);
 * [...sequencesWith(log.variants, [0, 1])]; // [0]
 * ```
 */
export function sequencesWith(
  set: SequenceSet,
  pattern: readonly number[],
  maxGap = Number.POSITIVE_INFINITY,
): Int32Array {
  checkArgument(set, "set", SET, "PATTERN_INVALID");
  checkArgument(pattern, "pattern", "list", "PATTERN_INVALID");
  checkArgument(maxGap, "maxGap", "number", "PATTERN_INVALID");
  const found: number[] = [];
  for (let v = 0; v < set.size; v++)
    if (set.weights.at(v) > 0 && contains(set.sequence(v), pattern, maxGap)) found.push(v);
  return Int32Array.from(found);
}

/**
 * Whether a sequence contains a pattern, with at most `maxGap` other items between neighbours.
 * @example
 * ```ts
 * contains(Int32Array.of(1, 5, 2), [1, 2], 0); // false
 * contains(Int32Array.of(1, 5, 2), [1, 2], 1); // true
 * ```
 */
export function contains(sequence: Int32Array, pattern: readonly number[], maxGap: number): boolean {
  checkArgument(sequence, "sequence", "list", "PATTERN_INVALID");
  checkArgument(pattern, "pattern", "list", "PATTERN_INVALID");
  if (maxGap === Number.POSITIVE_INFINITY) {
    let i = 0;
    for (let j = 0; j < sequence.length && i < pattern.length; j++) if (sequence[j] === pattern[i]) i++;
    return i === pattern.length;
  }
  // ends[j]: the prefix matched so far can end at j
  let ends = new Uint8Array(sequence.length);
  for (let j = 0; j < sequence.length; j++) ends[j] = sequence[j] === pattern[0] ? 1 : 0;
  for (let i = 1; i < pattern.length; i++) {
    const next = new Uint8Array(sequence.length);
    for (let j = 0; j < sequence.length; j++) {
      if (!ends[j]) continue;
      for (let q = j + 1; q <= Math.min(sequence.length - 1, j + 1 + maxGap); q++)
        if (sequence[q] === pattern[i]) next[q] = 1;
    }
    ends = next;
  }
  return ends.includes(1);
}
