import { describe, expect, it } from "vitest";
import { costOf, DEFAULT_PRICES } from "../../src/tracing/record/prices.js";

const million = { tokensIn: 1e6, tokensOut: 1e6 };

describe("the price of a call", () => {
  it.each([
    ["gpt-4o", 12.5],
    ["gpt-4o-2024-08-06", 12.5],
    ["openai/gpt-4o-latest", 12.5],
    ["gpt-4o-mini-2024-07-18", 0.75],
    ["claude-sonnet-4-20250514", 18],
    ["claude-sonnet-4-5-20250929", 18],
    ["us.anthropic.claude-sonnet-4-20250514-v1:0", 18],
    ["claude-sonnet-4@20250514", 18],
    ["claude-opus-4-5-20251101", 30],
    ["anthropic/claude-sonnet-4.5", 18],
    ["anthropic/claude-3.7-sonnet", 18],
    ["models/gemini-2.5-flash-preview-09-2025", 2.8],
    ["o3-pro-2025-06-10", 100],
  ])("of %s is that of its model", (model, expected) => {
    expect(costOf(DEFAULT_PRICES, model, million)).toBeCloseTo(expected, 9);
  });

  it.each(["gpt-4o-audio-preview", "gpt-5-search-api", "claude-opus-4-9", "o3-deep-research", "gpt-4", undefined])(
    "of %s is unknown, not that of a model of a similar name",
    (model) => {
      expect(costOf(DEFAULT_PRICES, model, million)).toBeUndefined();
    },
  );

  it("counts cached tokens and those written to the cache once, at their own prices", () => {
    const prices = { m: { input: 10, output: 100, cachedInput: 1, cacheWrite: 20 }, plain: { input: 10, output: 100 } };
    const tokens = { tokensIn: 100, tokensOut: 10, tokensCached: 40, tokensCacheWrite: 30 };
    expect(costOf(prices, "m", tokens)).toBeCloseTo((30 * 10 + 40 * 1 + 30 * 20 + 10 * 100) / 1e6, 15);
    expect(costOf(prices, "plain", tokens)).toBeCloseTo((100 * 10 + 10 * 100) / 1e6, 15);
    expect(costOf(prices, "m", { tokensIn: 10, tokensOut: 0, tokensCached: 50, tokensCacheWrite: 50 })).toBeCloseTo(
      10 / 1e6,
      15,
    );
  });

  it("takes the caller's own names as they are", () => {
    expect(costOf({ "acme/gpt-4o": { input: 1, output: 1 } }, "acme/gpt-4o", million)).toBe(2);
    expect(costOf({}, "constructor", million)).toBeUndefined();
  });
});
