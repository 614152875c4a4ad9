import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CollectiveLearningLoop } from "langgraph-collective-learning";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/core/index.js";
import type { ComponentContext } from "../../src/learning/component.js";
import { ErasureWatch } from "../../src/learning/erasures.js";
import { createWorkShare } from "../../src/learning/work.js";
import { openRegistry } from "../../src/registry/index.js";
import { createMemoryStore, type LearningStore, openFileStore } from "../../src/store/index.js";

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const minute = 60_000;

/** Two stores over one folder, each with a clock of its own: that of a host that is paused stands still. */
async function twoHosts() {
  const root = mkdtempSync(join(tmpdir(), "work-"));
  const folders = { traces: join(root, "t"), feedback: join(root, "f"), models: join(root, "m") };
  const clocks = [new ManualClock(), new ManualClock()] as const;
  const stores = await Promise.all(clocks.map((clock) => openFileStore({ ...folders, clock, logger })));
  const learners = await Promise.all(stores.map((store, i) => learner(store, clocks[i]!)));
  const close = async () => {
    await Promise.all(stores.map((store) => store.close()));
    rmSync(root, { recursive: true });
  };
  return { learners, close };
}

async function learner(store: LearningStore, clock: ManualClock) {
  const registry = await openRegistry({ ...store, clock, logger });
  const work = createWorkShare({
    store,
    clock,
    logger,
    erasures: new ErasureWatch(store.documents),
    intervalMs: 30 * minute,
  });
  const context = {
    documents: store.documents,
    registry,
    clock,
    logger,
    signal: new AbortController().signal,
  } as Partial<ComponentContext> as ComponentContext;
  return { store, registry, clock, work, take: (name: string, force = false) => work.take(name, context, force) };
}

type Learner = Awaited<ReturnType<typeof learner>>;

describe("the work of learners over one store", () => {
  it("is done by one at a time, and once an interval unless it is asked for", async () => {
    const clock = new ManualClock();
    const store = createMemoryStore({ clock });
    const [a, b] = [await learner(store, clock), await learner(store, clock)];
    const taken = await a.take("routing/triage");
    expect(await b.take("routing/triage", true)).toBeUndefined();
    expect(await b.take("patterns")).toBeDefined();
    await taken?.done();
    expect(await b.take("routing/triage")).toBeUndefined();
    const again = await b.take("routing/triage", true);
    await again?.done();
    clock.advance(25 * minute);
    await new Promise(setImmediate);
    expect(await a.take("routing/triage")).toBeDefined();
  });

  it("is due at once where it was left, or its learner died over it", async () => {
    const { learners, close } = await twoHosts();
    const [a, b] = learners as [Learner, Learner];
    await (await a.take("prompts"))?.leave();
    expect(await b.work.hasAbandoned()).toBe(true);
    await (await b.take("prompts"))?.done();
    expect(await b.work.hasAbandoned()).toBe(false);
    await a.take("rewards");
    expect(await b.work.hasAbandoned()).toBe(false);
    b.clock.advance(21_000);
    expect(await b.work.hasAbandoned()).toBe(true);
    expect(await b.take("rewards")).toBeDefined();
    await close();
  });

  it("publishes nothing where its learner was paused and somebody else has taken it over", async () => {
    const { learners, close } = await twoHosts();
    const [paused, other] = learners as [Learner, Learner];
    const late = await paused.take("routing/triage");
    other.clock.advance(21_000);
    const taken = await other.take("routing/triage");
    const lineage = { rows: 1 };
    const { version } = await taken!.context.registry.publish(
      "policy/triage",
      "routing-policy",
      { by: "other" },
      lineage,
    );
    await taken!.context.registry.promote("policy/triage", version, "proven");
    await taken!.context.documents.put("gate/triage", "other");
    const { registry, documents } = late!.context;
    const lost = { code: "STORE_LEASE_LOST" };
    await expect(registry.publish("policy/triage", "routing-policy", { by: "late" }, lineage)).rejects.toMatchObject(
      lost,
    );
    await expect(documents.put("gate/triage", "late")).rejects.toMatchObject(lost);
    await registry.refresh();
    await expect(registry.rollback("policy/triage", "late")).rejects.toMatchObject(lost);
    await late!.done();
    await other.registry.refresh();
    expect(other.registry.versions("policy/triage").map((v) => v.version)).toEqual(["v1"]);
    expect(other.registry.champion("policy/triage")?.version).toBe("v1");
    expect(await other.store.documents.get("gate/triage")).toBe("other");
    await close();
  });
});

describe("the role of a loop", () => {
  it("serve trains nothing", async () => {
    const loop = await CollectiveLearningLoop.open({ store: createMemoryStore(), role: "serve", logger });
    for (const call of [
      () => loop.startLearning(),
      () => loop.triggerLearningCycle(),
      () => loop.trainOrchestrator({} as never),
    ])
      await expect(call()).rejects.toMatchObject({
        code: "LEARNING_STATE",
        message: expect.stringMatching(/role serve/),
      });
    expect((await loop.getLearningStatus()).isLearning).toBe(false);
    await loop.close();
  });

  it("learn begins by itself, and neither records nor steers", async () => {
    const store = createMemoryStore();
    const loop = await CollectiveLearningLoop.open({ store, role: "learn", logger, clock: new ManualClock() });
    const { isLearning, nextCycleAt } = await loop.getLearningStatus();
    expect(isLearning).toBe(true);
    expect(Date.parse(nextCycleAt!) - Date.UTC(2026, 0, 1)).toBeLessThan(2000);
    expect(loop.tracer.enabled).toBe(false);
    loop.enable();
    expect(loop.tracer.enabled).toBe(false);
    await loop.close();
  });

  it("is one of three", async () => {
    await expect(CollectiveLearningLoop.open({ role: "teach" as never })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
  });
});
