import { describe, expect, it } from "vitest";
import { createRng, ManualClock } from "../../src/core/index.js";
import { FeedbackCollector, UserFeedback } from "../../src/feedback/index.js";
import { createMemoryStore } from "../../src/store/index.js";
import { segment } from "./support.js";

const DAY = 86_400_000;
async function setUp(options = {}, runs = 400) {
  const clock = new ManualClock(Date.UTC(2026, 5, 1));
  const store = createMemoryStore({ clock });
  await store.append(
    "trace",
    Array.from({ length: runs }, (_, i) => segment(`w${i}`)),
  );
  const make = () => new FeedbackCollector({ store, clock, maxPerUserPerDay: 1e9, ...options });
  return { clock, store, make, collector: make() };
}

describe("feedback requests", () => {
  it("go to every run above the threshold, to few below, each with the probability it was drawn by", async () => {
    const { collector } = await setUp();
    let above = 0;
    let below = 0;
    for (let i = 0; i < 400; i++) {
      const expectedReward = i % 2 ? 0.9 : 0.5;
      const request = await collector.considerRequest({ workflowId: `w${i}`, userId: "u", expectedReward });
      if (expectedReward >= 0.8) above += request?.probability === 1 ? 1 : 0;
      else if (request) {
        below++;
        expect(request).toMatchObject({ probability: expect.closeTo(0.05, 12), reason: "random" });
      }
    }
    expect(above).toBe(200);
    expect(below).toBeGreaterThan(2);
    expect(below).toBeLessThan(22);
  });

  it("go more often to the most uncertain runs", async () => {
    const { collector } = await setUp();
    const rng = createRng(4);
    const asked = { high: 0, low: 0 };
    for (let i = 0; i < 400; i++) {
      const uncertainty = i % 20 === 0 ? 0.9 + rng.next() / 10 : rng.next() / 2;
      const request = await collector.considerRequest({
        workflowId: `w${i}`,
        userId: "u",
        expectedReward: 0,
        uncertainty,
      });
      if (!request) continue;
      asked[uncertainty >= 0.9 ? "high" : "low"]++;
      if (uncertainty >= 0.9 && i > 20) expect(request.probability).toBeCloseTo(1 - 0.5 * 0.95, 12);
    }
    expect(asked.high / 20).toBeGreaterThan(3 * (asked.low / 380));
  });

  it("keep the asking probability with the answer, over a restart", async () => {
    const { collector, make } = await setUp({ aboveShare: 0.4, randomShare: 0.5 });
    let request: Awaited<ReturnType<typeof collector.considerRequest>>;
    for (let i = 0; !request; i++)
      request = await collector.considerRequest({ workflowId: `w${i}`, userId: "alice", expectedReward: 0.9 });
    const restarted = make();
    expect(await restarted.pendingRequests("alice")).toEqual([request]);
    const record = await restarted.submitFeedback(new UserFeedback(request.workflowId, "alice").thumbsUp());
    expect(record.askedProbability).toBeCloseTo(1 - 0.6 * 0.5, 12);
    expect(await restarted.pendingRequests()).toEqual([]);
    const unasked = await restarted.submitFeedback(new UserFeedback("w399", "bob").thumbsUp());
    expect(unasked).not.toHaveProperty("askedProbability");
  });

  it("respect a person's daily limit, and count a repeated request once", async () => {
    const { collector, clock } = await setUp({ maxPerUserPerDay: 2 });
    const first = await collector.requestFeedback("w1", "alice");
    expect(await collector.requestFeedback("w1", "alice")).toEqual(first);
    expect(await collector.requestFeedback("w2", "alice")).toBeDefined();
    expect(await collector.requestFeedback("w3", "alice")).toBeUndefined();
    expect(await collector.requestFeedback("w3", "bob")).toBeDefined();
    clock.advance(DAY + 1);
    expect(await collector.requestFeedback("w3", "alice")).toBeDefined();
    await expect(collector.requestFeedback("no-run", "alice")).rejects.toThrow(/FEEDBACK_UNKNOWN_RUN/);
  });

  it("are reminded of once after two days and lapse after seven", async () => {
    const { collector, clock } = await setUp();
    await collector.requestFeedback("w1", "alice");
    expect(await collector.takeDueReminders()).toEqual([]);
    clock.advance(2 * DAY);
    expect(await collector.takeDueReminders()).toMatchObject([{ workflowId: "w1", reminders: 1 }]);
    expect(await collector.takeDueReminders()).toEqual([]);
    clock.advance(5 * DAY);
    expect(await collector.pendingRequests()).toEqual([]);
    const { responses } = await collector.getFeedbackStatistics();
    expect(responses).toMatchObject({ asked: 1, answered: 0, expired: 1, rate: 0 });
  });
});
