import { describe, expect, it } from "vitest";
import { fitEncoder, judgeFields } from "../../src/dataset/index.js";

const rows = <T>(count: number, value: (i: number) => T) => Array.from({ length: count }, (_, i) => ({ f: value(i) }));
const kindOf = (contexts: { f: string | number }[], options = {}) => judgeFields(contexts, options)[0]?.kind;

describe("options of the encoder", () => {
  it("maxLevels: more distinct numbers than that are measured, not told apart", () => {
    const codes = rows(400, (i) => [200, 404, 500, 503][i % 4] as number);
    expect(kindOf(codes)).toBe("levels");
    expect(kindOf(codes, { maxLevels: 4 })).toBe("levels");
    expect(kindOf(codes, { maxLevels: 3 })).toBe("number");
  });

  it("maxCategories: more distinct words than that are texts", () => {
    const words = rows(400, (i) => `word${"abcdefghij"[i % 10]}`);
    expect(kindOf(words)).toBe("category");
    expect(kindOf(words, { maxCategories: 9 })).toBe("short-text");
  });

  it("maxTextChars: what stands behind that many characters says nothing", () => {
    const texts = rows(40, (i) => `${"so it goes ".repeat(10)} ${i % 2 ? "apples" : "pears"}`);
    const differ = (options: object) => {
      const encoder = fitEncoder(texts, { fields: { f: "long-text" }, topics: 0, ...options });
      const [one, other] = texts.map((context) => encoder.encode(context));
      return JSON.stringify(one) !== JSON.stringify(other);
    };
    expect(differ({})).toBe(true);
    expect(differ({ maxTextChars: 60 })).toBe(false);
  });
});
