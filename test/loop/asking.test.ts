import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/core/index.js";
import { FeedbackCollector } from "../../src/feedback/index.js";
import { leastAsked } from "../../src/loop/asking.js";
import { createMemoryStore } from "../../src/store/index.js";
import { aDecision } from "../support/facts.js";

const trial = { version: "v2", share: 0.1, uniform: 0.02, arm: "serving" as const, serving: "x" };

describe("asking while a version is on trial", () => {
  it("has a floor of one in four on runs in which it would choose otherwise", async () => {
    const clock = new ManualClock(Date.UTC(2026, 0, 1));
    const store = createMemoryStore({ clock });
    const decisions = Array.from({ length: 300 }, (_, i) => {
      const challenger = i % 2 ? "y" : "x";
      const of = { decisionId: `d${i}`, workflowId: `w${i}` };
      return aDecision({ ...of, mode: "trial", trial: { ...trial, challenger } });
    });
    await store.append("decision", decisions);
    expect(await leastAsked(store, "w1")).toBe(0.25);
    expect(await leastAsked(store, "w0")).toBeUndefined();
    const collector = new FeedbackCollector({
      store,
      clock,
      randomShare: 0.01,
      leastProbability: (id) => leastAsked(store, id),
    });
    const asked = { contested: 0, agreed: 0 };
    for (let i = 0; i < 300; i++) {
      const run = { workflowId: `w${i}`, userId: `u${i}`, expectedReward: 0.1 };
      const request = await collector.considerRequest(run);
      if (!request) continue;
      asked[i % 2 ? "contested" : "agreed"]++;
      expect(request.probability).toBeCloseTo(i % 2 ? 0.25 : 0.01, 12);
    }
    expect(asked.contested).toBeGreaterThan(20);
    expect(asked.agreed).toBeLessThan(10);
  });
});
