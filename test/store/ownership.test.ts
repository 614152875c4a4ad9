import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/core/index.js";
import { HERE } from "../../src/store/file/holder.js";
import { Ownership } from "../../src/store/file/ownership.js";
import { openFileStore } from "../../src/store/index.js";
import { segment } from "./facts.js";
import { folders, ids, traces } from "./support/disk.js";

const folder = () => mkdtemp(join(tmpdir(), "owners-"));
/** A holder as another container on this kernel, or another host, names itself. */
const elsewhere = (owner: string, change: { boot?: string } = {}) =>
  `1-0-deadbeef-77-${change.boot ?? HERE.boot}-4026539999-${owner}`;
const record = (change: object = {}) =>
  JSON.stringify({ host: "pod-9", boot: HERE.boot, space: "4026539999", pid: 1, socket: false, ...change });
const age = (path: string, ms: number) => utimes(path, new Date(Date.now() - ms), new Date(Date.now() - ms));

describe("owners of a store's folders", () => {
  it("are known by their process in one place, and by nothing but a sign of life elsewhere", async () => {
    const at = await folder();
    const owners = await Ownership.open(at, systemClock);
    expect(await owners.hasEnded(owners.newHolder())).toBe(false);
    expect(await owners.hasEnded("99999999-0-deadbeef")).toBe(true);
    // Of an owner without a record nothing is known, so nothing is taken.
    expect(await owners.hasEnded(elsewhere("nobody"))).toBe(false);
    await writeFile(join(at, "quiet.owner"), record());
    await age(join(at, "quiet.owner"), 50_000);
    expect(await owners.hasEnded(elsewhere("quiet"))).toBe(false);
    await writeFile(join(at, "silent.owner"), record());
    await age(join(at, "silent.owner"), 70_000);
    expect(await owners.hasEnded(elsewhere("silent"))).toBe(true);
    await owners.sweep();
    expect((await readdir(at)).filter((f) => f.startsWith("silent"))).toEqual(["silent.ended"]);
    expect(await owners.hasEnded(elsewhere("silent"))).toBe(true);
    await owners.close();
    expect((await readdir(at)).sort()).toEqual(["quiet.owner", "silent.ended"]);
  });

  it.each(["null", "5", "[]", '"x"', '{"host":5,"boot":7,"space":[],"pid":"x","socket":"yes"}', "{", ""])(
    "take a record that is %s for none",
    async (text) => {
      const at = await folder();
      await writeFile(join(at, "odd.owner"), text);
      const owners = await Ownership.open(at, systemClock);
      expect(await owners.hasEnded(elsewhere("odd"))).toBe(false);
      await owners.sweep();
      await owners.close();
    },
  );

  it("go on where folders stand in the place of their files", async () => {
    const at = await folder();
    for (const name of ["odd.owner", "silent.sock", "old.ended"])
      await mkdir(join(at, name, "inside"), { recursive: true });
    await writeFile(join(at, "silent.owner"), record());
    for (const name of ["silent.owner", "old.ended"]) await age(join(at, name), 40 * 86_400_000);
    const owners = await Ownership.open(at, systemClock);
    await owners.sweep();
    await owners.close();
    expect((await readdir(at)).sort()).toEqual(["odd.owner"]);
  });

  it.runIf(process.platform === "linux")("are alive while stopped, and have ended when killed", async () => {
    const at = await folder();
    const script =
      "const{Ownership}=await import(process.argv[1]);const{systemClock}=await import(process.argv[2]);" +
      "const o=await Ownership.open(process.argv[3],systemClock);console.log(o.newHolder());setInterval(()=>{},1e6)";
    const modules = ["store/file/ownership.ts", "core/index.ts"].map(
      (m) => new URL(`../../src/${m}`, import.meta.url).href,
    );
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script, ...modules, at], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [said] = await once(child.stdout, "data");
    const owner = String(said).trim().split("-").at(-1)!;
    const owners = await Ownership.open(at, systemClock);
    // As if it were in another container: its process id means nothing here, its socket does.
    const holder = elsewhere(owner);
    child.kill("SIGSTOP");
    await age(join(at, `${owner}.owner`), 3_600_000);
    expect(await owners.hasEnded(holder)).toBe(false);
    const closed = once(child, "close");
    child.kill("SIGKILL");
    await closed;
    const fresh = Ownership.observe(at, systemClock);
    expect(await fresh.hasEnded(holder)).toBe(true);
    await owners.close();
  });

  it("refuse a folder that another host uses, and take it when that one is silent", async () => {
    const where = await folders();
    const store = await openFileStore(where);
    await store.close();
    const foreign = join(where.models, "owners", "foreign.owner");
    await writeFile(foreign, record({ boot: "another0", host: "host-b" }));
    await expect(openFileStore(where)).rejects.toMatchObject({
      code: "STORE_FOREIGN",
      message: expect.stringMatching(/process 1 on host-b used 0 s ago.*PostgreSQL/),
    });
    expect((await readdir(join(where.models, "owners"))).filter((f) => f !== "foreign.owner")).toEqual([]);
    await age(foreign, 40_000);
    await (await openFileStore(where)).close();
  });

  it("leave a segment that cannot be told to be free to its holder", async () => {
    const where = await folders();
    const store = await openFileStore(where);
    await store.append("trace", [segment(1)]);
    await store.close();
    const [free] = (await readdir(where.traces)).filter((f) => f.endsWith(".free"));
    const held = free!.replace("free", `held-${elsewhere("unknown")}`);
    await (await import("node:fs/promises")).rename(join(where.traces, free!), join(where.traces, held));
    const again = await openFileStore(where);
    await again.append("trace", [segment(2)]);
    expect(ids(await traces(again))).toEqual(["w1", "w2"]);
    await again.retain({ maxBytes: 0 });
    await again.close();
    expect((await readdir(where.traces)).filter((f) => f.endsWith(".jsonl"))).toHaveLength(2);
    expect(await readdir(where.traces)).toContain(held);
  });

  it("begin another segment where theirs was taken over while they were stopped", async () => {
    const where = await folders();
    const store = await openFileStore(where);
    await store.append("trace", [segment(1)]);
    const [held] = (await readdir(where.traces)).filter((f) => f.includes(".held-"));
    const { rename } = await import("node:fs/promises");
    await rename(join(where.traces, held!), join(where.traces, held!.replace(/held-.*/, "free")));
    await store.append("trace", [segment(2)]);
    await store.close();
    const again = await openFileStore(where);
    expect(ids(await traces(again))).toEqual(["w1", "w2"]);
    await again.close();
  });
});

