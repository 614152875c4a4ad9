import { describe, expect, it, vi } from "vitest";
import { defaultLogger, ManualClock } from "../../src/core/index.js";
import { openRegistry, type RegistryEvent } from "../../src/registry/index.js";
import { countTurns } from "../support/turns.js";
import { fakeStore } from "./fake-store.js";

const NAME = "policy/triage";
const setup = async () => {
  const store = fakeStore();
  const clock = new ManualClock();
  const open = () => openRegistry({ ...store, clock });
  return { store, clock, open, registry: await open() };
};
const publish = (registry: Awaited<ReturnType<typeof openRegistry>>, weight: number) =>
  registry.publish(NAME, "routing-policy", { weight }, { rows: 10 });

describe("registry", () => {
  it("publishes without serving, then promotes, rolls back to the version before and to none", async () => {
    const { registry } = await setup();
    const first = await publish(registry, 1);
    expect(first).toMatchObject({ name: NAME, version: "v1", kind: "routing-policy", lineage: { rows: 10 } });
    expect(registry.champion(NAME)).toBeUndefined();
    await publish(registry, 2);
    await publish(registry, 3);
    await registry.promote(NAME, "v1", "gain");
    await registry.promote(NAME, "v2", "gain");
    await registry.rollback(NAME, "worse");
    expect(registry.champion(NAME)?.version).toBe("v1");
    await registry.promote(NAME, "v3", "gain");
    await registry.rollback(NAME, "worse again");
    expect(registry.champion(NAME)?.version).toBe("v1");
    await registry.rollback(NAME, "worse than the fallback");
    await registry.rollback(NAME, "nothing left to roll back");
    expect(registry.champion(NAME)).toBeUndefined();
    expect(registry.history(NAME).map((e) => `${e.action} ${e.version ?? "-"}`)).toEqual([
      "publish v1",
      "publish v2",
      "publish v3",
      "promote v1",
      "promote v2",
      "rollback v1",
      "promote v3",
      "rollback v1",
      "rollback -",
      "rollback -",
    ]);
  });

  it("keeps the order of changes where the clock is set back, of several names too", async () => {
    const { registry, clock, open } = await setup();
    clock.advance(14_400_000);
    await publish(registry, 1);
    await registry.promote(NAME, "v1", "gain");
    const before = registry.history(NAME).at(-1)?.at ?? "";
    clock.advance(-3_600_000);
    await registry.rollback(NAME, "worse");
    const elsewhere = await open();
    await elsewhere.publish("policy/other", "routing-policy", {}, { rows: 1 });
    expect(elsewhere.history().map((e) => `${e.name} ${e.action}`)).toEqual([
      `${NAME} publish`,
      `${NAME} promote`,
      `${NAME} rollback`,
      "policy/other publish",
    ]);
    expect((elsewhere.history()[2]?.at ?? "") > before).toBe(true);
    // A clock that was hours ahead says nothing of the time it is.
    clock.advance(-7_200_000);
    await elsewhere.promote("policy/other", "v1", "gain");
    expect(elsewhere.history("policy/other").at(-1)?.at).toBe(new Date(clock.now()).toISOString());
  });

  it("finds everything again when reopened, payload and lineage included", async () => {
    const { registry, open } = await setup();
    const lineage = {
      parent: "v0",
      dataFrom: "2026-01-01T00:00:00.000Z",
      dataTo: "2026-01-02T00:00:00.000Z",
      rows: 7,
      encoderVersion: "e1",
      seed: 3,
      estimates: { dr: { value: 0.4, interval: { lower: 0.3, upper: 0.5 } } },
    };
    await registry.publish(NAME, "routing-policy", { weights: [1, 2.5] }, lineage);
    await registry.promote(NAME, "v1", "proved");
    const again = await open();
    expect(again.names()).toEqual([NAME]);
    expect(again.champion(NAME)).toEqual(registry.champion(NAME));
    expect(again.champion(NAME)?.lineage).toEqual(lineage);
    expect(await again.load(NAME, "v1")).toEqual({ weights: [1, 2.5] });
    expect(again.history()).toEqual(registry.history(NAME));
  });

  it("tells watchers after each change of what serves, and a failing one harms nobody", async () => {
    const { store, clock } = await setup();
    const error = vi.fn();
    const registry = await openRegistry({
      ...store,
      clock,
      logger: { ...defaultLogger({ LEARNING_LOG: "off" }), error },
    });
    const seen: [string | undefined, RegistryEvent["action"]][] = [];
    registry.listen(NAME, () => {
      throw new Error("watcher broke");
    });
    const stop = registry.listen(NAME, (champion, event) => seen.push([champion?.version, event.action]));
    await publish(registry, 1);
    await registry.promote(NAME, "v1", "gain");
    await registry.pin(NAME, undefined, "incident");
    await registry.unpin(NAME);
    stop();
    await registry.rollback(NAME, "worse");
    expect(seen).toEqual([
      ["v1", "promote"],
      [undefined, "pin"],
      ["v1", "unpin"],
    ]);
    expect(error).toHaveBeenCalledTimes(4);
  });

  it("holds a pinned version, or the fallback, against every change", async () => {
    const { registry, open } = await setup();
    await publish(registry, 1);
    await publish(registry, 2);
    await registry.promote(NAME, "v1", "gain");
    await registry.pin(NAME, "v2", "by hand");
    expect([registry.champion(NAME)?.version, registry.isPinned(NAME)]).toEqual(["v2", true]);
    await expect(registry.promote(NAME, "v1", "gain")).rejects.toThrow(/ARTIFACT_PINNED.*pinned to v2.*unpin/);
    await registry.pin(NAME, undefined, "incident");
    await expect(registry.rollback(NAME, "worse")).rejects.toThrow(/ARTIFACT_PINNED.*pinned to the fallback/);
    expect((await open()).champion(NAME)).toBeUndefined();
    await registry.unpin(NAME);
    expect([registry.champion(NAME)?.version, registry.isPinned(NAME)]).toEqual(["v1", false]);
  });

  it("refuses what could not be read again, and stays readable", async () => {
    const { registry, open } = await setup();
    await publish(registry, 1);
    const wrong = { reason: "by hand" } as never;
    for (const change of [
      () => registry.promote(NAME, "v1", wrong),
      () => registry.rollback(NAME, undefined as never),
      () => registry.pin(NAME, "v1", 7 as never),
    ])
      await expect(change()).rejects.toThrow(
        /ARTIFACT_INVALID\] received reason = .*expected a value of the type string/,
      );
    await expect(registry.publish(NAME, "policy", {}, { rows: Number.NaN })).rejects.toThrow(/ARTIFACT_INVALID.*rows/);
    await expect(registry.publish(NAME, undefined as never, {}, { rows: 1 })).rejects.toThrow(/ARTIFACT_INVALID.*kind/);
    const again = await open();
    expect(again.versions(NAME)).toHaveLength(1);
    expect([registry.champion(NAME), again.champion(NAME)]).toEqual([undefined, undefined]);
  });

  it("numbers concurrent publications apart", async () => {
    const { registry } = await setup();
    const made = await Promise.all([1, 2, 3, 4].map((w) => publish(registry, w)));
    expect(made.map((m) => m.version)).toEqual(["v1", "v2", "v3", "v4"]);
    for (const [i, m] of made.entries()) expect(await registry.load(NAME, m.version)).toEqual({ weight: i + 1 });
  });

  it("follows what another process changed, a roll-back included", async () => {
    const { registry, open } = await setup();
    const other = await open();
    const seen: [string | undefined, RegistryEvent["action"]][] = [];
    other.listen(NAME, (champion, event) => seen.push([champion?.version, event.action]));
    await publish(registry, 1);
    await registry.promote(NAME, "v1", "gain");
    await other.refresh();
    await other.refresh();
    expect([other.champion(NAME)?.version, await other.load(NAME, "v1")]).toEqual(["v1", { weight: 1 }]);
    await registry.rollback(NAME, "worse");
    await registry.promote(NAME, "v1", "again");
    await other.refresh();
    expect(seen).toEqual([
      ["v1", "promote"],
      ["v1", "rollback"],
      ["v1", "promote"],
    ]);
    await registry.pin(NAME, undefined, "incident");
    await publish(other, 2);
    expect([other.champion(NAME), seen.at(-1)]).toEqual([undefined, [undefined, "pin"]]);
    expect((await publish(registry, 3)).version).toBe("v3");
  });

  it("checks a history when it changed, and at no other look", async () => {
    const { store, registry } = await setup();
    await publish(registry, 1);
    let checked = 0;
    const documents = {
      ...store.documents,
      get: async <T>(key: string) => {
        const document = (await store.documents.get(key)) as { versions: unknown[] };
        const { versions } = document;
        return Object.defineProperty(document, "versions", {
          get: () => {
            checked++;
            return versions;
          },
        }) as T;
      },
    };
    const other = await openRegistry({ documents, blobs: store.blobs, clock: new ManualClock() });
    const atFirst = checked;
    for (let look = 0; look < 5; look++) await other.refresh();
    expect([atFirst > 0, checked]).toEqual([true, atFirst]);
    await registry.promote(NAME, "v1", "gain");
    await other.refresh();
    expect([other.champion(NAME)?.version, checked > atFirst]).toEqual(["v1", true]);
  });

  it("keeps what serves when its document is damaged while it runs", async () => {
    const { store, registry } = await setup();
    await publish(registry, 1);
    await registry.promote(NAME, "v1", "gain");
    store.docs.set(`registry/${NAME}`, "{");
    await registry.refresh();
    expect(registry.champion(NAME)?.version).toBe("v1");
    await expect(registry.rollback(NAME, "")).rejects.toThrow();
  });

  it("discards old versions, but never what serves, is pinned or named, nor a number twice", async () => {
    const { registry, store, open } = await setup();
    for (let i = 1; i <= 3; i++) await publish(registry, i);
    await registry.promote(NAME, "v1", "gain");
    await registry.promote(NAME, "v2", "gain");
    await registry.promote(NAME, "v3", "gain");
    for (let i = 4; i <= 7; i++)
      await registry.publish(NAME, "routing-policy", { weight: i % 6 }, { rows: i }, { newest: 2, also: ["v2"] });
    expect(registry.versions(NAME).map((v) => v.version)).toEqual(["v2", "v3", "v6", "v7"]);
    // v7 has the payload of v1, which was discarded before: it is there again.
    expect(await registry.load(NAME, "v7")).toEqual({ weight: 1 });
    expect(store.files.size).toBe(4);
    await expect(registry.load(NAME, "v5")).rejects.toThrow(/ARTIFACT_UNKNOWN.*"v5".*v2 to v7.*discarded/);
    await registry.rollback(NAME, "worse");
    expect((await open()).champion(NAME)?.version).toBe("v2");
    await registry.rollback(NAME, "worse");
    expect(registry.champion(NAME)).toBeUndefined();
    expect((await publish(registry, 8)).version).toBe("v8");
  });

  it("keeps the last events, and follows over the ones let go", async () => {
    const { registry, open } = await setup();
    await publish(registry, 1);
    const other = await open();
    for (let i = 0; i < 505; i++) await registry.promote(NAME, "v1", `gain ${i}`);
    expect(registry.history(NAME)).toHaveLength(500);
    expect(registry.history(NAME).at(-1)?.reason).toBe("gain 504");
    let told = 0;
    other.listen(NAME, () => told++);
    await other.refresh();
    await registry.promote(NAME, "v1", "one more");
    await other.refresh();
    expect(told).toBe(501);
    expect((await open()).history(NAME).at(-1)?.reason).toBe("one more");
  });

  it("hands out copies", async () => {
    const { registry } = await setup();
    await publish(registry, 1);
    const version = registry.versions(NAME)[0];
    if (version) version.lineage.rows = 99;
    expect(registry.versions(NAME)[0]?.lineage.rows).toBe(10);
  });
});

