import { appendFile, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openFileStore } from "../../src/store/index.js";
import { at, segment } from "./facts.js";
import { DEAD, filled, folders, ids, many, recorder, traces } from "./support/disk.js";

describe("file store: erasing on disk", () => {
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

  it("opens and erases where a note of an erasure is no file", async () => {
    const where = await folders();
    await mkdir(join(where.traces, `erasure-${DEAD}.pending`), { recursive: true });
    const loop = join(where.traces, `erasure-${DEAD.replace("d", "e")}.pending`);
    await symlink(loop, loop);
    const store = await openFileStore({ ...where, logger: recorder().logger });
    await store.append("trace", [segment(1, { userId: "ann" }), segment(2)]);
    expect((await store.erase({ userId: "ann" })).trace).toBe(1);
    expect(ids(await traces(store))).toEqual(["w2"]);
    await store.close();
  });

  it("erases from its own segment after another process has erased there", async () => {
    const where = await folders();
    const [mine, theirs] = await Promise.all([openFileStore(where), openFileStore(where)]);
    await mine.append("trace", [segment(0, { userId: "ann" }), segment(1, { userId: "bob" }), segment(2)]);
    expect((await theirs.erase({ userId: "ann" })).trace).toBe(1);
    expect((await mine.erase({ userId: "bob" })).trace).toBe(1);
    expect(ids(await traces(mine))).toEqual(["w2"]);
    await mine.close();
    await theirs.close();
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
    await writeFile(join(where.models, "documents", "cache@2.json"), "damaged by hand");
    await store.erase({ userId: "ann-secret" });
    expect(await store.documents.get("cache/two")).toEqual({ v: 1 });
    await store.documents.put("cache/one", { of: "ann-secret" });
    await store.documents.delete("cache/one");
    expect((await kept()).join()).not.toContain("ann-secret");
    await store.close();
  });

  it("keeps no document that was half written when its writer died, and no copy of a damaged one", async () => {
    const where = await folders();
    const store = await openFileStore({ ...where, logger: recorder().logger });
    const documents = join(where.models, "documents");
    await store.documents.put("requests/ann", { of: "ann-secret" });
    await store.documents.delete("requests/ann");
    const half = '{"requests/ann":{"of":"ann-secret"';
    const halves = ["requests@9.json.0a1b2c3d.tmp", "requests.json.bak.0a1b2c3d.tmp", "never@1.json.0a1b2c3d.tmp"];
    for (const name of halves) await writeFile(join(documents, name), half);
    await writeFile(join(where.models, "artifacts", "x.blob.0a1b2c3d.tmp"), half);
    const [newest] = (await readdir(documents))
      .filter((name) => name.endsWith(".json"))
      .sort()
      .reverse();
    await writeFile(join(documents, newest!), half);
    await store.documents.put("requests/bob", 1);
    expect((await readdir(documents)).filter((name) => name.includes("damaged"))).toHaveLength(1);
    await store.erase({ userId: "ann-secret" });
    const left = await readdir(where.models, { recursive: true, withFileTypes: true });
    for (const file of left.filter((entry) => entry.isFile()))
      expect(await readFile(join(file.parentPath, file.name), "utf8")).not.toContain("ann-secret");
    expect(await store.documents.get("requests/bob")).toBe(1);
    await store.close();
  });

  it("leaves nothing of the person in damaged lines and torn ends either, and those of others as they are", async () => {
    const { where, file } = await filled();
    const torn = (n: number, userId: string) =>
      JSON.stringify(segment(n, { userId, threadId: "some thread" })).slice(0, -9);
    await appendFile(file, `${torn(7, "ann-secret")}\n${torn(8, "bob")}\n${JSON.stringify(segment(9))}\n`);
    await appendFile(file, torn(9, "ann-secret"));
    const store = await openFileStore(where);
    await store.erase({ userId: "ann-secret" });
    expect(ids(await traces(store))).toEqual(["w0", "w1", "w2", "w3", "w4", "w9"]);
    await store.append("trace", [segment(10)]);
    expect(ids(await traces(store)).at(-1)).toBe("w10");
    await store.close();
    const text = await readFile(file, "utf8");
    expect(text).not.toContain("ann-secret");
    expect(text).toContain(torn(8, "bob"));
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
    await Promise.all([mine.erase({ userId: "ann" }), theirs.retain({ maxAgeDays: 0 })]);
    expect(await traces(mine)).toEqual([]);
    const left = ["index", "index.0a1b2c3d.tmp", "free", `held-${DEAD}`];
    for (const name of left) await writeFile(join(where.traces, `trace-00000000000001-00000000.${name}`), "");
    await theirs.retain({ maxAgeDays: 0 });
    expect(await readdir(where.traces)).toEqual([]);
    await mine.close();
    await theirs.close();
  });

  it("erases and retires while others never stop appending", async () => {
    const where = await folders();
    const store = await openFileStore({ ...where, fsync: false });
    let isOver = false;
    let n = 10;
    /** As long as one of them is on its way to the disk, there is always something to write. */
    const append = async () => {
      while (!isOver) await store.append("trace", [segment(n++, { startedAt: at(0) })]);
    };
    await store.append("trace", many(0, 5));
    const appending = [append(), append(), append()];
    try {
      expect((await store.erase({ workflowId: "w3" })).trace).toBe(1);
      expect(await store.retain({ maxAgeDays: 1 })).toBeGreaterThan(3);
      expect(ids(await traces(store))).not.toContain("w4");
    } finally {
      isOver = true;
      await Promise.all(appending);
      await store.close();
    }
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
});
