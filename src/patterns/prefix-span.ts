import { checkArgument } from "../core/arguments.js";
import { LearningError, show } from "../core/index.js";
import { PATTERN_DEFAULTS } from "./defaults.js";
import { depthFirst } from "./depth-first.js";
import { Int32List } from "./growable.js";
import type { SequenceSet } from "./sequence-set.js";

/** What is read of arguments. */
const SET = { size: "number", items: "object", offsets: "object" } as const;

/** Which sequential patterns to look for. */
export interface SequenceOptions {
  /** Least number of runs, or their share when below 1 (rounded up to whole runs). Default 0.05. */
  minSupport?: number;
  /** Most other activities between two neighbours of a pattern; 0 is contiguous. Default: any number. */
  maxGap?: number;
  /** Longest pattern. Default: any length. */
  maxLength?: number;
  /** More patterns than this fail with PATTERN_INVALID instead of filling the memory. Default 200,000. */
  maxPatterns?: number;
  /**
   * Most activities looked at while mining; more fail with PATTERN_INVALID instead of running on. Runs of
   * thousands of activities have more subsequences than anyone can wait for. Default: no limit.
   */
  maxEffort?: number;
  /** Called between steps of long work; what it throws ends it. */
  onStep?: () => void;
}

/** A pattern with the number of runs that contain it. */
export interface SequencePattern {
  items: number[];
  support: number;
}

/**
 * The least number of runs that an option asks for, of `runs`; at least 1.
 * @example supportCount(0.1, 50); // 5
 */
export function supportCount(minSupport: number, runs: number): number {
  if (!(minSupport > 0))
    throw new LearningError("PATTERN_INVALID", {
      received: `minSupport ${show(minSupport)}`,
      expected: "a share in (0,1) or a count of at least 1",
      remedy: "Set minSupport to 0.05 for one run in twenty, or to a number of runs.",
    });
  return Math.max(1, Math.ceil(minSupport < 1 ? minSupport * runs - 1e-9 : minSupport));
}

/** Where a prefix can end: parallel lists of (sequence, position), sequences ascending. */
export interface Projection {
  sequence: Int32Array;
  position: Int32Array;
  length: number;
}

/**
 * All sequences, standing before their first activity.
 * @example
 * ```ts
 * const log = EventLog.from([{ id: "1", type: "support", activities: ["a", "b"] }]);
 * const start = rootProjection(log.variants);
 * ```
 */
export function rootProjection(set: SequenceSet): Projection {
  checkArgument(set, "set", SET, "PATTERN_INVALID");
  const sequence = new Int32List(Math.max(1, set.size));
  const position = new Int32List(Math.max(1, set.size));
  for (let v = 0; v < set.size; v++) {
    if (set.weights.at(v) === 0) continue;
    sequence.push(v);
    position.push(set.start(v) - 1);
  }
  return { sequence: sequence.data, position: position.data, length: sequence.length };
}

/** One way to extend a prefix. */
export interface Extension {
  item: number;
  support: number;
  projection: Projection;
}

/**
 * Finds the extensions of projections; holds the scratch space, so that one mining run allocates little.
 * @example
 * ```ts
 * const { variants, activities } = EventLog.from([{ id: "1", type: "support", activities: ["a", "b"] }]);
 * const extender = new Extender(variants, activities.length, 1, Number.POSITIVE_INFINITY, new Effort());
 * extender.extend(rootProjection(variants), true).length; // 2
 * ```
 */
export class Extender {
  private readonly sequenceStamp: Int32Array;
  private readonly support: Int32Array;
  private readonly entries: Int32Array;
  private readonly positionStamp: Int32Array;
  private stamp = 0;
  private call = 0;

  constructor(
    private readonly set: SequenceSet,
    private readonly alphabet: number,
    private readonly minSupport: number,
    private readonly maxGap: number,
    private readonly effort: Effort,
  ) {
    checkArgument(set, "set", SET, "PATTERN_INVALID");
    checkArgument(alphabet, "alphabet", "number", "PATTERN_INVALID");
    checkArgument(minSupport, "minSupport", "number", "PATTERN_INVALID");
    checkArgument(maxGap, "maxGap", "number", "PATTERN_INVALID");
    checkArgument(effort, "effort", "object", "PATTERN_INVALID");
    this.sequenceStamp = new Int32Array(alphabet).fill(-1);
    this.support = new Int32Array(alphabet);
    this.entries = new Int32Array(alphabet);
    this.positionStamp = new Int32Array(Number.isFinite(maxGap) ? set.items.length : 0).fill(-1);
  }

