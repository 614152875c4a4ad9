import assert from "node:assert/strict";
import { isRefused, type StoreCase, storeCase } from "./case.js";

/** What documents and blobs must do. */
export const documentCases: StoreCase[] = [
  storeCase("documents are put, read, changed, listed and deleted", async ({ make }) => {
    const { documents } = await make();
    assert.equal(await documents.get("a/x"), undefined);
    await documents.put("a/x", { n: 1 });
    await documents.put("a/y", [1, null]);
    await documents.put("b", "text");
    assert.deepEqual(await documents.get("a/x"), { n: 1 });
    assert.deepEqual(await documents.update<{ n: number }>("a/x", (d) => ({ n: (d?.n ?? 0) + 1 })), { n: 2 });
    assert.equal(await documents.update<number>("fresh", (d) => (d ?? 41) + 1), 42);
    assert.deepEqual(await documents.keys(), ["a/x", "a/y", "b", "fresh"]);
    assert.deepEqual(await documents.keys("a/"), ["a/x", "a/y"]);
    await documents.delete("a/x");
    await documents.delete("never");
    assert.equal(await documents.get("a/x"), undefined);
  }),

  storeCase("documents are copied in and out", async ({ make }) => {
    const { documents } = await make();
    const mine = { n: 1 };
    await documents.put("a", mine);
    mine.n = 2;
    const theirs = await documents.get<{ n: number }>("a");
    assert.deepEqual(theirs, { n: 1 });
    if (theirs) theirs.n = 3;
    assert.deepEqual(await documents.get("a"), { n: 1 });
  }),

  storeCase("documents lose no update when many come at once", async ({ make }) => {
    const { documents } = await make();
    await Promise.all(Array.from({ length: 30 }, () => documents.update<number>("count", (n) => (n ?? 0) + 1)));
    assert.equal(await documents.get("count"), 30);
  }),

  storeCase("documents keep the old value when a change throws", async ({ make }) => {
    const { documents } = await make();
    await documents.put("a", 1);
    const failing = documents.update("a", () => {
      throw new Error("no");
    });
    await assert.rejects(failing, /^Error: no$/);
    assert.equal(await documents.get("a"), 1);
    assert.equal(await documents.update<number>("a", (n) => (n ?? 0) + 1), 2);
  }),

  storeCase("documents refuse what JSON cannot hold", async ({ make }) => {
    const { documents } = await make();
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const failing = {
      toJSON() {
        throw new Error("no");
      },
    };
    for (const value of [undefined, 10n, circle, failing]) {
      await isRefused(documents.put("a", value), "STORE_IO");
      await isRefused(
        documents.update("a", () => value),
        "STORE_IO",
      );
    }
    assert.equal(await documents.get("a"), undefined);
  }),

  storeCase("blobs are written once under a name", async ({ make }) => {
    const { blobs } = await make();
    assert.equal(await blobs.read("policy/x@v1"), undefined);
    await blobs.write("policy/x@v1", "weights ä");
    await blobs.write("policy/x@v1", "weights ä");
    await isRefused(blobs.write("policy/x@v1", "other"), "ARTIFACT_INVALID");
    assert.equal(await blobs.read("policy/x@v1"), "weights ä");
    await blobs.delete("policy/x@v1");
    await blobs.delete("never");
    assert.equal(await blobs.read("policy/x@v1"), undefined);
  }),
];

/** What documents must do when two store objects work over the same data. */
export const sharedDocumentCases: StoreCase[] = [
  storeCase("documents lose no update of two processes", async ({ make, again }) => {
    const one = await make();
    const two = await again(one);
    const count = (n: number | undefined) => (n ?? 0) + 1;
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 ? one : two).documents.update<number>("count", count)),
    );
    assert.equal(await one.documents.get("count"), 20);
    assert.equal(await two.documents.get("count"), 20);
  }),
];
