import { appendFile, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { ManualClock } from "../../src/core/index.js";
import { SegmentFolder } from "../../src/store/file/segment-folder.js";
import { type LearningStore, openFileStore } from "../../src/store/index.js";
import { at, decision, sampleFeedback, segment } from "./facts.js";
import { cursors, filled, folders, ids, many, segmentFiles, traces } from "./support/disk.js";

describe("file store: segments on disk", () => {
  it("goes on where an earlier process ended, in the same segment", async () => {
    const clock = new ManualClock(Date.UTC(2026, 0, 1));
    const { where } = await filled({ clock });
    const store = await openFileStore({ ...where, clock });
    await store.append("trace", many(5, 8));
    expect(ids(await traces(store))).toEqual(["w0", "w1", "w2", "w3", "w4", "w5", "w6", "w7"]);
    expect((await segmentFiles(where.traces)).length).toBe(1);
    await store.close();
  });

  it("cuts segments by size and finds everything in all of them", async () => {
    const where = await folders();
    const store = await openFileStore({ ...where, segmentBytes: 2000 });
    for (let n = 0; n < 40; n += 4) await store.append("trace", many(n, n + 4));
    expect((await segmentFiles(where.traces)).length).toBeGreaterThan(4);
    expect(ids(await traces(store))).toEqual(ids(many(0, 40)));
    expect(ids(await traces(store, { latest: true, limit: 7 }))).toEqual(ids(many(33, 40)).reverse());
    expect(ids(await traces(store, { from: at(12_000), to: at(15_000) }))).toEqual(["w12", "w13", "w14"]);
    let cursor: string | undefined;
    const seen: string[] = [];
    for (let round = 0; round < 60; round++)
      for await (const batch of store.read("trace", { after: cursor, limit: 1, workflowType: "odd" })) {
        seen.push(...ids(batch.facts));
        cursor = batch.cursor;
      }
    expect(seen).toEqual(ids(many(0, 40)).filter((_, i) => i % 2));
    await store.close();
  });

  it("opens no segment that holds nothing of the run that is asked for", async () => {
    const where = await folders();
    const store = await openFileStore({ ...where, segmentBytes: 2000 });
    for (let n = 0; n < 40; n += 4) await store.append("trace", many(n, n + 4));
    await traces(store);
    const opened = vi.spyOn(SegmentFolder.prototype, "openForReading");
    expect(ids(await traces(store, { workflowId: "w13" }))).toEqual(["w13"]);
    expect(await traces(store, { workflowId: "none" })).toEqual([]);
    expect(opened).toHaveBeenCalledTimes(1);
    opened.mockRestore();
    await store.close();
  });

  it("lets several writers write side by side and each see the other", async () => {
    const where = await folders();
    const [a, b] = await Promise.all([openFileStore(where), openFileStore(where)]);
    await Promise.all([a.append("trace", many(0, 10)), b.append("trace", many(10, 20))]);
    for (const store of [a, b]) expect(new Set(ids(await traces(store))).size).toBe(20);
    const cursor = (await cursors(a)).at(-1);
    await b.append("trace", [segment(30)]);
    expect(ids(await traces(a, { after: cursor }))).toEqual(["w30"]);
    expect((await segmentFiles(where.traces)).length).toBe(2);
    await a.close();
    await b.close();
  });

  it("follows another writer over the sealing of its segments, by cursor and as a whole", async () => {
    const where = await folders();
    const [theirs, mine] = await Promise.all([openFileStore({ ...where, segmentBytes: 2000 }), openFileStore(where)]);
    const followed: string[] = [];
    let cursor: string | undefined;
    const follow = async () => {
      for await (const batch of mine.read("trace", { after: cursor })) {
        followed.push(...ids(batch.facts));
        cursor = batch.cursor;
      }
    };
    for (let n = 0; n < 60; n += 3) {
      await theirs.append("trace", [segment(n)]);
      await follow();
      // What comes between the last look and the sealing must not be overlooked.
      await theirs.append("trace", many(n + 1, n + 3));
    }
    await follow();
    expect((await segmentFiles(where.traces)).length).toBeGreaterThan(4);
    expect(followed).toEqual(ids(many(0, 60)));
    expect(ids(await traces(mine))).toEqual(ids(many(0, 60)));
    await theirs.close();
    await mine.close();
  });

  it("sees what another writer writes in place of a part that it took back", async () => {
    const where = await folders();
    const [theirs, mine] = await Promise.all([openFileStore(where), openFileStore(where)]);
    await theirs.append("trace", [segment(0)]);
    const file = join(where.traces, (await segmentFiles(where.traces))[0]);
    const { size } = await stat(file);
    // As a disk that fills up in the middle of a batch leaves it, until the writer cuts it back.
    await appendFile(file, "x".repeat(5000));
    expect(ids(await traces(mine))).toEqual(["w0"]);
    await truncate(file, size);
    await theirs.append("trace", many(1, 3));
    expect(ids(await traces(mine))).toEqual(["w0", "w1", "w2"]);
    await theirs.close();
    expect(ids(await traces(mine, { latest: true }))).toEqual(["w2", "w1", "w0"]);
    await mine.close();
  });

  it("sees it too where lines in that part were whole, and had been read", async () => {
    const where = await folders();
    const [theirs, mine] = await Promise.all([openFileStore(where), openFileStore(where)]);
    await theirs.append("trace", [segment(0)]);
    const file = join(where.traces, (await segmentFiles(where.traces))[0]);
    const { size } = await stat(file);
    await appendFile(file, `${JSON.stringify(segment(77, { tags: ["never acknowledged"] }))}\n{"torn`);
    expect(ids(await traces(mine))).toEqual(["w0", "w77"]);
    await truncate(file, size);
    await theirs.append("trace", many(1, 4));
    expect(ids(await traces(mine))).toEqual(["w0", "w1", "w2", "w3"]);
    await theirs.close();
    await mine.close();
  });

  it("retires by size the oldest first, also beside a new segment of which nothing can be read yet", async () => {
    const where = await folders();
    const store = await openFileStore({ ...where, segmentBytes: 2000 });
    for (let n = 0; n < 20; n += 4) await store.append("trace", many(n, n + 4));
    const begun = join(where.traces, `trace-${String(Date.now() + 10_000).padStart(14, "0")}-beginning.jsonl`);
    await writeFile(begun, JSON.stringify(segment(99)).slice(0, 300));
    expect(await store.retain({ maxBytes: 5000 })).toBeGreaterThan(0);
    expect((await readFile(begun)).length).toBe(300);
    await store.close();
  });

  it("does not retire what is appended while it looks for old segments", async () => {
    const where = await folders();
    const clock = new ManualClock(Date.UTC(2026, 0, 1));
    const store = await openFileStore({ ...where, clock });
    await store.append("trace", many(0, 4));
    clock.advance(30 * 86_400_000);
    const young = segment(7, { startedAt: new Date(clock.now()).toISOString() });
    await Promise.all([store.retain({ maxAgeDays: 7 }), store.append("trace", [young])]);
    expect(ids(await traces(store))).toContain("w7");
    await store.close();
  });

  it("retires by age after a time at which the clock was years ahead, over restarts too", async () => {
    const where = await folders();
    const clock = new ManualClock(Date.UTC(2036, 0, 1));
    let store = await openFileStore({ ...where, clock });
    await store.append("trace", [segment(100, { startedAt: new Date(clock.now()).toISOString() })]);
    const back = Date.UTC(2026, 0, 1);
    for (let day = 0; day < 10; day++) {
      clock.advance(back + day * 86_400_000 - clock.now());
      if (day % 3 === 0) {
        await store.close();
        store = await openFileStore({ ...where, clock });
      }
      await store.append("trace", [segment(day, { startedAt: new Date(clock.now()).toISOString() })]);
      await store.retain({ maxAgeDays: 3 });
    }
    const left = ids(await traces(store));
    expect(left.slice(-3)).toEqual(["w7", "w8", "w9"]);
    // What lies beside the fact of the future is as young as that says.
    expect(left.filter((id) => ["w3", "w4", "w5"].includes(id))).toEqual([]);
    await store.close();
  });

  it("retires whole segments by age and size, and begins new ones", async () => {
    const where = await folders();
    const clock = new ManualClock(Date.UTC(2026, 0, 1));
    const store = await openFileStore({ ...where, clock, segmentBytes: 2000 });
    for (let n = 0; n < 20; n += 4) await store.append("trace", many(n, n + 4));
    await store.append("decision", [decision(1)]);
    await store.append("feedback", [sampleFeedback(1)]);
    expect(await store.retain({ maxAgeDays: 1 })).toBe(0);
    const { traces: before } = await store.sizes();
    const removed = await store.retain({ maxBytes: Math.floor(before / 2) });
    expect(removed).toBeGreaterThan(4);
    const left = ids(await traces(store));
    expect(left).toEqual(ids(many(20 - left.length, 20)));
    clock.advance(3 * 86_400_000);
    const others = await count(store);
    expect(await store.retain({ maxAgeDays: 1 })).toBe(left.length + others);
    expect(await traces(store)).toEqual([]);
    await store.append("trace", [segment(50)]);
    expect(ids(await traces(store))).toEqual(["w50"]);
    await store.close();
  });
});

async function count(store: LearningStore): Promise<number> {
  let n = 0;
  for (const kind of ["decision", "feedback"] as const)
    for await (const { facts } of store.read(kind)) n += facts.length;
  return n;
}
