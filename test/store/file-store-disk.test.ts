import { appendFile, chmod, mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { ManualClock, type TraceSegment } from "../../src/core/index.js";
import { type FactQuery, type FileStoreOptions, type LearningStore, openFileStore } from "../../src/store/index.js";
import { at, decision, feedback, segment } from "./facts.js";

async function folders() {
  const root = await mkdtemp(join(tmpdir(), "store-"));
  return { traces: join(root, "t"), feedback: join(root, "f"), models: join(root, "m") };
}

const recorder = () => {
  const warnings: string[] = [];
  const logger = { debug() {}, info() {}, warn: (m: string) => void warnings.push(m), error() {} };
  return { logger, warnings };
};

async function traces(store: LearningStore, query?: FactQuery): Promise<TraceSegment[]> {
  const all: TraceSegment[] = [];
  for await (const { facts } of store.read("trace", query)) all.push(...facts);
  return all;
}

const ids = (facts: { workflowId: string }[]) => facts.map((f) => f.workflowId);
const many = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => segment(from + i));
const segmentFiles = async (folder: string, kind = "trace") =>
  (await readdir(folder)).filter((f) => f.startsWith(`${kind}-`) && f.endsWith(".jsonl")).sort();

/** A store with some traces in it, closed; and where they lie. */
async function filled(options: Partial<FileStoreOptions> = {}) {
  const where = await folders();
  const store = await openFileStore({ ...where, ...options });
  await store.append("trace", many(0, 5));
  await store.close();
  const [name] = await segmentFiles(where.traces);
  return {
    where,
    file: join(where.traces, name as string),
    index: join(where.traces, (name as string).replace("jsonl", "index")),
  };
}