describe("a file store's files", () => {
  it("are readable by their owner alone", async () => {
    const where = await folders();
    const store = await openFileStore(where);
    await store.append("trace", [segment(1)]);
    await store.documents.put("a/b", 1);
    await store.blobs.write("x", "y");
    const lease = await store.lease("learn", { ttlMs: 60_000 });
    const root = join(where.traces, "..");
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      const mode = (await stat(join(entry.parentPath, entry.name))).mode & 0o777;
      expect([entry.name, mode.toString(8)]).toEqual([entry.name, entry.isDirectory() ? "700" : "600"]);
    }
    await lease.release();
    await store.close();
  });

  it("are opened to be looked at where they cannot be written, and nothing is written then", async () => {
    const where = await folders();
    const store = await openFileStore(where);
    await store.append("trace", [segment(1)]);
    await store.documents.put("a/b", 1);
    await store.close();
    await chmod(where.traces, 0o500);
    const before = await readdir(where.models, { recursive: true });
    const looking = await openFileStore({ ...where, readOnly: true });
    expect(ids(await traces(looking))).toEqual(["w1"]);
    expect(await looking.documents.get("a/b")).toBe(1);
    expect((await looking.health()).problems).toEqual([]);
    for (const write of [
      () => looking.append("trace", [segment(2)]),
      () => looking.documents.put("a", 1),
      () => looking.lease("a", { ttlMs: 1 }),
      () => looking.erase({ userId: "u" }),
    ])
      await expect(write()).rejects.toThrow(/STORE_IO.*readOnly/);
    await looking.close();
    expect(await readdir(where.models, { recursive: true })).toEqual(before);
    await chmod(where.traces, 0o700);
  });

  it("are swept of what killed processes left", async () => {
    const where = await folders();
    await (await openFileStore(where)).close();
    const left = [
      join(where.traces, ".probe-1"),
      join(where.models, "documents", "registry.json.lock"),
      join(where.models, "artifacts", "x.blob.0a1b2c3d.tmp"),
    ];
    for (const path of left) {
      await writeFile(path, "left");
      await age(path, 3_600_000);
    }
    await writeFile(join(where.traces, ".probe-2"), "of one that lives");
    await (await openFileStore(where)).close();
    expect((await readdir(where.traces)).sort()).toEqual([".probe-2"]);
    for (const path of left) await expect(readFile(path)).rejects.toThrow(/ENOENT/);
  });
});
