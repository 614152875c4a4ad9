import { describe, expect, it } from "vitest";
import { RecentRuns } from "../../src/tracing/record/recent-runs.js";

describe("recent runs", () => {
  it("remember at least their capacity and at most twice as many", () => {
    const runs = new RecentRuns(10);
    for (let i = 0; i < 1000; i++) runs.add(String(i));
    for (let i = 990; i < 1000; i++) expect(runs.has(String(i))).toBe(true);
    const kept = Array.from({ length: 1000 }, (_, i) => runs.has(String(i))).filter(Boolean).length;
    expect(kept).toBeLessThanOrEqual(20);
    expect(runs.has("never")).toBe(false);
  });
});
