import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HashIndex } from "../../src/dataset/encoder/hash-index.js";

describe("an index of hashes", () => {
  it("finds what a Map finds, also among hashes that fall into one slot", () => {
    const hash = fc.oneof(
      fc.integer({ min: 0, max: 0xffffffff }),
      fc.integer({ min: 0, max: 40 }).map((n) => n * 1024),
      fc.constantFrom(0, 0xffffffff),
    );
    fc.assert(
      fc.property(fc.uniqueArray(hash, { maxLength: 200 }), fc.array(hash, { maxLength: 50 }), (hashes, asked) => {
        const index = new HashIndex(hashes);
        for (const h of [...hashes, ...asked]) expect(index.get(h)).toBe(hashes.indexOf(h));
      }),
    );
  });
});
