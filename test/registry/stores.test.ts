import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ManualClock } from "../../src/core/index.js";
import { openRegistry } from "../../src/registry/index.js";
import { createMemoryStore, type LearningStore, openFileStore } from "../../src/store/index.js";

const folder = mkdtempSync(join(tmpdir(), "registry-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const folders = { traces: join(folder, "t"), feedback: join(folder, "f"), models: join(folder, "m") };
const memory = createMemoryStore();

/** Each opens the same contents again when called twice. */
const STORES: [string, () => Promise<LearningStore>, (store: LearningStore) => Promise<void>][] = [
  ["memory", async () => memory, async () => {}],
  ["files", () => openFileStore(folders), (store) => store.close()],
];

describe.each(STORES)("registry over the %s store", (_name, open, close) => {
  it("serves what was promoted, after reopening too, and counts versions on", async () => {
    const clock = new ManualClock();
    const first = await open();
    const registry = await openRegistry({ ...first, clock });
    await registry.publish("policy/triage", "routing-policy", { weights: [0.5, -1] }, { rows: 3, seed: 7 });
    await registry.publish("policy/triage", "routing-policy", { weights: [0.5, -1] }, { rows: 4 });
    await registry.promote("policy/triage", "v1", "proved");
    await close(first);

    const second = await open();
    const again = await openRegistry({ ...second, clock });
    expect(again.champion("policy/triage")).toMatchObject({ version: "v1", lineage: { rows: 3, seed: 7 } });
    expect(await again.load("policy/triage", "v1")).toEqual({ weights: [0.5, -1] });
    expect((await again.publish("policy/triage", "routing-policy", {}, { rows: 5 })).version).toBe("v3");
    expect(again.history("policy/triage").map((e) => e.action)).toEqual(["publish", "publish", "promote", "publish"]);
    await close(second);
  });
});
