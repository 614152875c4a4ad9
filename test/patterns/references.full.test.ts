import { describe, expect, it } from "vitest";
import { dataFolder } from "../bench/support/data.js";
import { compareWithReferences } from "./support/references.js";

const folder = dataFolder();

describe.skipIf(!folder)("real logs (LEARNING_DATA)", () => {
  it("give every reference result: all, closed and contiguous patterns, maps, variants, dependencies", () => {
    const compared = compareWithReferences(folder as string);
    expect(compared.filter((c) => !c.equal)).toEqual([]);
    expect(compared.length).toBeGreaterThan(80);
  });
});
