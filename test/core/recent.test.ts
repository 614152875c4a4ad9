import { describe, expect, it } from "vitest";
import { Recent } from "../../src/core/index.js";

describe("Recent", () => {
  it("remembers at least its capacity of the latest keys and forgets the rest", () => {
    const recent = new Recent<number>(10);
    for (let i = 0; i < 100; i++) recent.set(`k${i}`, i);
    for (let i = 90; i < 100; i++) expect(recent.get(`k${i}`)).toBe(i);
    expect(recent.get("k50")).toBeUndefined();
  });

  it("keeps what is read", () => {
    const recent = new Recent<number>(10);
    recent.set("mine", 7);
    for (let i = 0; i < 100; i++) {
      recent.set(`k${i}`, i);
      expect(recent.get("mine")).toBe(7);
    }
  });
});
