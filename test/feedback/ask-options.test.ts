import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/core/index.js";
import { FeedbackCollector } from "../../src/feedback/index.js";
import { createMemoryStore } from "../../src/store/index.js";
import { segment } from "./support.js";

const HOUR = 3_600_000;
async function setUp(options = {}) {
  const clock = new ManualClock(Date.UTC(2026, 5, 1));
  const store = createMemoryStore({ clock });
  await store.append(
    "trace",
    Array.from({ length: 40 }, (_, i) => segment(`w${i}`)),
  );
  return { clock, collector: new FeedbackCollector({ store, clock, maxPerUserPerDay: 1000, ...options }) };
}

describe("options of the questions", () => {
  it("uncertainShare: the probability with which the most uncertain run is asked about", async () => {
    for (const uncertainShare of [0, 1]) {
      const { collector } = await setUp({ uncertainShare, randomShare: 0 });
      // Enough to compare with, none of which is asked about: each is less uncertain than the ones before.
      for (let i = 0; i < 30; i++)
        await collector.considerRequest({ workflowId: `w${i}`, userId: "u", uncertainty: 0.5 - i / 100 });
      const last = await collector.considerRequest({ workflowId: "w30", userId: "u", uncertainty: 0.9 });
      expect(last?.reason).toBe(uncertainShare ? "uncertain" : undefined);
    }
  });

  it("remindAfterMs and maxReminders: when a person is reminded, and how often", async () => {
    const { collector, clock } = await setUp({ remindAfterMs: HOUR, maxReminders: 2 });
    await collector.requestFeedback("w1", "u");
    const taken: number[] = [];
    for (let hours = 0.5; hours < 5; hours++) {
      clock.advance(hours === 0.5 ? HOUR / 2 : HOUR);
      taken.push((await collector.takeDueReminders()).length);
    }
    expect(taken).toEqual([0, 1, 1, 0, 0]);
  });

  it("expireAfterMs: how long a question waits", async () => {
    const { collector, clock } = await setUp({ expireAfterMs: HOUR });
    await collector.requestFeedback("w1", "u");
    clock.advance(HOUR - 1);
    expect(await collector.pendingRequests()).toHaveLength(1);
    clock.advance(1);
    expect(await collector.pendingRequests()).toHaveLength(0);
  });

  it("maxClockSkewMs: how far ahead another clock may be", async () => {
    const at = (clock: ManualClock, ms: number) => ({
      ...{ workflowId: "w1", userId: "u", outcome: 1 },
      at: new Date(clock.now() + ms).toISOString(),
    });
    const { collector, clock } = await setUp({ maxClockSkewMs: HOUR });
    await collector.submitFeedback(at(clock, HOUR));
    await expect(collector.submitFeedback(at(clock, HOUR + 1))).rejects.toThrow(/FEEDBACK_INVALID/);
  });
});
