import { describe, expect, it } from "vitest";
import { Box, DictSpace, Discrete, MultiDiscrete, type Space } from "../../src/environments/index.js";
import { createRng } from "../../src/math/rng.js";

const dict = new DictSpace({ colour: new Discrete(3), at: new Box(-1, 1, 2) });
const spaces: Space<unknown>[] = [
  new Discrete(5),
  new Box(
    [0, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, 2],
    [1, Number.POSITIVE_INFINITY, 3, Number.POSITIVE_INFINITY],
  ),
  new MultiDiscrete([2, 5]),
  dict,
];

describe.each(spaces.map((s) => [s.kind, s] as const))("%s", (_, space) => {
  it("contains its samples, which the seed determines, and flattens them to their length", () => {
    const draw = () =>
      Array.from(
        { length: 50 },
        (
          (rng) => () =>
            space.sample(rng)
        )(createRng(7)),
      );
    for (const value of draw()) {
      expect(space.contains(value)).toBe(true);
      expect(space.flatten(value)).toHaveLength(space.flatDim);
    }
    expect(draw()).toEqual(draw());
    expect(new Set(draw().map((v) => space.flatten(v).join())).size).toBeGreaterThan(1);
  });

  it("contains nothing else", () => {
    for (const other of [undefined, null, "x", -1, 1.5, Number.NaN, [9, 9], {}, Float64Array.of(Number.NaN)])
      expect(space.contains(other)).toBe(false);
  });
});

describe("spaces", () => {
  it("flatten as documented", () => {
    expect([...new MultiDiscrete([2, 3]).flatten([1, 0])]).toEqual([0, 1, 1, 0, 0]);
    // Keys in alphabetical order: `at` before `colour`.
    expect([...dict.flatten({ colour: 2, at: Float64Array.of(0.5, -1) })]).toEqual([0.5, -1, 0, 0, 1]);
    expect(dict.contains({ colour: 2, at: Float64Array.of(0.5, -1), more: 1 })).toBe(false);
  });

  it("draw legal actions evenly", () => {
    const counts = [0, 0, 0, 0];
    const rng = createRng(1);
    const space = new Discrete(4);
    for (let i = 0; i < 3000; i++) counts[space.sample(rng, [true, false, true, true])]!++;
    expect(counts[1]).toBe(0);
    for (const i of [0, 2, 3]) expect(counts[i]).toBeGreaterThan(900);
    expect(() => space.sample(rng, [false, false, false, false])).toThrow(/at least one true/);
  });

  it.each([
    [() => new Discrete(0), /Discrete\(0\)/],
    [() => new Box(1, 0, 2), /every low at most its high/],
    [() => new Box(0, 1), /Give two arrays of one length, or two numbers and a size/],
    [() => new MultiDiscrete([2, 0]), /MultiDiscrete\(\[2,0\]\)/],
    [() => new DictSpace({}), /without keys/],
  ])("refuse nonsense (%#)", (make, message) => {
    expect(make).toThrow(message);
  });
});
