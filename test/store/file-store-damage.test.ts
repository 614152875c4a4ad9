import {
  appendFile,
  chmod,
  cp,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { openFileStore } from "../../src/store/index.js";
import { at, decision, segment } from "./facts.js";
import { cursors, filled, folders, ids, many, recorder, traces } from "./support/disk.js";

describe("file store: damage on disk", () => {
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
    expect((await readFile(file, "utf8")).split("\n")[0]).toContain(JSON.stringify(segment(0)).slice(1));
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
        bytes[60] = bytes[60] ^ 255;
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

  it("does not take an old index for that of a file that has grown by hand, to read newest first and to erase", async () => {
    const { where, file } = await filled();
    const lines = (await readFile(file, "utf8")).split("\n");
    lines.splice(1, 0, JSON.stringify(segment(77, { userId: "ann-secret" })));
    await writeFile(file, lines.join("\n"));
    const store = await openFileStore(where);
    expect(ids(await traces(store, { latest: true }))).toEqual(["w77", "w4", "w3", "w2", "w1", "w0"]);
    expect((await store.erase({ userId: "ann-secret" })).trace).toBe(1);
    expect(await readFile(file, "utf8")).not.toContain("ann-secret");
    expect(ids(await traces(store))).toEqual(["w0", "w1", "w2", "w3", "w4"]);
    await store.close();
  });

  it("erases where lines were edited by hand in a file of the same size", async () => {
    const { where, file } = await filled();
    const lines = (await readFile(file, "utf8")).split("\n");
    lines[0] = `${JSON.stringify(segment(0))}                    `;
    lines[3] = JSON.stringify(segment(3, { status: "error" }));
    await writeFile(file, lines.join("\n"));
    const store = await openFileStore(where);
    expect((await store.erase({ workflowId: "w2" })).trace).toBe(1);
    expect(ids(await traces(store))).toEqual(["w0", "w1", "w3", "w4"]);
    await store.close();
  });

  it("does not let a cursor grow behind a segment that ended in the middle of a line", async () => {
    const { where, file } = await filled();
    await appendFile(file, `{"torn":"${"x".repeat(2000)}`);
    const store = await openFileStore({ ...where, segmentBytes: 1024 });
    for (let n = 5; n < 30; n += 3) await store.append("trace", many(n, n + 3));
    for (const query of [{}, { from: at(20_000) }])
      for (const cursor of await cursors(store, { ...query, batchSize: 1 })) expect(cursor.length).toBeLessThan(200);
    await store.close();
  });

  it("loses nothing that comes after its files were deleted by hand", async () => {
    const where = await folders();
    const store = await openFileStore(where);
    await store.append("trace", many(0, 2));
    await store.append("decision", [decision(1)]);
    for (const name of await readdir(where.traces)) await rm(join(where.traces, name));
    await store.append("trace", many(2, 4));
    expect(ids(await traces(store))).toEqual(["w2", "w3"]);
    await store.close();
    const again = await openFileStore(where);
    expect(ids(await traces(again))).toEqual(["w2", "w3"]);
    await again.close();
  });

  it("fails with a code in all its upkeep where the folder is gone", async () => {
    const where = await folders();
    const store = await openFileStore(where);
    await rm(where.traces, { recursive: true });
    const calls = [() => store.sizes(), () => store.retain({ maxAgeDays: 1 }), () => store.erase({ userId: "ann" })];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: "STORE_IO" });
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

  /** What may stand where a file should be. */
  const OBSTACLES: Record<string, (path: string) => Promise<unknown>> = {
    "a folder": (path) => mkdir(path),
    "a link to itself": (path) => symlink(path, path),
    "a link to nothing": (path) => symlink(`${path}-nowhere`, path),
  };

  it.each(Object.keys(OBSTACLES))("goes on with %s in the place of any of its files", async (obstacle) => {
    const { where } = await filled();
    const first = await openFileStore(where);
    await first.append("decision", [decision(0), decision(1)]);
    for (const n of [1, 2, 3]) await first.documents.put("registry/x", { n });
    await (await first.lease("work", { ttlMs: 1000 })).release();
    await first.blobs.write("policy/x", "{}");
    await first.close();
    const root = join(where.traces, "..");
    const files = (await readdir(root, { recursive: true, withFileTypes: true })).filter((file) => file.isFile());
    for (const file of files) {
      const copy = `${root}-${obstacle.length}-${files.indexOf(file)}`;
      await cp(root, copy, { recursive: true });
      const path = join(file.parentPath, file.name).replace(root, copy);
      await rm(path);
      await OBSTACLES[obstacle]!(path);
      const at = (folder: string) => folder.replace(root, copy);
      const paths = { traces: at(where.traces), feedback: at(where.feedback), models: at(where.models) };
      const store = await openFileStore({ ...paths, logger: recorder().logger });
      const isOf = (kind: string) => file.name.startsWith(kind) && file.name.endsWith(".jsonl");
      expect(await traces(store), file.name).toHaveLength(isOf("trace-") ? 0 : 5);
      for (const [kind, given] of [
        ["trace", segment(20)],
        ["decision", decision(20)],
      ] as const) {
        await store.append(kind, [given as never]);
        let read = 0;
        for await (const { facts } of store.read(kind, { latest: true })) read += facts.length;
        expect(read, file.name).toBe((isOf(`${kind}-`) ? 0 : kind === "trace" ? 5 : 2) + 1);
      }
      store.appendSync!("trace", [segment(21)]);
      expect(await store.documents.get("registry/x")).toBeDefined();
      await store.documents.put("registry/x", { n: 4 });
      await (await store.lease("work", { ttlMs: 1000 })).release();
      if (!file.name.endsWith(".blob")) expect(await store.blobs.read("policy/x")).toBe("{}");
      await store.blobs.write("policy/x", "{}");
      expect(await store.blobs.read("policy/x")).toBe("{}");
      const strange = (await store.health()).problems.filter(({ message }) => message.includes("is none"));
      expect(strange.length > 0).toBe(file.name.endsWith(".jsonl") && obstacle !== "a link to nothing");
      await store.sizes();
      expect((await store.erase({ workflowId: "w20" })).trace).toBe(1);
      await store.retain({ maxAgeDays: 100_000 });
      await store.close();
    }
  });
});
