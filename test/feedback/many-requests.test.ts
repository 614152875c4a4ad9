import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/core/index.js";
import { closedRequests, drawnRequests, FeedbackCollector } from "../../src/feedback/index.js";
import { createMemoryStore, type LearningStore, openFileStore } from "../../src/store/index.js";
import { segment } from "./support.js";

const DAY = 86_400_000;
const START = Date.UTC(2026, 5, 1);
const logger = { debug() {}, info() {}, warn() {}, error() {} };

/** The same store, counting how often documents are read and written, and their bytes. */
function counted(store: LearningStore) {
  const cost = { operations: 0, bytes: 0 };
  const count = <T>(value: T): T => {
    cost.operations++;
    cost.bytes += JSON.stringify(value ?? null).length;
    return value;
  };
  const documents = {
    ...store.documents,
    get: async <T>(key: string) => count(await store.documents.get<T>(key)),
    update: async <T>(key: string, change: (current: T | undefined) => T) =>
      count(await store.documents.update<T>(key, change)),
  };
  return { cost, store: { ...store, documents } as LearningStore };
}

async function setUp(options = {}, runs = 2000) {
  const clock = new ManualClock(START);
  const memory = createMemoryStore({ clock });
  await memory.append(
    "trace",
    Array.from({ length: runs }, (_, i) => segment(`w${i}`)),
  );
  const { store, cost } = counted(memory);
  const make = () => new FeedbackCollector({ store, clock, ...options });
  return { clock, store, cost, make };
}

/** Asks without a draw. */
const ask = (collector: FeedbackCollector, workflowId: string, userId: string) =>
  collector.requestFeedback(workflowId, userId);

