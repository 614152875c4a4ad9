import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ReadCache } from "../../src/store/file/read-cache.js";
import { VersionedFile } from "../../src/store/file/versioned-file.js";
import { openFileStore } from "../../src/store/index.js";
import { folders, recorder } from "./support/disk.js";

afterEach(() => vi.restoreAllMocks());

/** Files of documents that are read from here on, in an hour in which nothing was written. */
function countReads() {
  const later = Date.now() + 3_600_000;
  vi.spyOn(Date, "now").mockImplementation(() => later);
  return vi.spyOn(VersionedFile.prototype, "read");
}

describe("what was read of document files", () => {
  it("is read once for any number of documents, until somebody writes", async () => {
    const where = await folders();
    const [store, other] = await Promise.all([openFileStore(where), openFileStore(where)]);
    const key = (n: number) => `registry/policy/p${n}`;
    for (let n = 0; n < 40; n++) await store.documents.put(key(n), { n });
    const reads = countReads();
    for (let n = 0; n < 40; n++) expect(await store.documents.get(key(n))).toEqual({ n });
    expect(await store.documents.keys("registry/")).toHaveLength(40);
    expect(reads).toHaveBeenCalledTimes(1);
    await other.documents.put(key(7), { n: "changed elsewhere" });
    expect(await store.documents.get(key(7))).toEqual({ n: "changed elsewhere" });
    await store.documents.update<{ n: number }>(key(8), (now) => ({ n: (now?.n ?? 0) + 100 }));
    expect(await store.documents.get(key(8))).toEqual({ n: 108 });
    await store.documents.delete(key(9));
    expect(await store.documents.get(key(9))).toBeUndefined();
    await Promise.all([store.close(), other.close()]);
  });

  it("is nobody's to change, and a change that fails leaves it as it was", async () => {
    const store = await openFileStore(await folders());
    await store.documents.put("a/list", { items: [1] });
    countReads();
    const got = await store.documents.get<{ items: number[] }>("a/list");
    got?.items.push(2);
    const failed = store.documents.update<{ items: number[] }>("a/list", (now) => {
      now?.items.push(3);
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    expect(await store.documents.get("a/list")).toEqual({ items: [1] });
    await store.close();
  });

  it("counts no more once a file was edited by hand, or damaged", async () => {
    const where = await folders();
    const store = await openFileStore({ ...where, logger: recorder().logger });
    await store.documents.put("a/x", { v: 1 });
    await store.documents.put("a/x", { v: 2 });
    countReads();
    expect(await store.documents.get("a/x")).toEqual({ v: 2 });
    const file = join(where.models, "documents", "a@2.json");
    await writeFile(file, `${await readFile(file, "utf8")}!`);
    expect(await store.documents.get("a/x")).toEqual({ v: 1 });
    await store.close();
  });

  it("takes no more memory than it is given: what was asked for least lately gives way", () => {
    const cache = new ReadCache<string>(100);
    const put = (name: string, bytes: number) => cache.set(name, { mark: "1", value: name, bytes });
    for (const name of ["a", "b"]) put(name, 40);
    expect(cache.get("a", "1")).toBe("a");
    put("c", 40);
    put("too large", 101);
    expect(["a", "b", "c", "too large"].map((name) => cache.get(name, "1"))).toEqual(["a", undefined, "c", undefined]);
    expect(cache.get("a", "2")).toBeUndefined();
  });
});
