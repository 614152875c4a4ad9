import { appendFile, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { defaultLogger } from "../../src/core/index.js";
import { SegmentFolder, type StoredSegment } from "../../src/store/file/segment-folder.js";
import { SegmentIndex } from "../../src/store/file/segment-index.js";
import { segment as trace } from "./facts.js";

const NAME = "trace-00000000000001-a";
const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `${JSON.stringify(trace(from + i))}\n`).join("");

async function folderWith(text: string) {
  const root = await mkdtemp(join(tmpdir(), "segments-"));
  const path = join(root, `${NAME}.jsonl`);
  await writeFile(join(root, `${NAME}.held-0`), "");
  await writeFile(path, text);
  return { folder: new SegmentFolder(root, "trace", defaultLogger()), path };
}

const only = async (folder: SegmentFolder) => (await folder.list())[0];

describe("the segments of a folder", () => {
  it("keep the index of a segment that was begun while they were listed", async () => {
    const { folder } = await folderWith(lines(0, 1));
    const begun = new SegmentIndex();
    const listing = folder.list();
    // As if the file had come after the folder was read.
    folder.share("trace-00000000000002-b", begun);
    await listing;
    await folder.list();
    const segment: StoredSegment = { name: "trace-00000000000002-b", size: 5, state: "held" };
    expect(await folder.indexOf(segment)).toBe(begun);
  });

  it("take the writer's index for the whole of a segment, whatever a reader made of it before", async () => {
    const { folder, path } = await folderWith(lines(0, 2));
    expect((await folder.indexOf(await only(folder))).count).toBe(2);
    await appendFile(path, lines(2, 5));
    const whole = await only(folder);
    const writers = new SegmentIndex();
    writers.bytes = whole.size;
    folder.unshare(NAME, writers, whole.size);
    expect(await folder.indexOf(whole)).toBe(writers);
  });

  it("leave a writer's index alone when a reader comes late with its own", async () => {
    const { folder } = await folderWith(lines(0, 2));
    const reading = folder.indexOf(await only(folder));
    const writers = new SegmentIndex();
    folder.share(NAME, writers);
    await reading;
    expect((await only(folder)).size).toBe(writers.bytes);
  });

  it("leave a writer's index alone when a reader has seen more of the file than the writer has acknowledged", async () => {
    const { folder, path } = await folderWith(lines(0, 2));
    const before = await only(folder);
    const writers = await folder.indexOf(before);
    await appendFile(path, lines(2, 3));
    const seen = await only(folder);
    // The reader listed the segment just before the writer took it, and asked for its size after the write.
    folder.share(NAME, writers);
    expect(await folder.indexOf(seen)).toBe(writers);
    expect(writers.bytes).toBe(before.size);
  });

  it("bring one index up to date once, however many ask for it", async () => {
    const { folder, path } = await folderWith(lines(0, 2));
    await folder.indexOf(await only(folder));
    await appendFile(path, lines(2, 50));
    const segment = await only(folder);
    const indexes = await Promise.all([1, 2, 3].map(() => folder.indexOf(segment)));
    for (const index of indexes) {
      expect(index.bytes).toBe(segment.size);
      expect(index.count).toBe(50);
    }
  });
});
