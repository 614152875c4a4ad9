import { existsSync, mkdtempSync, readdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isoTime, ManualClock } from "../../../src/core/index.js";
import { decision, segment } from "../facts.js";
import { idsOf, postgresForTests } from "./schemas.js";

const { at, fresh, open } = postgresForTests();

describe("PostgreSQL store, during an outage", () => {
  it("keeps what comes on the disk, its owner's alone, and brings it in order, once", async () => {
    fresh();
    const clock = new ManualClock();
    const folder = join(mkdtempSync(join(tmpdir(), "spill-")), "s");
    const store = await open({ clock, spill: { folder } });
    await store.append("trace", [segment(1)]);
    expect(existsSync(folder)).toBe(false);
    await at.server.crash();
    for (let n = 2; n <= 6; n++) await store.append(n % 2 ? "decision" : "trace", [n % 2 ? decision(n) : segment(n)]);
    await expect(store.documents.get("a")).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
    const { outage, problems } = await store.health();
    expect(outage).toEqual({ since: isoTime(clock.now()), waitingBytes: expect.any(Number), refused: 0 });
    const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    expect(outage?.waitingBytes).toBe(bytes);
    expect(problems).toEqual([expect.objectContaining({ code: "STORE_UNREACHABLE" })]);
    expect(problems[0]?.message).toContain(`cannot be reached since ${outage?.since}: 0.0 MiB of records wait`);
    expect(await store.sizes()).toMatchObject({ models: 0 });
    const [file] = readdirSync(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, file!)).mode & 0o777).toBe(0o600);
    await at.server.restart();
    while (readdirSync(folder).length > 0) {
      clock.advance(1000);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await store.append("trace", [segment(8)]);
    expect(await store.health()).toEqual({ unreadable: { trace: 0, decision: 0, feedback: 0 }, problems: [] });
    expect((await idsOf(store)).ids).toEqual(["w1", "w2", "w4", "w6", "w8"]);
    expect((await idsOf(store, "decision")).ids).toEqual(["w3", "w5"]);
  });

  it("refuses beyond its bound, or without a file, and takes the same facts once when they are given again", async () => {
    fresh();
    const bounded = await open({ spill: { maxBytes: 10 } });
    const without = await open({ spill: false });
    for (const [i, store] of [bounded, without].entries()) {
      const facts = [segment(10 * i), segment(10 * i + 1)];
      await at.server.crash();
      await expect(store.append("trace", facts)).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
      expect((await store.health()).outage).toMatchObject({ waitingBytes: 0, refused: 2 });
      await at.server.restart();
      await store.append("trace", [...facts, segment(10 * i + 2)]);
    }
    expect((await idsOf(without)).ids).toEqual(["w0", "w1", "w2", "w10", "w11", "w12"]);
  });

  it("says what waits on the disk of this host, whoever keeps it", async () => {
    fresh();
    const folder = mkdtempSync(join(tmpdir(), "spill-"));
    const [one, other] = [await open({ spill: { folder } }), await open({ spill: { folder } })];
    await at.server.crash();
    await one.append("trace", [segment(1)]);
    expect((await other.health()).problems[0]?.message).toContain(`records wait in ${folder}`);
    await at.server.restart();
  });

  it("leaves what waits to the next process", async () => {
    fresh();
    const folder = mkdtempSync(join(tmpdir(), "spill-"));
    const first = await open({ spill: { folder } });
    await first.append("trace", [segment(1)]);
    await at.server.crash();
    await first.append("trace", [segment(2)]);
    await first.append("trace", [segment(3)]);
    await first.close();
    await at.server.restart();
    const second = await open({ spill: { folder } });
    while (readdirSync(folder).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await idsOf(second)).ids).toEqual(["w1", "w2", "w3"]);
  });
});
