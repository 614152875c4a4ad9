import { describe, expect, it } from "vitest";
import { type FeedbackRecord, isLearningError, ManualClock } from "../../src/core/index.js";
import { KeyedSubmissions, keyedId } from "../../src/feedback/collect/keyed-submissions.js";
import { KnownRuns } from "../../src/feedback/collect/known-runs.js";
import { FeedbackCollector, type FeedbackInput, UserFeedback } from "../../src/feedback/index.js";
import { createMemoryStore, type LearningStore } from "../../src/store/index.js";
import { countingStore, decision, segment } from "./support.js";

const clock = new ManualClock(Date.UTC(2026, 5, 1));
async function setUp() {
  const made = countingStore();
  await made.store.append("trace", [segment("w1"), segment("w2")]);
  await made.store.append("decision", [decision("w3", "d1", { workflowType: "other" })]);
  return { ...made, collector: new FeedbackCollector({ store: made.store, clock }) };
}

/** The same store, and how many facts were read from it. */
function countingReads(store: LearningStore) {
  const read = { facts: 0 };
  const counting: LearningStore = {
    ...store,
    async *read(kind, query) {
      for await (const batch of store.read(kind, query)) {
        read.facts += batch.facts.length;
        yield batch;
      }
    },
  };
  return { counting, read };
}

