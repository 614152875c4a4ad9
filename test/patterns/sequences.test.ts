import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  closedSequences,
  contains,
  EventLog,
  findLoops,
  frequentSequences,
  NgramCounts,
  type SequencePattern,
  sequencesWith,
} from "../../src/patterns/index.js";
import { allNgrams, allPatterns, closedPatterns, occurs } from "./support/brute-force.js";
import { wordLog } from "./support/logs.js";

const sequencesArbitrary = fc.array(fc.array(fc.nat(3), { maxLength: 8 }), { minLength: 1, maxLength: 8 });
const supports = (patterns: SequencePattern[]) => new Map(patterns.map((p) => [p.items.join(","), p.support]));
const counts = (m: Map<string, number[]>) => new Map([...m].map(([k, v]) => [k, v.length]));
const logOf = (sequences: number[][]) => {
  const log = new EventLog();
  // Interning first makes an item's number its value.
  log.add([{ id: "alphabet", type: "t", activities: ["0", "1", "2", "3"] }]);
  log.remove("alphabet");
  log.add(sequences.map((s, i) => ({ id: `c${i}`, type: "t", activities: s.map(String) })));
  return log;
};
const sortMap = <V>(m: Map<string, V>) => [...m].sort(([a], [b]) => (a < b ? -1 : 1));

describe("sequential patterns", () => {
  it("are the PrefixSpan paper's single-item answer on a small log", () => {
    const log = wordLog(["abcb", "abbca", "bab"]);
    const found = supports(frequentSequences(log.variants, 3, 3, { minSupport: 3 }));
    expect(sortMap(found)).toEqual([
      ["0", 3],
      ["0,1", 3],
      ["1", 3],
      ["1,1", 3],
    ]);
    const closed = closedSequences(log.variants, 3, 3, { minSupport: 3 }).map((p) => p.items.join(","));
    expect(closed.sort()).toEqual(["0,1", "1,1"]);
  });

  it("equal a brute-force miner's, all and closed, with and without limits", () => {
    fc.assert(
      fc.property(
        sequencesArbitrary,
        fc.integer({ min: 1, max: 4 }),
        fc.option(fc.nat(2), { nil: undefined }),
        fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
        (sequences, minSupport, maxGap, maxLength) => {
          const log = logOf(sequences);
          const options = { minSupport, ...(maxGap !== undefined && { maxGap }), ...(maxLength && { maxLength }) };
          const expected = allPatterns(sequences, 4, minSupport, maxGap ?? Infinity, maxLength ?? 8);
          const found = frequentSequences(log.variants, 4, log.size, options);
          expect(sortMap(supports(found))).toEqual(sortMap(counts(expected)));
          const closed = closedSequences(log.variants, 4, log.size, options);
          expect(sortMap(supports(closed))).toEqual(sortMap(counts(closedPatterns(expected))));
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });

  it("are found again in exactly their supporting sequences", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(3), { maxLength: 8 }),
        fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }),
        fc.nat(2),
        (s, p, gap) => {
          expect(contains(Int32Array.from(s), p, gap)).toBe(occurs(s, p, gap));
          expect(contains(Int32Array.from(s), p, Infinity)).toBe(occurs(s, p, Infinity));
        },
      ),
      { seed: 8, numRuns: 200 },
    );
    const log = wordLog(["axb", "ab", "axxb", "ba"]);
    const [a, b] = ["a", "b"].map((n) => log.activity(n) as number) as [number, number];
    expect([...sequencesWith(log.variants, [a, b], 1)]).toEqual([0, 1]);
    expect([...sequencesWith(log.variants, [a, b])]).toEqual([0, 1, 2]);
  });

  it("take a share as well as a count, and say what is wrong with anything else", () => {
    const log = wordLog(["ab", "ab", "a", "c"]);
    expect(frequentSequences(log.variants, 3, 4, { minSupport: 0.5 }).length).toBe(3);
    expect(() => frequentSequences(log.variants, 3, 4, { minSupport: 0 })).toThrow(/PATTERN_INVALID.*minSupport 0/);
    expect(() => frequentSequences(log.variants, 3, 4, { minSupport: 1, maxPatterns: 2 })).toThrow(/Raise minSupport/);
  });
});

describe("n-grams", () => {
  it("equal a brute-force count, also after runs were replaced and removed", () => {
    fc.assert(
      fc.property(sequencesArbitrary, sequencesArbitrary, (first, second) => {
        const log = logOf(first);
        const counter = new NgramCounts(3);
        log.attach(counter);
        log.add(second.map((s, i) => ({ id: `c${i}`, type: "t", activities: s.map(String) })));
        log.remove("c0");
        const left = first
          .map((s, i) => second[i] ?? s)
          .concat(second.slice(first.length))
          .slice(1);
        const expected = allNgrams(left, 3);
        const found = new Map(
          counter.frequent(1).map((g): [string, [number, number]] => [g.items.join(","), [g.support, g.occurrences]]),
        );
        expect(sortMap(found)).toEqual(sortMap(expected));
      }),
      { seed: 9, numRuns: 150 },
    );
  });
});

describe("loops", () => {
  it("are tandem repeats, the same wherever they are entered, with their rounds", () => {
    const log = wordLog(["xababab", "bababy", "aab", "abc", "abab"]);
    const loops = findLoops(log.variants).map((l) => ({
      ...l,
      items: log.names(l.items).sort().join(""),
      sequences: [...l.sequences],
    }));
    expect(loops).toEqual([
      { items: "ab", support: 3, meanRounds: (3 + 2 + 2) / 3, maxRounds: 3, sequences: [0, 1, 4] },
      { items: "a", support: 1, meanRounds: 2, maxRounds: 2, sequences: [2] },
    ]);
  });

  it("of a repeated single activity are not also loops of two", () => {
    expect(findLoops(wordLog(["aaaa"]).variants).map((l) => [l.items.length, l.maxRounds])).toEqual([[1, 4]]);
  });
});