describe("many feedback requests", () => {
  it.each(["many people", "one person"])("of %s cost a call no more than few do", async (whose) => {
    const { clock, cost, make } = await setUp({ maxPerUserPerDay: Number.POSITIVE_INFINITY });
    const collector = make();
    const user = (i: number) => (whose === "one person" ? "u" : `u${i}`);
    let asked = 0;
    const fill = async (until: number) => {
      for (; asked < until; asked += 100)
        await Promise.all(Array.from({ length: 100 }, (_, j) => ask(collector, `w${asked + j}`, user(asked + j))));
    };
    const costOfSome = async () => {
      const first = asked;
      Object.assign(cost, { operations: 0, bytes: 0 });
      for (; asked < first + 20; asked++) {
        clock.advance(2000);
        await collector.considerRequest({ workflowId: `w${asked}`, userId: user(asked), expectedReward: 0.9 });
        await collector.submitFeedback({ workflowId: `w${asked}`, userId: user(asked), thumbs: "up" });
      }
      asked = first + 100;
      return { ...cost };
    };
    await fill(100);
    const few = await costOfSome();
    await fill(1800);
    await collector.requestFeedback("w1999", user(1999));
    const many = await costOfSome();
    // A split now and then costs something; 1,900 requests in one document would be 15 times as many bytes.
    expect(many.operations).toBeLessThan(2 * few.operations + 100);
    expect(many.bytes).toBeLessThan(4 * few.bytes);
    expect((await collector.pendingRequests()).length).toBeGreaterThan(1600);
  });

  it("keep their limits, their uniqueness and their reminders among processes", async () => {
    const { clock, make } = await setUp({ maxPerUserPerDay: 3 });
    const both = [make(), make()];
    const calls = Array.from({ length: 1200 }, (_, i) => i);
    const asked = await Promise.all(
      calls.flatMap((i) => both.map((c) => c.requestFeedback(`w${Math.floor(i / 2)}`, `u${i % 100}`))),
    );
    const ids = new Set(asked.flatMap((r) => r?.requestId ?? []));
    expect(ids.size).toBe(300);
    const pending = await both[0]!.pendingRequests();
    expect(pending).toHaveLength(300);
    expect(new Set(pending.map((r) => r.requestId))).toEqual(ids);
    clock.advance(2 * DAY);
    const reminded = (await Promise.all(both.map((c) => c.takeDueReminders()))).flat();
    expect(reminded.map((r) => r.requestId).sort()).toEqual([...ids].sort());
  });

  it("are forgotten with a person or a run, which then counts for no limit", async () => {
    const { store, make } = await setUp({ maxPerUserPerDay: 1 });
    const collector = make();
    for (let i = 0; i < 400; i++) await ask(collector, `w${i}`, `u${i}`);
    await collector.forget({ userId: "u7" });
    await collector.forget({ workflowId: "w8" });
    const left = await collector.pendingRequests();
    expect(left).toHaveLength(398);
    const all = await Promise.all((await store.documents.keys()).map((key) => store.documents.get(key)));
    expect(JSON.stringify(all)).not.toMatch(/"u7"|"w8"/);
    expect(await collector.requestFeedback("w9", "u8")).toBeDefined();
    expect(await collector.requestFeedback("w9", "u7")).toBeDefined();
    expect(await collector.requestFeedback("w10", "u9")).toBeUndefined();
  });

  it("are kept while pending; of the closed ones the last 1,000", async () => {
    const { clock, store, make } = await setUp({ maxPerUserPerDay: Number.POSITIVE_INFINITY }, 6000);
    const collector = make();
    for (let day = 0; day < 60; day++) {
      const runs = Array.from({ length: 100 }, (_, i) => `w${100 * day + i}`);
      await Promise.all(runs.map((id) => ask(collector, id, `u${id}`)));
      clock.advance(DAY + 1);
    }
    expect(await collector.pendingRequests()).toHaveLength(600);
    const closed = await closedRequests(store.documents, clock.now());
    const last = Array.from({ length: 1000 }, (_, i) => `w${4400 + i}`);
    expect(closed.map((r) => r.workflowId).sort()).toEqual(last.sort());
    const stored = await Promise.all(
      (await store.documents.keys("feedback-requests")).map((key) => store.documents.get<{ requests: [] }>(key)),
    );
    expect(stored.reduce((n, page) => n + (page?.requests.length ?? 0), 0)).toBeLessThan(3600);
  });

  it("are finished by the next process where one died in the middle of a split", async () => {
    const { store, make } = await setUp();
    const collector = make();
    for (let i = 0; i < 120; i++) await ask(collector, `w${i}`, `u${i}`);
    let fails = false;
    const dying = {
      ...store.documents,
      update: async <T>(key: string, change: (current: T | undefined) => T) => {
        if (fails && key.startsWith("feedback-requests-2")) throw new Error("killed");
        return store.documents.update(key, change);
      },
    };
    const other = new FeedbackCollector({ store: { ...store, documents: dying }, clock: new ManualClock(START) });
    fails = true;
    const last = Array.from({ length: 20 }, (_, i) => ask(other, `w${120 + i}`, `u${120 + i}`));
    expect((await Promise.allSettled(last)).some((r) => r.status === "rejected")).toBe(true);
    const before = (await collector.pendingRequests()).length;
    expect(before).toBeGreaterThan(120);
    const next = make();
    for (let i = 0; i < 140; i++) await ask(next, `w${i}`, `u${i}`);
    const after = await collector.pendingRequests();
    expect(new Set(after.map((r) => r.workflowId)).size).toBe(140);
    expect(after).toHaveLength(140);
  });

  it.each(["memory", "file"])("of an earlier release in one document are served as before (%s)", async (kind) => {
    const folder = await mkdtemp(join(tmpdir(), "requests-"));
    const clock = new ManualClock(START);
    const [traces, feedback, models] = ["t", "f", "m"].map((name) => join(folder, name)) as [string, string, string];
    const store =
      kind === "memory"
        ? createMemoryStore({ clock })
        : await openFileStore({ traces, feedback, models, clock, logger });
    const runs = Array.from({ length: 400 }, (_, i) => segment(`w${i}`));
    await store.append("trace", runs);
    // What the present release makes of them, put together as earlier ones kept it.
    const source = createMemoryStore({ clock });
    await source.append("trace", runs);
    const earlier = new FeedbackCollector({ store: source, clock });
    for (let i = 0; i < 300; i++) await ask(earlier, `w${i}`, `u${i}`);
    const requests = (await earlier.pendingRequests()).map((r) => ({ ...r, probability: 0.5 }));
    await store.documents.put("feedback-requests", { requests });

    expect(await drawnRequests(store.documents, clock.now())).toHaveLength(300);
    const collector = new FeedbackCollector({ store, clock, maxPerUserPerDay: 1 });
    expect(await collector.pendingRequests()).toHaveLength(300);
    expect(await collector.requestFeedback("w301", "u1")).toBeUndefined();
    expect(await collector.requestFeedback("w1", "u1")).toEqual(requests.find((r) => r.workflowId === "w1"));
    const { askedProbability } = await collector.submitFeedback({ workflowId: "w1", userId: "u1", thumbs: "up" });
    expect(askedProbability).toBe(0.5);
    expect(await closedRequests(store.documents, clock.now())).toEqual([{ workflowId: "w1", answered: true }]);
    await collector.forget({ userId: "u2" });
    expect(await collector.pendingRequests()).toHaveLength(298);
    // A process of the earlier release that runs beside may still write there.
    const late = { ...requests[0]!, requestId: "f".repeat(32), workflowId: "w350", userId: "u350" };
    await store.documents.put("feedback-requests", { requests: [late] });
    expect(await collector.pendingRequests("u350")).toHaveLength(1);
    await collector.forget({ userId: "u350" });
    expect(await collector.pendingRequests()).toHaveLength(298);
    await store.close();
    await rm(folder, { recursive: true });
  });
});
