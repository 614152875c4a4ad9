import { afterEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../src/core/index.js";
import type { FactKind, FactQuery, FactTypes, LearningStore } from "../../src/store/index.js";
import { at, decision, feedback, segment } from "./facts.js";

/** What every LearningStore must do. `open` makes an empty store. */
export function storeContract(name: string, open: (clock: ManualClock) => Promise<LearningStore>): void {
  const stores: LearningStore[] = [];
  const make = async (clock = new ManualClock()) => {
    const store = await open(clock);
    stores.push(store);
    return store;
  };
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((s) => s.close().catch(() => {})));
  });
  const all = async <K extends FactKind>(store: LearningStore, kind: K, query?: FactQuery) => {
    const facts: FactTypes[K][] = [];
    let cursor = "";
    for await (const batch of store.read(kind, query)) {
      facts.push(...batch.facts);
      cursor = batch.cursor;
    }
    return { facts, cursor };
  };
  const ids = (facts: { workflowId: string }[]) => facts.map((f) => f.workflowId);
  const five = [1, 2, 3, 4, 5];

  describe(`${name}: facts`, () => {
    it("come back as they went in, in order, each kind by itself", async () => {
      const store = await make();
      await store.append("trace", [segment(1, { tags: ["ä", "\n", "\u2028"] }), segment(2)]);
      await store.append("decision", [decision(7)]);
      await store.append("trace", [segment(3)]);
      await store.append("feedback", []);
      expect((await all(store, "trace")).facts).toEqual([
        segment(1, { tags: ["ä", "\n", "\u2028"] }),
        segment(2),
        segment(3),
      ]);
      expect((await all(store, "decision")).facts).toEqual([decision(7)]);
      expect((await all(store, "feedback")).facts).toEqual([]);
    });

    it("are copies", async () => {
      const store = await make();
      const mine = segment(1);
      await store.append("trace", [mine]);
      mine.workflowId = "changed";
      const { facts } = await all(store, "trace");
      expect(ids(facts)).toEqual(["w1"]);
      (facts[0] as { workflowId: string }).workflowId = "changed";
      expect(ids((await all(store, "trace")).facts)).toEqual(["w1"]);
    });

    it("are read in batches, and from a cursor on", async () => {
      const store = await make();
      await store.append(
        "trace",
        five.map((n) => segment(n)),
      );
      const sizes: number[] = [];
      const cursors: string[] = [];
      for await (const batch of store.read("trace", { batchSize: 2 })) {
        sizes.push(batch.facts.length);
        cursors.push(batch.cursor);
      }
      expect(sizes).toEqual([2, 2, 1]);
      expect(ids((await all(store, "trace", { after: cursors[0] })).facts)).toEqual(["w3", "w4", "w5"]);
      expect((await all(store, "trace", { after: cursors[2] })).facts).toEqual([]);
      await store.append("trace", [segment(6)]);
      expect(ids((await all(store, "trace", { after: cursors[2] })).facts)).toEqual(["w6"]);
      const limited = await all(store, "trace", { after: cursors[0], limit: 1 });
      expect(ids(limited.facts)).toEqual(["w3"]);
      expect(ids((await all(store, "trace", { after: limited.cursor })).facts)).toEqual(["w4", "w5", "w6"]);
    });

    it("are found by type, status, run, thread, person, decision point and time", async () => {
      const store = await make();
      await store.append("trace", [
        segment(1, { threadId: "t1", status: "error" }),
        segment(2, { threadId: "t1", userId: "ann" }),
        segment(3, { threadId: "t2", userId: "ann" }),
        segment(4),
      ]);
      await store.append("decision", [decision(1), decision(2, { decisionPoint: "other" })]);
      await store.append("feedback", [feedback(1), feedback(2)]);
      const found = async (kind: FactKind, query: FactQuery) => ids((await all(store, kind, query)).facts);
      expect(await found("trace", { workflowType: "even" })).toEqual(["w2", "w4"]);
      expect(await found("trace", { status: "error" })).toEqual(["w1"]);
      expect(await found("trace", { workflowId: "w3" })).toEqual(["w3"]);
      expect(await found("trace", { threadId: "t1" })).toEqual(["w1", "w2"]);
      expect(await found("trace", { userId: "ann", threadId: "t2" })).toEqual(["w3"]);
      expect(await found("trace", { from: at(2000), to: at(4000) })).toEqual(["w2", "w3"]);
      expect(await found("decision", { decisionPoint: "other" })).toEqual(["w2"]);
      expect(await found("feedback", { userId: "u1" })).toEqual(["w1"]);
      expect(await found("decision", { userId: "ann" })).toEqual([]);
    });

    it("are read newest first", async () => {
      const store = await make();
      await store.append(
        "trace",
        [1, 3, 5, 2, 4].map((n) => segment(n)),
      );
      const latest = await all(store, "trace", { latest: true, limit: 3 });
      expect(ids(latest.facts)).toEqual(["w5", "w4", "w3"]);
      expect(ids((await all(store, "trace", { latest: true, workflowType: "odd", limit: 2 })).facts)).toEqual([
        "w5",
        "w3",
      ]);
      expect(ids((await all(store, "trace", { latest: true, batchSize: 2 })).facts)).toEqual([
        "w5",
        "w4",
        "w3",
        "w2",
        "w1",
      ]);
      await store.append("trace", [segment(9)]);
      expect(ids((await all(store, "trace", { after: latest.cursor })).facts)).toContain("w9");
    });

    it("are read newest first in batches of the size asked for, and followed by what comes later", async () => {
      const store = await make();
      // Over many segments, where the store has such: among them the times do not rise.
      const filler = { x: "y".repeat(600) };
      const times = [3, 1, 3, 2, 3, 1, 2, 2, 3, 1];
      for (const [n, time] of times.entries())
        await store.append("trace", [segment(n, { startedAt: at(time), metadata: filler })]);
      const batches: string[][] = [];
      let cursor: string | undefined;
      for await (const batch of store.read("trace", { latest: true, batchSize: 3 })) {
        batches.push(ids(batch.facts));
        cursor ??= batch.cursor;
      }
      expect(batches).toEqual([["w8", "w4", "w2"], ["w0", "w7", "w6"], ["w3", "w9", "w5"], ["w1"]]);
      expect(ids((await all(store, "trace", { latest: true, limit: 1, to: at(3) })).facts)).toEqual(["w7"]);
      await store.append("trace", [segment(20)]);
      expect(ids((await all(store, "trace", { after: cursor })).facts)).toEqual(["w20"]);
    });

    it.each<[string, FactQuery]>([
      ["after together with latest", { after: "x", latest: true }],
      ["a time that is none", { from: "yesterday" }],
      ["a negative limit", { limit: -1 }],
      ["an empty batch", { batchSize: 0 }],
      ["a foreign cursor", { after: "nonsense!" }],
    ])("refuse %s", async (_, query) => {
      const store = await make();
      await store.append("trace", [segment(1)]);
      await expect(all(store, "trace", query)).rejects.toMatchObject({ code: "STORE_QUERY" });
    });

    it("may be appended from many sides at once", async () => {
      const store = await make();
      await Promise.all(Array.from({ length: 40 }, (_, n) => store.append("trace", [segment(n), segment(n + 1000)])));
      const { facts } = await all(store, "trace");
      expect(new Set(ids(facts)).size).toBe(80);
      for (let n = 0; n < 40; n++) expect(ids(facts).indexOf(`w${n}`)).toBeLessThan(ids(facts).indexOf(`w${n + 1000}`));
    });
  });

  describe(`${name}: documents`, () => {
    it("are put, read, changed, listed and deleted", async () => {
      const { documents } = await make();
      expect(await documents.get("a/x")).toBeUndefined();
      await documents.put("a/x", { n: 1 });
      await documents.put("a/y", [1, null]);
      await documents.put("b", "text");
      expect(await documents.get("a/x")).toEqual({ n: 1 });
      expect(await documents.update<{ n: number }>("a/x", (d) => ({ n: (d?.n ?? 0) + 1 }))).toEqual({ n: 2 });
      expect(await documents.update<number>("fresh", (d) => (d ?? 41) + 1)).toBe(42);
      expect(await documents.keys()).toEqual(["a/x", "a/y", "b", "fresh"]);
      expect(await documents.keys("a/")).toEqual(["a/x", "a/y"]);
      await documents.delete("a/x");
      await documents.delete("never");
      expect(await documents.get("a/x")).toBeUndefined();
    });

    it("are copied in and out", async () => {
      const { documents } = await make();
      const mine = { n: 1 };
      await documents.put("a", mine);
      mine.n = 2;
      const theirs = (await documents.get<{ n: number }>("a")) as { n: number };
      expect(theirs).toEqual({ n: 1 });
      theirs.n = 3;
      expect(await documents.get("a")).toEqual({ n: 1 });
    });

    it("lose no update when many come at once", async () => {
      const { documents } = await make();
      await Promise.all(Array.from({ length: 30 }, () => documents.update<number>("count", (n) => (n ?? 0) + 1)));
      expect(await documents.get("count")).toBe(30);
    });

    it("keep the old value when a change throws", async () => {
      const { documents } = await make();
      await documents.put("a", 1);
      const failing = documents.update("a", () => {
        throw new Error("no");
      });
      await expect(failing).rejects.toThrow("no");
      expect(await documents.get("a")).toBe(1);
      expect(await documents.update<number>("a", (n) => (n ?? 0) + 1)).toBe(2);
    });

    it("refuse what JSON cannot hold", async () => {
      const { documents } = await make();
      await expect(documents.put("a", undefined)).rejects.toMatchObject({ code: "STORE_IO" });
    });
  });

  describe(`${name}: blobs`, () => {
    it("are written once under a name", async () => {
      const { blobs } = await make();
      expect(await blobs.read("policy/x@v1")).toBeUndefined();
      await blobs.write("policy/x@v1", "weights ä");
      await blobs.write("policy/x@v1", "weights ä");
      await expect(blobs.write("policy/x@v1", "other")).rejects.toMatchObject({ code: "ARTIFACT_INVALID" });
      expect(await blobs.read("policy/x@v1")).toBe("weights ä");
      await blobs.delete("policy/x@v1");
      await blobs.delete("never");
      expect(await blobs.read("policy/x@v1")).toBeUndefined();
    });
  });

  describe(`${name}: upkeep`, () => {
    it("tells sizes", async () => {
      const store = await make();
      expect(await store.sizes()).toEqual({ traces: 0, feedback: 0, models: 0 });
      await store.append("trace", [segment(1)]);
      const traces = (await store.sizes()).traces;
      await store.append("decision", [decision(1)]);
      await store.append("feedback", [feedback(1)]);
      await store.blobs.write("x", "0123456789");
      const sizes = await store.sizes();
      expect(traces).toBeGreaterThan(200);
      expect(sizes.traces).toBeGreaterThan(traces);
      expect(sizes.feedback).toBeGreaterThan(50);
      expect(sizes.models).toBeGreaterThanOrEqual(10);
    });

    it("erases a person, with the runs that were theirs", async () => {
      const store = await make();
      await store.append("trace", [segment(1, { userId: "ann" }), segment(2, { userId: "bob" })]);
      await store.append("decision", [decision(1), decision(2)]);
      await store.append("feedback", [feedback(1, { userId: "bob" }), feedback(2, { userId: "ann" }), feedback(3)]);
      expect(await store.erase({ userId: "ann" })).toEqual({ trace: 1, decision: 1, feedback: 2 });
      expect(ids((await all(store, "trace")).facts)).toEqual(["w2"]);
      expect(ids((await all(store, "decision")).facts)).toEqual(["w2"]);
      expect(ids((await all(store, "feedback")).facts)).toEqual(["w3"]);
      expect((await all(store, "trace", { userId: "ann" })).facts).toEqual([]);
      expect(await store.erase({ userId: "ann" })).toEqual({ trace: 0, decision: 0, feedback: 0 });
    });

    it("erases nothing where it is not said whose data, and several at once where it is", async () => {
      const store = await make();
      await store.append(
        "trace",
        [1, 2, 3].map((n) => segment(n, { userId: `u${n}` })),
      );
      const wrong = [
        {},
        { userId: undefined },
        { userId: "" },
        { user: "u1" },
        { userId: "u1", threadId: "t" },
        undefined,
      ];
      for (const selector of wrong)
        await expect(store.erase(selector as never)).rejects.toMatchObject({ code: "STORE_QUERY" });
      expect((await all(store, "trace")).facts.length).toBe(3);
      const erased = await Promise.all([store.erase({ userId: "u1" }), store.erase({ workflowId: "w2" })]);
      expect(erased.map((counts) => counts.trace)).toEqual([1, 1]);
      expect(ids((await all(store, "trace")).facts)).toEqual(["w3"]);
    });

    it("erases a thread and a run, and cursors stay good", async () => {
      const store = await make();
      await store.append("trace", [segment(1, { threadId: "t" }), segment(2), segment(3)]);
      const { cursor } = await all(store, "trace", { limit: 2 });
      await store.append("decision", [decision(4, { threadId: "t" }), decision(5)]);
      expect(await store.erase({ threadId: "t" })).toEqual({ trace: 1, decision: 1, feedback: 0 });
      expect(await store.erase({ workflowId: "w2" })).toEqual({ trace: 1, decision: 0, feedback: 0 });
      expect(ids((await all(store, "trace", { after: cursor })).facts)).toEqual(["w3"]);
      await store.append("trace", [segment(6)]);
      expect(ids((await all(store, "trace")).facts)).toEqual(["w3", "w6"]);
      expect(ids((await all(store, "decision")).facts)).toEqual(["w5"]);
    });

    it("is closed for good", async () => {
      const store = await make();
      await store.append("trace", [segment(1)]);
      await store.close();
      await store.close();
      const closed = { code: "STORE_CLOSED" };
      await expect(store.append("trace", [segment(2)])).rejects.toMatchObject(closed);
      await expect(all(store, "trace")).rejects.toMatchObject(closed);
      await expect(store.documents.get("a")).rejects.toMatchObject(closed);
      await expect(store.documents.update("a", () => 1)).rejects.toMatchObject(closed);
      await expect(store.blobs.read("a")).rejects.toMatchObject(closed);
      await expect(store.sizes()).rejects.toMatchObject(closed);
      await expect(store.retain({})).rejects.toMatchObject(closed);
      await expect(store.erase({ userId: "u" })).rejects.toMatchObject(closed);
    });
  });
}
