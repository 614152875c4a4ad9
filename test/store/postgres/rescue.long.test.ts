import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { decision, segment } from "../facts.js";
import { idsOf, postgresForTests } from "./schemas.js";

const { at, fresh, open } = postgresForTests();

describe("PostgreSQL store, at the end of a process", () => {
  const script = fileURLToPath(new URL("../support/pg-exit.mjs", import.meta.url));
  const ended = (folder: string, runs: number) =>
    promisify(execFile)(process.execPath, [script, at.server.url, at.schema, folder, String(runs)]);
  const waited = async (folder: string) => {
    while (readdirSync(folder).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  };

  it("rescues what was not acknowledged to the disk, from where the next process brings it, once", async () => {
    fresh();
    const folder = mkdtempSync(join(tmpdir(), "spill-"));
    await (await open()).close();
    await ended(folder, 40);
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/-rescued\.spill$/)]);
    const next = await open({ spill: { folder } });
    await waited(folder);
    const runs = Array.from({ length: 40 }, (_, n) => `run-${n}`).sort();
    expect((await idsOf(next, "trace")).ids.sort()).toEqual(runs);
    expect((await idsOf(next, "decision")).ids.sort()).toEqual(runs);
  });

  it("rescues what is under way as well, which arrives once all the same", async () => {
    fresh();
    const folder = mkdtempSync(join(tmpdir(), "spill-"));
    const store = await open({ spill: { folder } });
    await store.append("trace", [segment(1)]);
    const busy = await at.admin.connect();
    await busy.query(`BEGIN; SELECT * FROM ${at.schema}.lanes FOR UPDATE`);
    const appended = [
      store.append("trace", [segment(2), segment(3)]),
      store.append("decision", [decision(4)]),
      store.append("trace", [segment(5)]),
    ];
    // The first of them waits for the lane, which somebody holds.
    const isWaiting = async () =>
      (await at.admin.query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")).rows.length > 0;
    while (!(await isWaiting())) await new Promise((resolve) => setTimeout(resolve, 5));
    store.rescue?.();
    store.appendSync?.("trace", [segment(6)]);
    expect(readdirSync(folder)).toHaveLength(1);
    await busy.query("COMMIT");
    busy.release();
    await Promise.all(appended);
    await store.close();
    expect(readdirSync(folder)).toEqual([]);
    const next = await open({ spill: { folder } });
    expect((await idsOf(next)).ids.sort()).toEqual(["w1", "w2", "w3", "w5", "w6"]);
    expect((await idsOf(next, "decision")).ids).toEqual(["w4"]);
  });

  it("has nothing to rescue to where it may not write to the disk", async () => {
    fresh();
    const store = await open({ spill: false });
    expect([store.appendSync, store.rescue]).toEqual([undefined, undefined]);
  });
});
