import { createMemoryStore } from "langgraph-collective-learning/store";
import { describe, expect, it } from "vitest";
import { copyStore } from "../../src/loop/copy-store.js";
import { LargeDocument, largeBlobsIn } from "../../src/store/large-document.js";
import { withMarks, withMarksApart } from "../../src/store/marks.js";

const KEY = "vectors/all";

function scene() {
  const store = createMemoryStore();
  const large = new LargeDocument<{ of: string }>(store, KEY);
  const named = async () => largeBlobsIn(await store.documents.get(KEY));
  return { store, large, named };
}

describe("a large value", () => {
  it("is a blob, of which the document holds the name, and leaves none behind", async () => {
    const { store, large, named } = scene();
    expect(await large.get()).toBeUndefined();
    await large.put({ of: "one" });
    const [first = ""] = await named();
    await large.put({ of: "two" });
    expect(await large.get()).toEqual({ of: "two" });
    expect(await named()).toHaveLength(1);
    expect(await store.blobs.read(first)).toBeUndefined();
    const [second = ""] = await named();
    await large.delete();
    expect(await store.blobs.read(second)).toBeUndefined();
    expect(await large.get()).toBeUndefined();
  });

  it("may be put again as it is", async () => {
    const { large, named } = scene();
    await large.put({ of: "one" });
    await large.put({ of: "one" });
    expect(await large.get()).toEqual({ of: "one" });
    expect(await named()).toHaveLength(1);
  });

  it("is read where an earlier release wrote it, and moves when it is put", async () => {
    const { store, large } = scene();
    await store.documents.put(KEY, { of: "0.1.0" });
    expect(await large.get()).toEqual({ of: "0.1.0" });
    await large.put({ of: "today" });
    expect(await store.documents.get(KEY)).toMatchObject({ large: 1 });
    expect(await large.get()).toEqual({ of: "today" });
  });

  it("stays as it was where writing fails, and what was half written is known", async () => {
    const { store, large, named } = scene();
    await large.put({ of: "one" });
    let isDown = true;
    const failing = {
      documents: store.documents,
      blobs: {
        ...store.blobs,
        // The disk took it, and the process never heard of it.
        write: async (name: string, content: string) => {
          await store.blobs.write(name, content);
          if (isDown) throw new Error("gone");
        },
      },
    };
    const other = new LargeDocument<{ of: string }>(failing, KEY);
    await expect(other.put({ of: "two" })).rejects.toThrow("gone");
    expect(await large.get()).toEqual({ of: "one" });
    const names = await named();
    expect(names).toHaveLength(2);
    isDown = false;
    await other.put({ of: "three" });
    expect(await named()).toHaveLength(1);
    for (const name of names) expect(await store.blobs.read(name)).toBeUndefined();
  });

  it("goes along to another store", async () => {
    const { store, large } = scene();
    await large.put({ of: "one" });
    const to = createMemoryStore();
    await copyStore(store, to, { source: "there" });
    expect(await new LargeDocument(to, KEY).get()).toEqual({ of: "one" });
  });
});

describe("the marks of a monitor", () => {
  const state = { version: "v1", seen: "" };

  it("stand in its state while they are few, and beside it when they are many", async () => {
    const { store } = scene();
    const few = { ...state, seen: "abcdefgh" };
    expect(await withMarksApart(store, "marks/p", few)).toEqual(few);
    const many = { ...state, seen: "abcdefgh".repeat(2000) };
    const stored = await withMarksApart(store, "marks/p", many);
    expect(JSON.stringify(stored).length).toBeLessThan(200);
    expect(await withMarks(store, "marks/p", stored)).toEqual(many);
    expect(await withMarks(store, "marks/p", few)).toEqual(few);
  });

  it("are left out where they are of another state", async () => {
    const { store } = scene();
    const stored = await withMarksApart(store, "marks/p", { ...state, seen: "abcdefgh".repeat(2000) });
    await withMarksApart(store, "marks/p", { ...state, seen: "ijklmnop".repeat(2000) });
    expect(await withMarks(store, "marks/p", stored)).toEqual({ version: "v1" });
  });
});
