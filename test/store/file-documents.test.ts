import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openFileStore } from "../../src/store/index.js";
import { DEAD, folders, recorder } from "./support/disk.js";

describe("file store: documents on disk", () => {
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
    await writeFile(lock, DEAD);
    await store.documents.put("a/x", 1);
    expect(await store.documents.get("a/x")).toBe(1);
    await store.close();
  });
});
