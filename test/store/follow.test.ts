import { describe, expect, it } from "vitest";
import { Follower } from "../../src/store/follow.js";
import { createMemoryStore, type LearningStore } from "../../src/store/index.js";
import { decision, segment } from "./facts.js";

const idsOf = async (news: AsyncIterable<{ workflowId: string }[]>) => {
  const ids: string[] = [];
  for await (const facts of news) ids.push(...facts.map((f) => f.workflowId));
  return ids;
};

describe("a follower of a store", () => {
  it("gives each fact once, in order", async () => {
    const store = createMemoryStore();
    const follower = new Follower(store, { batchSize: () => 2 });
    expect(follower.hasBegun()).toBe(false);
    await store.append(
      "trace",
      [1, 2, 3, 4, 5].map((n) => segment(n)),
    );
    expect(await idsOf(follower.news("trace"))).toEqual(["w1", "w2", "w3", "w4", "w5"]);
    await store.append("trace", [segment(6)]);
    await store.append("decision", [decision(7)]);
    expect(await idsOf(follower.news("trace"))).toEqual(["w6"]);
    expect([follower.hasBegun("trace"), follower.hasBegun("decision")]).toEqual([true, false]);
    expect(await idsOf(follower.news("decision"))).toEqual(["w7"]);
  });

  it("gives a batch again that was not taken in", async () => {
    const store = createMemoryStore();
    await store.append(
      "trace",
      [1, 2, 3].map((n) => segment(n)),
    );
    const moves: string[] = [];
    const follower = new Follower<"trace">(store, {
      batchSize: () => 1,
      onMove: async (kind, cursor) => void moves.push(`${kind} ${cursor}`),
    });
    const failing = async () => {
      for await (const [fact] of follower.news("trace")) if (fact?.workflowId === "w2") throw new Error("not this one");
    };
    await expect(failing()).rejects.toThrow("not this one");
    expect(moves).toHaveLength(1);
    expect(await idsOf(follower.news("trace"))).toEqual(["w2", "w3"]);
    // The same cursors, in another process.
    const [, cursor = ""] = moves[0]?.split(" ") ?? [];
    expect(await idsOf(new Follower(store, { cursors: { trace: cursor } }).news("trace"))).toEqual(["w2", "w3"]);
  });

  it("keeps its place until the whole is taken", async () => {
    const store = createMemoryStore();
    await store.append("trace", [segment(1)]);
    await store.append("decision", [decision(2)]);
    const follower = new Follower<"trace" | "decision">(store);
    const kinds = ["trace", "decision"] as const;
    await follower.allNews(kinds);
    const news = await follower.allNews(kinds);
    expect([news.facts.trace.length, news.facts.decision.length]).toEqual([1, 1]);
    news.taken();
    expect((await follower.allNews(kinds)).facts).toEqual({ trace: [], decision: [] });
  });

  it("begins where it is told: at a time, among some, or with the newest", async () => {
    const store = createMemoryStore();
    const at = (n: number) => decision(n, { decisionPoint: n % 2 ? "odd" : "even", at: `2026-01-0${n}T00:00:00.000Z` });
    await store.append("decision", [1, 2, 3, 4].map(at));
    const odd = new Follower(store, { where: { decisionPoint: "odd" }, from: "2026-01-02T00:00:00.000Z" });
    expect(await idsOf(odd.news("decision"))).toEqual(["w3"]);
    // The time is the first reading's alone: what is appended late is still news.
    await store.append("decision", [decision(9, { decisionPoint: "odd", at: "2026-01-01T00:00:00.000Z" })]);
    expect(await idsOf(odd.news("decision"))).toEqual(["w9"]);
    const newest = new Follower<"decision">(store);
    for await (const { facts, cursor } of newest.newest("decision", 1)) {
      expect(facts.map((f) => f.workflowId)).toEqual(["w4"]);
      newest.goOnFrom([["decision", cursor]]);
    }
    expect(await idsOf(newest.news("decision"))).toEqual([]);
  });

  it("shares one reading among all who ask, and begins no other for what it found", async () => {
    const { store, letGo, reads } = slow();
    const follower = new Follower<"trace">(store);
    const known = new Set<string>();
    const read = async () => {
      for await (const facts of follower.news("trace")) for (const f of facts) known.add(f.workflowId);
    };
    const find = (id: string) => follower.refresh(read, () => known.has(id)).then(() => known.has(id));
    await store.append("trace", [segment(1)]);
    const first = find("w1");
    const others = [find("w1"), find("w2"), find("w3")];
    letGo();
    expect(await Promise.all([first, ...others])).toEqual([true, true, false, false]);
    expect(reads()).toBe(2);
  });

  it("forgets when no reading is under way", async () => {
    const { store, letGo } = slow();
    await store.append("trace", [segment(1)]);
    const follower = new Follower<"trace">(store);
    const known: string[] = [];
    const read = async () => {
      for await (const facts of follower.news("trace")) known.push(...facts.map((f) => f.workflowId));
    };
    const reading = follower.refresh(read, () => false);
    const forgotten = follower.forget(() => known.splice(0));
    letGo();
    await Promise.all([reading, forgotten]);
    expect([known, follower.hasBegun()]).toEqual([[], false]);
    await follower.refresh(read, () => false);
    expect(known).toEqual(["w1"]);
  });
});

/** A store whose first reading waits until it is let go. */
function slow() {
  const inner = createMemoryStore();
  let letGo = () => {};
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  let reads = 0;
  const store: LearningStore = {
    ...inner,
    read: async function* (kind, query) {
      if (reads++ === 0) await gate;
      yield* inner.read(kind, query);
    },
  };
  return { store, letGo: () => letGo(), reads: () => reads };
}