  /** The frequent items behind `p` with their projections, by item. `first`: no gap limit applies yet. */
  extend(p: Projection, first: boolean): Extension[] {
    const limited = Number.isFinite(this.maxGap);
    const items = this.set.items.data;
    const foundItem = new Int32List(256);
    const foundSequence = new Int32List(256);
    const foundPosition = new Int32List(256);
    const touched = new Int32List(32);
    this.call++;
    let last = -1;
    for (let k = 0; k < p.length; k++) {
      const v = p.sequence[k];
      if (v !== last) this.stamp++;
      last = v;
      const from = p.position[k] + 1;
      const end = this.set.end(v);
      const to = limited && !first ? Math.min(end, from + this.maxGap + 1) : end;
      this.effort.spend(to - from + 1);
      for (let j = from; j < to; j++) {
        const item = items[j];
        const seen = this.sequenceStamp[item] === this.stamp;
        if (limited) {
          // Every end position matters under a gap limit, each once.
          if (this.positionStamp[j] === this.call) continue;
          this.positionStamp[j] = this.call;
        } else if (seen) continue;
        if (!seen) {
          this.sequenceStamp[item] = this.stamp;
          if (this.support[item] === 0) touched.push(item);
          this.support[item] = this.support[item] + this.set.weights.at(v);
        }
        this.entries[item] = this.entries[item] + 1;
        foundItem.push(item);
        foundSequence.push(v);
        foundPosition.push(j);
      }
    }
    return this.gather(touched, foundItem, foundSequence, foundPosition);
  }

  private gather(touched: Int32List, item: Int32List, sequence: Int32List, position: Int32List): Extension[] {
    const found = new Map<number, Extension>();
    const ordered = touched.view().slice().sort();
    for (const i of ordered) {
      const support = this.support[i];
      const n = this.entries[i];
      this.support[i] = 0;
      this.entries[i] = 0;
      if (support < this.minSupport) continue;
      const projection = { sequence: new Int32Array(n), position: new Int32Array(n), length: 0 };
      found.set(i, { item: i, support, projection });
    }
    const byItem: (Projection | undefined)[] = new Array(this.alphabet);
    for (const e of found.values()) byItem[e.item] = e.projection;
    for (let k = 0; k < item.length; k++) {
      const p = byItem[item.at(k)];
      if (!p) continue;
      p.sequence[p.length] = sequence.at(k);
      p.position[p.length++] = position.at(k);
    }
    return [...found.values()];
  }
}

/**
 * All frequent sequential patterns, exactly: PrefixSpan (Pei et al., 2001) by pseudo-projection over
 * the distinct sequences, weighted by how many runs share each. With `maxGap` every end position of a
 * prefix is followed, since the first one no longer dominates.
 * @param alphabet number of distinct items (items are 0 .. alphabet-1)
 * @example
 * ```ts
 * const log = EventLog.from([
 *   { id: "1", type: "support", activities: ["a", "b"] },
 *   { id: "2", type: "support", activities: ["a", "c"] },
 * ]);
 * frequentSequences(log.variants, log.activities.length, log.size, { minSupport: 2 }); // [{ items: [0], support: 2 }]
 * ```
 */
export function frequentSequences(
  set: SequenceSet,
  alphabet: number,
  runs: number,
  options: SequenceOptions = {},
): SequencePattern[] {
  checkArgument(set, "set", SET, "PATTERN_INVALID");
  checkArgument(alphabet, "alphabet", "number", "PATTERN_INVALID");
  checkArgument(runs, "runs", "number", "PATTERN_INVALID");
  const { maxGap = Number.POSITIVE_INFINITY, maxLength = Number.POSITIVE_INFINITY } = options;
  const minSupport = supportCount(options.minSupport ?? PATTERN_DEFAULTS.minSupport, runs);
  const extender = new Extender(set, alphabet, minSupport, maxGap, new Effort(options.maxEffort, options.onStep));
  const found: SequencePattern[] = [];
  depthFirst(extender.extend(rootProjection(set), true), (e, prefix) => {
    found.push({ items: prefix.slice(), support: e.support });
    guardCount(found.length, options.maxPatterns);
    return prefix.length < maxLength ? extender.extend(e.projection, false) : undefined;
  });
  return found;
}

const LOOKS_PER_STEP = 1e6;

/**
 * Counts the activities that a miner looks at, and fails beyond a limit.
 * @example
 * ```ts
 * const effort = new Effort(1_000_000);
 * effort.spend(10); // fails once a million is exceeded
 * ```
 */
export class Effort {
  private spent = 0;
  private nextStep = LOOKS_PER_STEP;

  constructor(
    private readonly limit = Number.POSITIVE_INFINITY,
    private readonly onStep?: () => void,
  ) {}

  spend(activities: number): void {
    this.spent += activities;
    if (this.spent >= this.nextStep) {
      this.nextStep = this.spent + LOOKS_PER_STEP;
      this.onStep?.();
    }
    if (this.spent <= this.limit) return;
    throw new LearningError("PATTERN_INVALID", {
      received: `runs with more subsequences than ${this.limit} looks at an activity can find`,
      expected: "shorter runs, or fewer frequent patterns",
      remedy: "Raise minSupport, or limit maxLength or maxGap.",
    });
  }
}

/**
 * Fails once a miner has found more patterns than allowed.
 * @example guardCount(10, 100); // fails where more than 100 were found
 */
export function guardCount(found: number, maxPatterns = 200_000): void {
  if (found <= maxPatterns) return;
  throw new LearningError("PATTERN_INVALID", {
    received: `more than ${maxPatterns} frequent patterns`,
    expected: `at most ${maxPatterns}`,
    remedy: "Raise minSupport, or limit maxLength or maxGap.",
  });
}
