import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { createRng } from "../../src/math/rng.js";
import { createFile } from "../../src/store/file/io.js";
import { openFileStore } from "../../src/store/index.js";

const WRITER = fileURLToPath(new URL("./support/crash-writer.mjs", import.meta.url));
const children = new Set<ChildProcess>();
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
});

/** Starts a writer (or, with `retire`, who retires what is more than so many bytes); collects what it says. */
function writer(folder: string, prefix: string, segmentBytes: number, retire?: number) {
  const args = [WRITER, folder, prefix, String(segmentBytes), ...(retire === undefined ? [] : [String(retire)])];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  children.add(child);
  const acknowledged: string[] = [];
  let refused = 0;
  let retired = 0;
  let rest = "";
  let ready = () => {};
  const started = new Promise<void>((resolve) => {
    ready = resolve;
  });
  child.stdout.on("data", (data) => {
    const lines = (rest + data).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "ready") ready();
      else if (line.startsWith("refused")) refused += 1;
      else if (line.startsWith("retired")) retired += Number(line.split(" ")[1]);
      else acknowledged.push(...line.split(" "));
    }
  });
  const kill = () =>
    new Promise<void>((resolve) => {
      child.once("close", () => {
        children.delete(child);
        resolve();
      });
      child.kill("SIGKILL");
    });
  return { started, kill, acknowledged, refused: () => refused, retired: () => retired };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function idsIn(folder: string): Promise<string[]> {
  const store = await openFileStore({ traces: `${folder}/t`, feedback: `${folder}/f`, models: `${folder}/m` });
  const ids: string[] = [];
  for await (const { facts } of store.read("trace")) ids.push(...facts.map((f) => f.workflowId));
  await store.close();
  return ids;
}

describe("file store, killed", () => {
  it("60 times at any moment: all that was acknowledged is there, nothing twice", async () => {
    const folder = mkdtempSync(join(tmpdir(), "crash-"));
    const rng = createRng(1);
    const all = new Set<string>();
    for (let kill = 0; kill < 60; kill += 2) {
      // Two writers at once, so that 60 kills take the time of 30.
      const pair = [0, 1].map((i) => writer(folder, `k${kill + i}`, 20_000));
      await Promise.all(pair.map((w) => w.started));
      await Promise.all(
        pair.map(async (w) => {
          await pause(rng.next() * 60);
          await w.kill();
        }),
      );
      for (const w of pair) for (const id of w.acknowledged) all.add(id);
      if (kill % 20 !== 0 && kill !== 58) continue;
      const found = await idsIn(folder);
      const there = new Set(found);
      expect(there.size).toBe(found.length);
      expect([...all].filter((id) => !there.has(id))).toEqual([]);
    }
    expect(all.size).toBeGreaterThan(300);
    rmSync(folder, { recursive: true });
  });

  it("two processes write while a third retires old segments", async () => {
    const folder = mkdtempSync(join(tmpdir(), "retire-"));
    const a = writer(folder, "a", 20_000);
    const b = writer(folder, "b", 20_000);
    const third = writer(folder, "-", 20_000, 1_000_000);
    await Promise.all([a.started, b.started, third.started]);
    // Far more than is kept, from each, so that both have had segments retired and both have some left.
    for (let i = 0; i < 600 && Math.min(a.acknowledged.length, b.acknowledged.length) < 6000; i++) await pause(100);
    await Promise.all([a.kill(), b.kill(), third.kill()]);
    const found = await idsIn(folder);
    expect(new Set(found).size).toBe(found.length);
    // What is left is the newest of each, without a hole.
    const there = new Set(found);
    for (const { acknowledged } of [a, b]) {
      const first = acknowledged.findIndex((id) => there.has(id));
      expect(first).toBeGreaterThan(0);
      expect(acknowledged.slice(first).filter((id) => !there.has(id))).toEqual([]);
    }
    expect(third.retired()).toBeGreaterThan(6000);
    rmSync(folder, { recursive: true });
  });

  it("a disk that fills up refuses with a code, keeps what it acknowledged, and goes on when there is room", async () => {
    const folder = mkdtempSync(join(tmpdir(), "full-"));
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], { stdio: "ignore" });
    } catch {
      console.log(
        "SKIPPED: no small tmpfs can be mounted here; the full disk is tested by a stub in file-store-damage",
      );
      return;
    }
    try {
      const w = writer(folder, "w", 200_000);
      await w.started;
      for (let i = 0; i < 200 && w.refused() < 3; i++) await pause(50);
      expect(w.refused()).toBeGreaterThanOrEqual(3);
      // What a batch was too large for is taken up as well, and given back after the look at a new file.
      expect(() => writeFileSync(`${folder}/rest`, Buffer.alloc(2_000_000))).toThrow(/ENOSPC/);
      await expect(createFile(`${folder}/x`, "content")).rejects.toMatchObject({ code: "ENOSPC" });
      expect(readdirSync(folder).filter((name) => name.startsWith("x"))).toEqual([]);
      rmSync(`${folder}/rest`);
      const before = w.acknowledged.length;
      const store = await openFileStore({
        traces: `${folder}/t`,
        feedback: `${folder}/f`,
        models: `${folder}/m`,
      }).catch((error) => error as { code: string });
      if ("code" in store) expect(store.code).toBe("STORE_IO");
      else {
        await store.retain({ maxBytes: 1_000_000 });
        await store.close();
        for (let i = 0; i < 100 && w.acknowledged.length === before; i++) await pause(20);
        expect(w.acknowledged.length).toBeGreaterThan(before);
      }
      await w.kill();
      const found = await idsIn(folder).catch(() => [] as string[]);
      expect(new Set(found).size).toBe(found.length);
    } finally {
      execFileSync("umount", ["-l", folder], { stdio: "ignore" });
    }
  });
});
