import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/core/index.js";
import { FeedbackCollector, UserFeedback } from "../../src/feedback/index.js";
import { createRng } from "../../src/math/rng.js";
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
  const make = () => new FeedbackCollector({ store, clock, maxPerUserPerDay: Number.POSITIVE_INFINITY, ...options });
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

  it("draw once per run and person, the same in every process and after every restart", async () => {
    const { collector, make } = await setUp({ randomShare: 0.5 });
    const first: boolean[] = [];
    for (let i = 0; i < 40; i++)
      first.push((await collector.considerRequest({ workflowId: `w${i}`, userId: "u" })) !== undefined);
    expect(first.filter(Boolean).length).toBeGreaterThan(8);
    expect(first.filter(Boolean).length).toBeLessThan(32);
    // A short-lived process for each call neither asks always nor never, and does not ask a second time.
    for (let i = 0; i < 40; i++)
      expect((await make().considerRequest({ workflowId: `w${i}`, userId: "u" })) !== undefined).toBe(first[i]);
    const { responses } = await collector.getFeedbackStatistics();
    expect(responses).toMatchObject({ considered: 40, meanAskProbability: 0.5, asked: first.filter(Boolean).length });
    const alone = await setUp({ randomShare: 0.5 });
    const asked = [];
    for (let i = 0; i < 40; i++)
      asked.push((await alone.make().considerRequest({ workflowId: `w${i}`, userId: "u" })) !== undefined);
    expect(asked).toEqual(first);
  });

  it("are shared with other processes: answers, reminders and limits of one count in the other", async () => {
    const { collector: a, make, clock } = await setUp({ maxPerUserPerDay: 2, aboveShare: 0.5, randomShare: 0.99 });
    const b = make();
    await b.pendingRequests();
    const request = await a.considerRequest({ workflowId: "w1", userId: "alice", expectedReward: 0.9 });
    await a.requestFeedback("w2", "alice");
    expect(await b.requestFeedback("w3", "alice")).toBeUndefined();
    clock.advance(2 * DAY);
    const record = await b.submitFeedback(new UserFeedback("w1", "alice").thumbsUp());
    expect(record.askedProbability).toBe(request?.probability);
    // An explicit request was nobody's draw.
    expect(await b.submitFeedback(new UserFeedback("w2", "alice").thumbsUp())).not.toHaveProperty("askedProbability");
    await a.requestFeedback("w3", "alice");
    clock.advance(2 * DAY);
    expect(await a.pendingRequests()).toMatchObject([{ workflowId: "w3" }]);
    const reminded = await Promise.all([a.takeDueReminders(), b.takeDueReminders()]);
    expect(reminded.flat()).toHaveLength(1);
    expect((await a.getFeedbackStatistics()).responses).toMatchObject({ asked: 3, answered: 2, pending: 1 });
  });

  it("stay open when the answer could not be stored, or was a withdrawal", async () => {
    const { store, clock, collector } = await setUp();
    await collector.requestFeedback("w1", "alice");
    const broken = { ...store, append: () => Promise.reject(new Error("disk full")) };
    const failing = new FeedbackCollector({ store: broken, clock });
    await expect(failing.submitFeedback(new UserFeedback("w1", "alice").thumbsUp())).rejects.toThrow("disk full");
    clock.advance(2000);
    expect(await collector.pendingRequests("alice")).toHaveLength(1);
  });

  it("keep the limits of the day although many others were asked and answered", async () => {
    const { collector } = await setUp({ maxPerUserPerDay: 1 }, 1300);
    await collector.requestFeedback("w0", "alice");
    await collector.submitFeedback(new UserFeedback("w0", "alice").thumbsUp());
    const others = Array.from({ length: 1200 }, (_, i) => i + 1);
    await Promise.all(others.map((i) => collector.requestFeedback(`w${i}`, `u${i}`)));
    await Promise.all(others.map((i) => collector.submitFeedback(new UserFeedback(`w${i}`, `u${i}`).thumbsUp())));
    await collector.requestFeedback("w1", "zoe");
    expect(await collector.requestFeedback("w1299", "alice")).toBeUndefined();
  });

  it("look up what is expected of a run, and are forgotten with a person or a thread", async () => {
    const expected: Record<string, number> = { w1: 0.9, w2: 0.1 };
    const { collector, store, clock } = await setUp({
      randomShare: 0,
      expect: async (id: string) => ({ expectedReward: expected[id] }),
    });
    await store.append("trace", [segment("t1", { threadId: "thread" })]);
    expect(await collector.considerRequest({ workflowId: "w1", userId: "u" })).toMatchObject({ expectedReward: 0.9 });
    expect(await collector.considerRequest({ workflowId: "w2", userId: "u" })).toBeUndefined();
    await expect(collector.considerRequest({ workflowId: "none", userId: "u" })).rejects.toThrow(
      /FEEDBACK_UNKNOWN_RUN/,
    );
    await collector.requestFeedback("t1", "v");
    await collector.forget({ threadId: "thread" });
    expect((await collector.pendingRequests()).map((r) => r.workflowId)).toEqual(["w1"]);
    await collector.forget({ userId: "u" });
    clock.advance(2000);
    expect(await collector.getFeedbackStatistics()).toMatchObject({ responses: { asked: 0, considered: 0 } });
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

  it("fall off with each request of a person's day, so that the limit is part of the probability", async () => {
    const { collector, clock } = await setUp({ maxPerUserPerDay: 5, randomShare: 0 });
    const probabilities: number[] = [];
    for (let i = 0; probabilities.length < 5; i++) {
      const request = await collector.considerRequest({ workflowId: `w${i}`, userId: "u", expectedReward: 0.9 });
      if (request?.probability !== undefined) probabilities.push(request.probability);
    }
    expect(probabilities).toEqual([1, 0.8, expect.closeTo(0.6, 12), expect.closeTo(0.4, 12), 0.25]);
    expect(await collector.considerRequest({ workflowId: "w399", userId: "u", expectedReward: 0.9 })).toBeUndefined();
    clock.advance(DAY + 1);
    const next = await collector.considerRequest({ workflowId: "w398", userId: "u", expectedReward: 0.9 });
    expect(next?.probability).toBe(1);
  });

  it("have a floor where the host says so, whatever is expected of the run", async () => {
    const { collector } = await setUp({ randomShare: 0.01 });
    let asked = 0;
    for (let i = 0; i < 400; i++) {
      const run = { workflowId: `w${i}`, userId: "u", expectedReward: 0.1, leastProbability: 0.25 };
      const request = await collector.considerRequest(run);
      if (!request) continue;
      asked++;
      expect(request.probability).toBe(0.25);
    }
    expect(asked).toBeGreaterThan(70);
    expect(asked).toBeLessThan(130);
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
