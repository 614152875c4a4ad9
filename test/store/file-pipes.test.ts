import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { appendLinesSync } from "../../src/store/file/append-sync.js";
import type { SegmentFolder } from "../../src/store/file/segment-folder.js";
import { openFileStore } from "../../src/store/index.js";
import { segment } from "./facts.js";
import { filled, ids, recorder, traces } from "./support/disk.js";

/** A pipe, which a process that opens it to read waits at until another writes. */
const pipe = (path: string) => execFileSync("mkfifo", [path]);
const inThePlace = async (path: string, make: (path: string) => unknown) => {
  await rm(path, { force: true });
  await make(path);
};

describe.skipIf(process.platform === "win32").each([
  ["a pipe", pipe],
  ["a folder", (path: string) => mkdir(path)],
])("file store with %s in the place of", (_, make) => {
  it("an index or a segment goes on", async () => {
    const { where, file, index } = await filled();
    await inThePlace(index, make);
    const store = await openFileStore(where);
    expect(ids(await traces(store, { workflowType: "odd" }))).toEqual(["w1", "w3"]);
    await store.close();
    await inThePlace(file, make);
    const again = await openFileStore({ ...where, logger: recorder().logger });
    await again.append("trace", [segment(9)]);
    expect(ids(await traces(again))).toEqual(["w9"]);
    await again.close();
  });

  it("a blob takes it for none, and a document fails with a code", async () => {
    const { where } = await filled();
    const store = await openFileStore(where);
    await inThePlace(join(where.models, "artifacts", "x.blob"), make);
    expect(await store.blobs.read("x")).toBeUndefined();
    await store.blobs.write("x", "text");
    expect(await store.blobs.read("x")).toBe("text");
    await store.documents.put("cursor", { a: 1 });
    const documents = join(where.models, "documents");
    for (const name of await readdir(documents)) await inThePlace(join(documents, name), make);
    const again = await openFileStore(where);
    await expect(again.documents.get("cursor")).rejects.toThrow(/STORE_CORRUPT.*json/);
    await again.close();
    await store.close();
  });

  it("a segment that is free writes to another at the end of a process", async () => {
    const { file } = await filled();
    await inThePlace(file, make);
    const folder = join(file, "..");
    const segments = {
      ...{ folder, kind: "trace" },
      pathOf: (name: string) => join(folder, `${name}.jsonl`),
      beside: (name: string, suffix: string) => join(folder, `${name}.${suffix}`),
    } as unknown as SegmentFolder;
    const append = { segments, holder: "h", now: Date.now(), segmentBytes: 1e6, spanMs: 1e15, fsync: false };
    appendLinesSync([Buffer.from("{}\n")], append);
    const written = (await readdir(folder)).filter((name) => name.endsWith(".jsonl") && join(folder, name) !== file);
    expect(written).toHaveLength(1);
    expect(await readFile(join(folder, written[0]), "utf8")).toBe("{}\n");
  });
});