describe("FeedbackCollector", () => {
  it("stores what UserFeedback put together", async () => {
    const { collector, facts } = await setUp();
    const record = await collector.submitFeedback(
      new UserFeedback("w1", "alice")
        .addCatScore(9, { creativity: 9, usefulness: 8 })
        .setRatings({ satisfaction: 0.95 })
        .setRatings({ usefulness: 0.9 })
        .thumbsUp()
        .setComment("good")
        .addTags("a")
        .addTags("b"),
    );
    expect(facts.feedback).toEqual([record]);
    expect(record).toMatchObject({
      schemaVersion: 1,
      workflowId: "w1",
      userId: "alice",
      workflowType: "support",
      source: "human",
      at: "2026-06-01T00:00:00.000Z",
      cat: { score: 9, dimensions: { creativity: 9, usefulness: 8 } },
      ratings: { satisfaction: 0.95, usefulness: 0.9 },
      thumbs: "up",
      comment: "good",
      tags: ["a", "b"],
    });
  });

  it("keeps history and derives the current value", async () => {
    const { collector } = await setUp();
    const first = await collector.submitFeedback(new UserFeedback("w1", "alice").addCatScore(3));
    await collector.submitFeedback(new UserFeedback("w1", "alice").addCatScore(8).revises(first.feedbackId));
    await collector.submitFeedback(new UserFeedback("w1", "alice").thumbsUp());
    const second = await collector.submitFeedback(new UserFeedback("w1", "bob").thumbsDown());
    await collector.submitFeedback(new UserFeedback("w1", "bob").withdraws(second.feedbackId));
    const { current, history } = await collector.getFeedback("w1");
    expect(history).toHaveLength(5);
    expect(current).toHaveLength(1);
    expect(current[0]).toMatchObject({ userId: "alice", cat: { score: 8 }, thumbs: "up" });
  });

  it("counts a repeated key once, also at the same time and after a restart, and refuses other content under it", async () => {
    const { collector, store, facts } = await setUp();
    const say = (score: number) => new UserFeedback("w1", "alice").addCatScore(score).withKey("k");
    const [a, b] = await Promise.all([collector.submitFeedback(say(5)), collector.submitFeedback(say(5))]);
    expect(b).toEqual(a);
    const restarted = new FeedbackCollector({ store, clock });
    expect(await restarted.submitFeedback(say(5))).toEqual(a);
    expect(facts.feedback).toHaveLength(1);
    await expect(restarted.submitFeedback(say(6))).rejects.toThrow(/idempotency key "k" a second time/);
  });

  it("lets a failed write be tried again under its key", async () => {
    let failures = 1;
    const { store, facts } = countingStore(async () => {
      if (failures-- > 0) throw new Error("disk full");
    });
    facts.trace.push(segment("w1"));
    const collector = new FeedbackCollector({ store, clock });
    const feedback = new UserFeedback("w1", "alice").thumbsUp().withKey("k");
    await expect(collector.submitFeedback(feedback)).rejects.toThrow("disk full");
    await collector.submitFeedback(feedback);
    expect(facts.feedback).toHaveLength(1);
  });

  it("knows runs by trace, by decision, by the hook and when they arrive later", async () => {
    const { store } = await setUp();
    const collector = new FeedbackCollector({ store, clock, knows: (id) => id === "running" });
    expect((await collector.submitOutcome("w3", 1)).workflowType).toBe("other");
    await collector.submitOutcome("running", 0);
    await expect(collector.submitOutcome("w9", 1)).rejects.toSatisfy((e) => isLearningError(e, "FEEDBACK_UNKNOWN_RUN"));
    await store.append("trace", [segment("w9")]);
    await collector.submitOutcome("w9", 1, { measuredBy: "tickets", idempotencyKey: "t-1" });
  });

  it("takes thousands at once in few appends and without reading the store for each", async () => {
    const { collector, calls, facts, store } = await setUp();
    await store.append(
      "trace",
      Array.from({ length: 3000 }, (_, i) => segment(`many-${i}`)),
    );
    calls.append = 0;
    await Promise.all(Array.from({ length: 3000 }, (_, i) => collector.submitOutcome(`many-${i}`, 0.5)));
    expect(facts.feedback).toHaveLength(3000);
    expect(calls.append).toBeLessThan(20);
    expect(calls.factsRead).toBeLessThan(2 * 3010);
  });

  it("does not read a long history for the first question, and knows its runs all the same", async () => {
    const store = createMemoryStore();
    for (let n = 0; n < 60; n++)
      await store.append("trace", [segment(`old-${n}`, { startedAt: new Date(clock.now() + n * 1000).toISOString() })]);
    const { counting, read } = countingReads(store);
    const runs = new KnownRuns(counting, 1000, 10);
    expect(await runs.find("old-59")).toMatchObject({ workflowType: "support" });
    expect(read.facts).toBe(10);
    expect(await runs.find("old-0")).toMatchObject({ workflowType: "support" });
    await store.append("trace", [segment("new")]);
    expect(await runs.find("new")).toMatchObject({ workflowType: "support" });
    expect(await runs.find("none")).toBeUndefined();
    expect(read.facts).toBeLessThan(30);
  });

  it("does not read a long history for the first key, and knows what came under its keys all the same", async () => {
    const store = createMemoryStore();
    const keyed = (n: number): FeedbackRecord => ({
      schemaVersion: 1,
      feedbackId: keyedId(`w${n}`, "alice", "once"),
      workflowId: `w${n}`,
      userId: "alice",
      source: "human",
      at: new Date(clock.now() + n * 1000).toISOString(),
      thumbs: "up",
      idempotencyKey: "once",
    });
    for (let n = 0; n < 60; n++) await store.append("feedback", [keyed(n)]);
    const { counting, read } = countingReads(store);
    const submissions = new KeyedSubmissions(counting, 1000, 10);
    const find = (n: number) => submissions.find(keyedId(`w${n}`, "alice", "once"), `w${n}`);
    expect(await (await find(59))?.record).toMatchObject({ workflowId: "w59" });
    expect(read.facts).toBe(10);
    expect(await (await find(0))?.record).toMatchObject({ workflowId: "w0" });
    expect(await find(60)).toBeUndefined();
    await store.append("feedback", [keyed(60)]);
    expect(await (await find(60))?.record).toMatchObject({ workflowId: "w60" });
    expect(read.facts).toBeLessThan(15);
  });

  const base = { workflowId: "w1", userId: "alice" };
  it.each<[string, unknown, RegExp]>([
    ["a score above ten", { ...base, cat: { score: 11 } }, /cat\.score = 11; expected at most 10\. /],
    [
      "a dimension below one",
      { ...base, cat: { score: 5, dimensions: { quality: 0 } } },
      /cat\.dimensions\.quality = 0/,
    ],
    ["a rating above one", { ...base, ratings: { satisfaction: 1.2 } }, /ratings\.satisfaction = 1\.2/],
    ["NaN", { ...base, ratings: { satisfaction: Number.NaN } }, /ratings\.satisfaction = NaN/],
    ["an outcome out of range", { ...base, outcome: -0.1 }, /outcome = -0\.1/],
    ["a text for a number", { ...base, cat: { score: "9" } }, /cat\.score = "9"; expected a value of the type number/],
    ["an unknown field", { ...base, thumbs: "up", stars: 5 }, /stars/],
    ["a mistyped field", { ...base, thums: "up" }, /no key "thums" \(did you mean "thumbs"\?\)/],
    ["a mistyped part", { ...base, cat: { score: 5, dimension: {} } }, /cat = .*expected no key "dimension"\./],
    ["thumbs that are neither", { ...base, thumbs: "sideways" }, /expected one of "up", "down"/],
    ["nothing but an empty comment", { ...base, comment: "" }, /without any judgement/],
    ["nothing but empty lists", { ...base, tags: [], ratings: {} }, /without any judgement/],
    ["an endless thread", { ...base, thumbs: "up", threadId: "x".repeat(5_000_000) }, /at most 256 characters/],
    ["no judgement", base, /without any judgement/],
    ["no run", { userId: "alice", thumbs: "up" }, /workflowId/],
    ["null", null, /null/],
    ["a comparison with itself", { ...base, preference: { over: "w1", verdict: "better" } }, /the judged run itself/],
    ["a time in the future", { ...base, thumbs: "up", at: "2026-06-01T00:06:00.000Z" }, /in the future/],
    ["a time that is none", { ...base, thumbs: "up", at: "yesterday" }, /at = "yesterday".*ISO 8601, like/],
    ["five megabytes of comment", { ...base, comment: "x".repeat(5_000_000) }, /comment = "xxx/],
    ["a revision of nothing", { ...base, thumbs: "up", revises: "f-none" }, /revises = "f-none"/],
  ])("refuses %s and stores nothing", async (_, input, message) => {
    const { collector, facts } = await setUp();
    const failure = await collector.submitFeedback(input as FeedbackInput).catch((e: unknown) => e);
    expect(isLearningError(failure, "FEEDBACK_INVALID")).toBe(true);
    expect((failure as Error).message).toMatch(message);
    expect((failure as Error).message.length).toBeLessThan(600);
    expect(facts.feedback).toEqual([]);
  });

  it("refuses what cannot be at the call that gives it, and counts what was refused at submission", async () => {
    const judgement = () => new UserFeedback("w1", "alice");
    const wrong: [() => unknown, RegExp][] = [
      [() => judgement().addCatScore(11), /FEEDBACK_INVALID.*cat\.score = 11; expected at most 10/],
      [() => judgement().addCatScore(5, { quality: 0 }), /cat\.dimensions\.quality = 0/],
      [() => judgement().setRatings({ satisfaction: 2 }), /ratings\.satisfaction = 2/],
      [() => judgement().setOutcome(Number.NaN), /outcome = NaN/],
      [() => judgement().setComment(7 as never), /comment = 7/],
      [() => judgement().prefer("best" as never, "w2"), /preference\.verdict = "best"/],
      [() => judgement().madeAt(new Date("x")), /at = "Invalid Date"/],
      [() => new UserFeedback("x".repeat(257), "alice"), /workflowId = .*at most 256 characters/],
      [() => new UserFeedback("w1", undefined as never), /userId/],
    ];
    for (const [call, message] of wrong) expect(call).toThrow(message);
    const { collector } = await setUp();
    await collector.submitFeedback(judgement().thumbsUp());
    await expect(collector.submitFeedback({ ...base, cat: { score: 11 } })).rejects.toThrow();
    await expect(collector.submitFeedback({ ...base, workflowId: "w-none", thumbs: "up" })).rejects.toThrow();
    expect(collector.counters()).toEqual({ stored: 1, refused: { FEEDBACK_INVALID: 1, FEEDBACK_UNKNOWN_RUN: 1 } });
  });

  it("believes what is known of a run before what a rater says of it", async () => {
    const { collector } = await setUp();
    const claimed = { threadId: "someone else's", workflowType: "made up" };
    const record = await collector.submitFeedback({ ...base, ...claimed, thumbs: "up" });
    expect(record).toMatchObject({ workflowType: "support" });
  });

  it("takes a judgement made just ahead of its clock as made now", async () => {
    const { collector } = await setUp();
    const record = await collector.submitFeedback({ ...base, thumbs: "up", at: "2026-06-01T00:01:00.000Z" });
    expect(record.at).toBe("2026-06-01T00:00:00.000Z");
  });

  it("reports counts and means of what is current", async () => {
    const { collector } = await setUp();
    await collector.submitFeedback(new UserFeedback("w1", "alice").addCatScore(8, { quality: 6 }).thumbsUp());
    await collector.submitFeedback(new UserFeedback("w2", "bob").addCatScore(4).thumbsDown());
    await collector.submitOutcome("w1", 1);
    const statistics = await collector.getFeedbackStatistics();
    expect(statistics).toMatchObject({
      records: 3,
      runs: 2,
      raters: 3,
      bySource: { human: 2, outcome: 1 },
      thumbs: { up: 1, down: 1 },
      cat: { count: 2, mean: 6 },
      dimensions: { quality: { count: 1, mean: 6 } },
    });
  });
});