describe("file store on disk", () => {
  it("goes on where an earlier process ended, in the same segment", async () => {
    const clock = new ManualClock(Date.UTC(2026, 0, 1));
    const { where } = await filled({ clock });
    const store = await openFileStore({ ...where, clock });
    await store.append("trace", many(5, 8));
    expect(ids(await traces(store))).toEqual(["w0", "w1", "w2", "w3", "w4", "w5", "w6", "w7"]);
    expect((await segmentFiles(where.traces)).length).toBe(1);
    await store.close();
  });

  it.each([
    ["without its end", '{"schemaVersion":1,"workflowId":"to'],
    ["that is not JSON", "}}}}\n"],
    ["of another shape", '{"hello":"world"}\n'],
  ])("skips a last line %s, with a warning, and appends behind it", async (_, tail) => {
    const { where, file } = await filled();
    await appendFile(file, tail);
    const { logger, warnings } = recorder();
    const store = await openFileStore({ ...where, logger });
    expect(ids(await traces(store))).toEqual(["w0", "w1", "w2", "w3", "w4"]);
    expect(warnings).toEqual(["a segment holds lines that cannot be read; they are skipped"]);
    await store.append("trace", [segment(9)]);
    expect(ids(await traces(store))).toEqual(["w0", "w1", "w2", "w3", "w4", "w9"]);
    await store.close();
    expect((await readFile(file, "utf8")).startsWith(`${JSON.stringify(segment(0))}\n`)).toBe(true);
    const again = await openFileStore(where);
    expect(ids(await traces(again))).toEqual(["w0", "w1", "w2", "w3", "w4", "w9"]);
    await again.close();
  });

  it("makes a missing, damaged or stale index anew", async () => {
    for (const spoil of [
      (i: string) => rm(i),
      (i: string) => writeFile(i, "nonsense"),
      async (i: string) => {
        const bytes = await readFile(i);
        bytes[60] = (bytes[60] as number) ^ 255;
        await writeFile(i, bytes);
      },
      (i: string) => truncate(i, 80),
    ]) {
      const { where, index } = await filled();
      await spoil(index);
      const store = await openFileStore(where);
      expect(ids(await traces(store, { workflowType: "odd" }))).toEqual(["w1", "w3"]);
      await store.close();
    }
  });

  it("reads a file that was edited by hand: changed, damaged, shortened and grown lines", async () => {
    const { where, file } = await filled();
    const lines = (await readFile(file, "utf8")).split("\n");
    lines[1] = JSON.stringify(segment(100, { tags: ["a longer line than before"] }));
    lines[2] = "broken";
    lines.splice(4, 1);
    await writeFile(file, lines.join("\n"));
    const store = await openFileStore(where);
    expect(ids(await traces(store))).toEqual(["w0", "w100", "w3"]);
    expect(ids(await traces(store, { workflowId: "w100" }))).toEqual(["w100"]);
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

  it("lets several writers write side by side and each see the other", async () => {
    const where = await folders();
    const [a, b] = await Promise.all([openFileStore(where), openFileStore(where)]);
    await Promise.all([a.append("trace", many(0, 10)), b.append("trace", many(10, 20))]);
    for (const store of [a, b]) expect(new Set(ids(await traces(store))).size).toBe(20);
    const { cursor } = await last(a);
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

  it("retires whole segments by age and size, and begins new ones", async () => {
    const where = await folders();
    const clock = new ManualClock(Date.UTC(2026, 0, 1));
    const store = await openFileStore({ ...where, clock, segmentBytes: 2000 });
    for (let n = 0; n < 20; n += 4) await store.append("trace", many(n, n + 4));
    await store.append("decision", [decision(1)]);
    await store.append("feedback", [feedback(1)]);
    expect(await store.retain({ maxAgeDays: 1 })).toBe(0);
    const { traces: before } = await store.sizes();
    const removed = await store.retain({ maxBytes: Math.floor(before / 2) });
    expect(removed).toBeGreaterThan(4);
    const left = ids(await traces(store));
    expect(left).toEqual(ids(many(20 - left.length, 20)));
    clock.advance(3 * 86_400_000);
    expect(await store.retain({ maxAgeDays: 1 })).toBe(left.length + (await count(store)));
    expect(await traces(store)).toEqual([]);
    await store.append("trace", [segment(50)]);
    expect(ids(await traces(store))).toEqual(["w50"]);
    await store.close();
  });

  it("erases from other writers' segments, and leaves no trace of the person in files or indexes", async () => {
    const where = await folders();
    const [mine, theirs] = await Promise.all([openFileStore(where), openFileStore(where)]);
    await mine.append("trace", [segment(1, { userId: "ann-secret" }), segment(2)]);
    await theirs.append("trace", [segment(3, { userId: "ann-secret" }), segment(4)]);
    expect((await mine.erase({ userId: "ann-secret" })).trace).toBe(2);
    expect(ids(await traces(theirs)).sort()).toEqual(["w2", "w4"]);
    await theirs.append("trace", [segment(5)]);
    await mine.close();
    await theirs.close();
    for (const file of await readdir(where.traces))
      expect(await readFile(join(where.traces, file), "utf8")).not.toContain("ann-secret");
    const again = await openFileStore(where);
    expect(ids(await traces(again)).sort()).toEqual(["w2", "w4", "w5"]);
    expect(await traces(again, { userId: "ann-secret" })).toEqual([]);
    await again.close();
  });

  it("keeps no version before of documents, once something was erased or deleted", async () => {
    const where = await folders();
    const store = await openFileStore(where);
    const kept = async () => {
      const files = await readdir(join(where.models, "documents"));
      return Promise.all(files.map((name) => readFile(join(where.models, "documents", name), "utf8")));
    };
    await store.documents.put("requests", { asked: ["ann-secret"] });
    await store.documents.put("requests", { asked: [] });
    expect((await kept()).join()).toContain("ann-secret");
    await store.erase({ userId: "ann-secret" });
    expect((await kept()).join()).not.toContain("ann-secret");
    await store.documents.put("cache/two", { v: 1 });
    await store.documents.put("cache/two", { v: 2 });
    await writeFile(join(where.models, "documents", "cache.json"), "damaged by hand");
    await store.erase({ userId: "ann-secret" });
    expect(await store.documents.get("cache/two")).toEqual({ v: 1 });
    await store.documents.put("cache/one", { of: "ann-secret" });
    await store.documents.delete("cache/one");
    expect((await kept()).join()).not.toContain("ann-secret");
    await store.close();
  });

  it("erases while another process retires the same segments, and leaves nothing beside those that left", async () => {
    const where = await folders();
    const [mine, theirs] = await Promise.all([
      openFileStore({ ...where, segmentBytes: 1024 }),
      openFileStore({ ...where, segmentBytes: 1024 }),
    ]);
    for (let n = 0; n < 40; n++)
      await mine.append(
        "trace",
        many(4 * n, 4 * n + 4).map((s) => ({ ...s, userId: "ann" })),
      );
    await Promise.all([mine.erase({ userId: "ann" }), theirs.retain({ maxBytes: 0 })]);
    expect(await traces(mine)).toEqual([]);
    await writeFile(join(where.traces, "trace-00000000000001-00000000.index"), "written a moment too late");
    await theirs.retain({ maxBytes: 0 });
    expect(await readdir(where.traces)).toEqual([]);
    await mine.close();
    await theirs.close();
  });

  it("finishes an erasure that a process did not live to finish", async () => {
    const { where } = await filled();
    for (const n of [3, 4])
      await writeFile(join(where.traces, `erasure-${n}.pending`), JSON.stringify({ workflowId: `w${n}` }));
    const store = await openFileStore(where);
    expect(ids(await traces(store))).toEqual(["w0", "w1", "w2"]);
    expect((await readdir(where.traces)).filter((name) => name.includes("pending"))).toEqual([]);
    await store.close();
  });

  it("says what is wrong with a folder it cannot use", async () => {
    const where = await folders();
    await writeFile(`${where.traces}-file`, "");
    await expect(openFileStore({ ...where, traces: `${where.traces}-file` })).rejects.toMatchObject({
      code: "STORE_IO",
    });
    await expect(openFileStore({ ...where, segmentBytes: 5 })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    if (process.getuid?.() === 0) return; // root may write anywhere
    const store = await openFileStore(where);
    await store.close();
    await chmod(where.traces, 0o500);
    await expect(openFileStore(where)).rejects.toThrow(/write permission/);
  });

  it("survives documents that were damaged by hand, from the version before", async () => {
    const where = await folders();
    const { logger, warnings } = recorder();
    const store = await openFileStore({ ...where, logger });
    await store.documents.put("registry/index", { v: 1 });
    await store.documents.put("registry/index", { v: 2 });
    const file = join(where.models, "documents", "registry.json");
    await writeFile(file, '{"registry/index": {"v":');
    expect(await store.documents.get("registry/index")).toEqual({ v: 1 });
    expect(warnings.length).toBe(1);
    await store.documents.put("registry/other", 3);
    expect(await store.documents.get("registry/index")).toEqual({ v: 1 });
    expect((await readdir(join(where.models, "documents"))).some((f) => f.includes("damaged"))).toBe(true);
    await writeFile(join(where.models, "documents", "lonely.json"), "[]");
    await expect(store.documents.get("lonely/x")).rejects.toMatchObject({ code: "STORE_CORRUPT" });
    await store.close();
  });

  it("takes over the lock of a process that died, and gives up on one that lives", async () => {
    const where = await folders();
    const store = await openFileStore(where);
    const lock = join(where.models, "documents", "a.json.lock");
    await writeFile(lock, "999999-0-deadbeef");
    await store.documents.put("a/x", 1);
    expect(await store.documents.get("a/x")).toBe(1);
    await store.close();
  });

  it("acknowledges nothing that a full disk did not take, keeps nothing of it, and goes on when there is room", async () => {
    const where = await folders();
    const store = await openFileStore(where);
    await store.append("trace", many(0, 2));
    const probe = await open(join(where.models, "probe"), "w");
    const prototype = Object.getPrototypeOf(probe) as typeof probe;
    await probe.close();
    const write = prototype.write;
    // The disk takes half of what it is given, and then nothing.
    const full = vi.spyOn(prototype, "write").mockImplementation(async function (this: typeof probe, data: unknown) {
      const bytes = data as Buffer;
      await (write as (...args: unknown[]) => Promise<unknown>).call(
        this,
        bytes,
        0,
        Math.floor(bytes.length / 2),
        null,
      );
      throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
    } as never);
    await expect(store.append("trace", many(2, 4))).rejects.toThrow(/ENOSPC.*free space/s);
    const stuck = vi.spyOn(prototype, "truncate").mockRejectedValue(new Error("not now"));
    await expect(store.append("trace", many(2, 4))).rejects.toMatchObject({ code: "STORE_IO" });
    full.mockRestore();
    stuck.mockRestore();
    expect(ids(await traces(store))).toEqual(["w0", "w1"]);
    await store.append("trace", many(4, 6));
    expect(ids(await traces(store)).slice(-2)).toEqual(["w4", "w5"]);
    await store.close();
    const again = await openFileStore(where);
    const found = ids(await traces(again));
    expect(new Set(found).size).toBe(found.length);
    expect(found).toEqual(expect.arrayContaining(["w0", "w1", "w4", "w5"]));
    await again.close();
  });

  it("acknowledges what is on disk where the segment cannot be closed, so that nobody appends it again", async () => {
    const where = await folders();
    const [store, theirs] = await Promise.all([
      openFileStore({ ...where, segmentBytes: 1024 }),
      openFileStore({ ...where, segmentBytes: 1024 }),
    ]);
    await store.append("trace", [segment(0, { userId: "ann" }), segment(1)]);
    // From now on the segment's index must be made anew when it is closed, and that fails.
    await theirs.erase({ userId: "ann" });
    const probe = await open(join(where.models, "probe"), "w");
    const read = vi.spyOn(Object.getPrototypeOf(probe) as typeof probe, "read");
    read.mockRejectedValueOnce(new Error("EIO"));
    await store.append("trace", many(2, 8));
    expect(read).toHaveBeenCalled();
    read.mockRestore();
    await store.append("trace", many(8, 10));
    expect(ids(await traces(store))).toEqual(ids(many(1, 10)));
    await probe.close();
    await theirs.close();
    await store.close();
  });
});

async function last(store: LearningStore): Promise<{ cursor: string | undefined }> {
  let cursor: string | undefined;
  for await (const batch of store.read("trace")) cursor = batch.cursor;
  return { cursor };
}

async function count(store: LearningStore): Promise<number> {
  let n = 0;
  for (const kind of ["decision", "feedback"] as const)
    for await (const { facts } of store.read(kind)) n += facts.length;
  return n;
}
