import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openFileStore } from "../../src/store/index.js";
import { folders, recorder } from "./support/disk.js";

/** The document files of a store, newest version first. */
const files = async (models: string) => (await readdir(join(models, "documents"))).sort().reverse();

describe("file store: documents on disk", () => {
  it("keeps the version before, and no more", async () => {
    const where = await folders();
    const store = await openFileStore(where);
    for (let v = 1; v <= 5; v++) await store.documents.put("registry/index", { v });
    expect(await files(where.models)).toEqual(["registry@5.json", "registry@4.json"]);
    const text = await readFile(join(where.models, "documents", "registry@5.json"), "utf8");
    expect(JSON.parse(text)).toMatchObject({ contents: { documents: { "registry/index": { v: 5 } } } });
    await store.close();
  });

  it.each([
    ["half written", (text: string) => text.slice(0, 40)],
    ["of another value", (text: string) => text.replace('"v": 2', '"v": 7')],
    ["empty", () => ""],
    ["of another shape", () => "[]"],
  ])(
    "serves the version before where a document was found %s, tells of it, and keeps what is damaged",
    async (_, spoil) => {
      const where = await folders();
      const { logger, warnings } = recorder();
      const store = await openFileStore({ ...where, logger });
      await store.documents.put("registry/index", { v: 1 });
      await store.documents.put("registry/index", { v: 2 });
      const file = join(where.models, "documents", "registry@2.json");
      await writeFile(file, spoil(await readFile(file, "utf8")));
      expect(await store.documents.get("registry/index")).toEqual({ v: 1 });
      expect(warnings).toEqual(["a document file is damaged; its previous version is used"]);
      expect((await store.health()).problems).toMatchObject([{ code: "STORE_CORRUPT", count: 1 }]);
      await store.documents.put("registry/other", 3);
      expect(await store.documents.get("registry/index")).toEqual({ v: 1 });
      const [newest, ...rest] = await files(where.models);
      expect([newest, rest[0]]).toEqual(["registry@3.json", "registry@1.json"]);
      expect(rest[1]).toMatch(/^registry\.json\.damaged-/);
      await store.close();
    },
  );

  it("fails with a code where no version can be read, and leaves other documents alone", async () => {
    const where = await folders();
    const store = await openFileStore({ ...where, logger: recorder().logger });
    await writeFile(join(where.models, "documents", "lonely.json"), "[]");
    await store.documents.put("other/x", 1);
    for (const work of [() => store.documents.get("lonely/x"), () => store.documents.put("lonely/x", 1)])
      await expect(work()).rejects.toMatchObject({ code: "STORE_CORRUPT" });
    expect(await store.documents.get("other/x")).toBe(1);
    await mkdir(join(where.models, "documents", "folder.json"));
    await expect(store.documents.get("folder/x")).rejects.toMatchObject({ code: "STORE_CORRUPT" });
    await store.close();
  });

  it("opens what release 0.1.0 wrote, and the version it kept before", async () => {
    const where = await folders();
    await mkdir(join(where.models, "documents"), { recursive: true });
    const at = (name: string) => join(where.models, "documents", name);
    await writeFile(at("registry.json"), JSON.stringify({ "registry/a": 2 }));
    await writeFile(at("registry.json.bak"), JSON.stringify({ "registry/a": 1 }));
    await writeFile(at("cursors.json"), '{"cursors/a": ');
    await writeFile(at("cursors.json.bak"), JSON.stringify({ "cursors/a": 1 }));
    const store = await openFileStore({ ...where, logger: recorder().logger });
    expect(await store.documents.keys()).toEqual(["cursors/a", "registry/a"]);
    expect(await store.documents.update<number>("registry/a", (n) => (n ?? 0) + 1)).toBe(3);
    expect(await store.documents.update<number>("cursors/a", (n) => (n ?? 0) + 1)).toBe(2);
    expect(await store.documents.get("registry/a")).toBe(3);
    await store.close();
  });

  it.each([
    "__proto__",
    "__proto__/x",
    "x/__proto__",
    "constructor",
    "/x",
    "/",
    "\ud800",
    "\udfff/x",
    "a\0b",
    "a@3/x",
    ".json/x",
  ])("keeps a document under any key: %j", async (key) => {
    const where = await folders();
    const store = await openFileStore(where);
    const lease = await store.lease(key, { ttlMs: 60_000 });
    await store.documents.put(key, { v: 1 });
    expect(await store.documents.update<{ v: number }>(key, (now) => ({ v: (now?.v ?? 9) + 1 }), { lease })).toEqual({
      v: 2,
    });
    await store.blobs.write(key, "text");
    await store.close();
    const again = await openFileStore(where);
    expect(await again.documents.keys()).toEqual([key]);
    expect(await again.documents.get(key)).toEqual({ v: 2 });
    expect(await again.blobs.read(key)).toBe("text");
    await again.documents.delete(key);
    expect(await again.documents.keys()).toEqual([]);
    await again.close();
  });

  it.each([
    { fence: 3, holder: 5 },
    { fence: 3, holder: {} },
    { fence: Number.MAX_SAFE_INTEGER, holder: null },
    { fence: 1e308, holder: null },
    { fence: -5, holder: null },
    { fence: 1.5, holder: null },
  ])("takes a lease that cannot be for a free one, and goes on counting: %j", async (change) => {
    const where = await folders();
    await mkdir(join(where.models, "leases"), { recursive: true });
    const odd = { name: "a", ttlMs: 60_000, host: "h", renewedAt: Date.now(), ...change };
    await writeFile(join(where.models, "leases", "a@2.json"), JSON.stringify(odd));
    const store = await openFileStore(where);
    const first = await store.lease("a", { ttlMs: 60_000 });
    expect(await store.documents.update("x", () => 1, { lease: first })).toBe(1);
    await first.release();
    const next = await store.lease("a", { ttlMs: 60_000 });
    expect(next.fence).toBeGreaterThan(first.fence);
    await store.close();
  });

  it("of two keys that are halves of characters makes two files", async () => {
    const store = await openFileStore(await folders());
    await store.blobs.write("\ud800", "one");
    await store.blobs.write("\ud801", "other");
    expect(await store.blobs.read("\ud800")).toBe("one");
    await expect(store.blobs.write("", "text")).rejects.toMatchObject({ code: "STORE_QUERY" });
    await store.close();
  });

  it("lets no change be lost where a writer was stopped in the middle of its own", async () => {
    const where = await folders();
    const [mine, theirs] = await Promise.all([openFileStore(where), openFileStore(where)]);
    await mine.documents.put("a/count", 0);
    let calls = 0;
    const during: Promise<unknown>[] = [];
    const result = await mine.documents.update<number>("a/count", (n) => {
      calls += 1;
      // The others' whole change takes place between this one's reading and its writing.
      if (calls === 1) during.push(theirs.documents.update<number>("a/count", (m) => (m ?? 0) + 10));
      return (n ?? 0) + 1;
    });
    await Promise.all(during);
    expect(await mine.documents.get("a/count")).toBe(11);
    expect([1, 11]).toContain(result);
    await mine.close();
    await theirs.close();
  });
});