describe("registry, given bad input", () => {
  it.each<[string, (r: Awaited<ReturnType<typeof openRegistry>>) => Promise<unknown>, RegExp]>([
    ["an unknown name", (r) => r.promote("policy/none", "v1", ""), /ARTIFACT_UNKNOWN.*"policy\/none".*policy\/triage/],
    ["an unknown version", (r) => r.promote(NAME, "v9", ""), /ARTIFACT_UNKNOWN.*"v9".*v1 to v1/],
    ["an unknown version to load", (r) => r.load(NAME, "v9"), /ARTIFACT_UNKNOWN/],
    ["an unknown name to roll back", (r) => r.rollback("policy/none", ""), /ARTIFACT_UNKNOWN/],
    ["a name outside its folder", (r) => r.publish("policy/../x", "k", {}, { rows: 0 }), /ARTIFACT_INVALID.*parts/],
    ["a payload with NaN", (r) => r.publish(NAME, "k", { w: [1, Number.NaN] }, { rows: 0 }), /NaN at \$\.w\[1\]/],
    ["a typed array", (r) => r.publish(NAME, "k", { w: new Float64Array(2) }, { rows: 0 }), /typed array at \$\.w/],
    ["no payload", (r) => r.publish(NAME, "k", undefined, { rows: 0 }), /ARTIFACT_INVALID/],
    [
      "estimates with NaN",
      (r) => r.publish(NAME, "k", {}, { rows: 0, estimates: { dr: Number.NaN } }),
      /NaN at \$\.estimates\.dr/,
    ],
  ])("refuses %s", async (_what, call, message) => {
    const { registry } = await setup();
    await publish(registry, 1);
    const before = registry.history();
    await expect(call(registry)).rejects.toThrow(message);
    expect(registry.history()).toEqual(before);
  });

  it.each([
    ["is cut", "{"],
    ["is something else", '{"hello":1}'],
    [
      "serves what was never published",
      '{"schemaVersion":1,"name":"policy/triage","versions":[],"events":[],"serving":["v7"]}',
    ],
  ])("keeps the fallback serving when a document %s, and overwrites nothing", async (_what, text) => {
    const { store, registry, clock } = await setup();
    await publish(registry, 1);
    await registry.promote(NAME, "v1", "gain");
    await registry.publish("policy/other", "k", {}, { rows: 0 });
    store.docs.set(`registry/${NAME}`, text);
    const warn = vi.fn();
    const again = await openRegistry({ ...store, clock, logger: { ...defaultLogger({ LEARNING_LOG: "off" }), warn } });
    expect(warn).toHaveBeenCalledOnce();
    expect(again.champion(NAME)).toBeUndefined();
    expect(again.names()).toEqual(["policy/other"]);
    await expect(publish(again, 2)).rejects.toThrow(/STORE_CORRUPT.*policy\/triage/);
    await expect(again.promote(NAME, "v1", "")).rejects.toThrow(/STORE_CORRUPT/);
    expect(() => again.versions(NAME)).toThrow(/STORE_CORRUPT/);
    expect(store.docs.get(`registry/${NAME}`)).toBe(text);
  });

  it("refuses a payload that is missing or was changed", async () => {
    const { store, registry } = await setup();
    await publish(registry, 1);
    const [blob] = [...store.files.keys()];
    store.files.set(blob, '{"weight":2}');
    await expect(registry.load(NAME, "v1")).rejects.toThrow(/ARTIFACT_INVALID.*changed or cut/);
    store.files.clear();
    await expect(registry.load(NAME, "v1")).rejects.toThrow(/ARTIFACT_INVALID.*no payload/);
  });
});

describe("a payload of many megabytes", () => {
  it("is sealed and opened in several turns of the event loop, as it was when it was given", async () => {
    const { registry } = await setup();
    const payload = { weights: [1, 2] };
    const loop = countTurns();
    const published = registry.publish(NAME, "routing-policy", payload, { rows: 1 });
    payload.weights.push(3);
    const { version } = await published;
    expect(loop.turns).toBeGreaterThanOrEqual(2);
    const before = loop.turns;
    expect(await registry.load(NAME, version)).toEqual({ weights: [1, 2] });
    expect(loop.turns - before).toBeGreaterThanOrEqual(3);
    loop.stop();
  });
});
