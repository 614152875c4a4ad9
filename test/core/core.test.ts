import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import {
  decisionIdOf,
  hash32,
  isLearningError,
  LearningError,
  ManualClock,
  nearestWord,
  parseOptions,
  systemClock,
} from "../../src/core/index.js";
import { createRng, drawIndex, shuffled } from "../../src/math/rng.js";

describe("errors", () => {
  it("say what was received, expected and what to do, and are recognised by code", () => {
    const cause = new Error("below");
    const e = new LearningError("CONFIG_INVALID", { received: "5", expected: "a word", remedy: "Pass one.", cause });
    expect(e.message).toBe("[CONFIG_INVALID] received 5; expected a word. Pass one.");
    expect(e.cause).toBe(cause);
    expect(isLearningError({ name: "LearningError", code: "STORE_IO" }, "STORE_IO")).toBe(true);
    expect(isLearningError(e, "STORE_IO")).toBe(false);
    expect(isLearningError("CONFIG_INVALID")).toBe(false);
  });
});

describe("options", () => {
  const schema = z.object({
    interval: z.number().positive().default(3),
    deep: z.object({ a: z.string() }).optional(),
    named: z.record(z.string(), z.strictObject({ size: z.number().optional() })).optional(),
  });

  it("fill in defaults", () => expect(parseOptions(schema, {}, "options")).toEqual({ interval: 3 }));

  it.each([
    [{ intervall: 3 }, "CONFIG_UNKNOWN_KEY", 'Did you mean "interval"'],
    [{ interval: -1 }, "CONFIG_INVALID", "received -1 for interval; expected more than 0. "],
    [{ interval: "3" }, "CONFIG_INVALID", 'received "3" for interval; expected a value of the type number.'],
    [
      { named: { x: { sze: 1 } } },
      "CONFIG_UNKNOWN_KEY",
      'in named.x of options; expected one of size. Did you mean "size"',
    ],
    [{ deep: { a: 4 } }, "CONFIG_INVALID", "received 4 for deep.a"],
    [null, "CONFIG_INVALID", "received null"],
    [[], "CONFIG_INVALID", "received []"],
  ])("refuse %j", (value, code, words) => {
    const caught = (() => {
      try {
        parseOptions(schema, value, "options");
      } catch (e) {
        return e;
      }
    })();
    expect(isLearningError(caught, code as "CONFIG_INVALID")).toBe(true);
    expect((caught as Error).message).toContain(words);
  });

  it("name the nearest word", () => {
    expect(nearestWord("explration", ["mode", "exploration", "fallback"])).toBe("exploration");
    expect(nearestWord("x", [])).toBeUndefined();
  });
});

describe("randomness", () => {
  it("is the same for the same seed and differs between forks", () => {
    const draw = (r: ReturnType<typeof createRng>) => Array.from({ length: 5 }, () => r.next());
    expect(draw(createRng(7))).toEqual(draw(createRng(7)));
    expect(draw(createRng(7).fork("a"))).not.toEqual(draw(createRng(7).fork("b")));
    expect(draw(createRng("x").fork("a"))).toEqual(draw(createRng("x").fork("a")));
  });

  it("is uniform and normal within Monte Carlo error", () => {
    const rng = createRng(1);
    const n = 20_000;
    let sum = 0;
    let square = 0;
    const bins = new Array(10).fill(0);
    for (let i = 0; i < n; i++) {
      const z = rng.normal();
      sum += z;
      square += z * z;
      bins[rng.int(10)]++;
    }
    expect(Math.abs(sum / n)).toBeLessThan(0.03);
    expect(Math.abs(square / n - 1)).toBeLessThan(0.04);
    for (const b of bins) expect(Math.abs(b - n / 10)).toBeLessThan(5 * Math.sqrt(n / 10));
  });

  it("shuffles without losing anything", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer(), (items, seed) => {
        const out = shuffled(items, createRng(seed));
        expect([...out].sort()).toEqual([...items].sort());
      }),
      { numRuns: 50 },
    );
  });

  it("draws indices by their probabilities and never an impossible one", () => {
    expect(drawIndex([0, 1, 0], 0.999999)).toBe(1);
    expect(drawIndex([0.5, 0.5, 0], 0.4999)).toBe(0);
    expect(drawIndex([0.5, 0.5, 0], 1 - Number.EPSILON)).toBe(1);
  });
});

describe("identity", () => {
  it("of a decision depends on task, point and call, and on nothing else", () => {
    expect(decisionIdOf("t", "p", 0)).toBe(decisionIdOf("t", "p", 0));
    expect(
      new Set([
        decisionIdOf("t", "p", 0),
        decisionIdOf("t", "p", 1),
        decisionIdOf("t", "q", 0),
        decisionIdOf("u", "p", 0),
      ]).size,
    ).toBe(4);
    expect(decisionIdOf("t", "p", 0)).toMatch(/^[0-9a-f]{32}$/);
  });

  it("of text hashes evenly", () => {
    const bins = new Array(16).fill(0);
    for (let i = 0; i < 16_000; i++) bins[hash32(`word-${i}`) % 16]++;
    for (const b of bins) expect(Math.abs(b - 1000)).toBeLessThan(160);
  });
});

describe("the system clock", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("waits longer than one timer of Node's can, and can be told not to", () => {
    vi.useFakeTimers();
    const month = 40 * 86_400_000;
    const seen: string[] = [];
    systemClock.schedule(() => seen.push("due"), month);
    const cancel = systemClock.schedule(() => seen.push("never"), month);
    vi.advanceTimersByTime(month - 1);
    expect(seen).toEqual([]);
    cancel();
    vi.advanceTimersByTime(1);
    expect(seen).toEqual(["due"]);
  });
});

describe("a manual clock", () => {
  it("runs what is due, in order, and forgets what was cancelled", () => {
    const clock = new ManualClock(0);
    const seen: string[] = [];
    clock.schedule(() => seen.push("b"), 20);
    clock.schedule(() => seen.push("a"), 10);
    const cancel = clock.schedule(() => seen.push("never"), 15);
    cancel();
    clock.advance(19);
    expect(seen).toEqual(["a"]);
    clock.advance(1);
    expect(seen).toEqual(["a", "b"]);
    expect(clock.now()).toBe(20);
  });
});
